"""What several tests share: a store in a temporary folder, small configs, a trained run."""

from __future__ import annotations

import importlib
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import browser, page, server  # noqa: F401 (fixtures)
from tests.trained_runs import TrainedRuns, build_without_xla
from vae_core import kinds, sandbox
from vae_core.config import RunConfig
from vae_core.engines import factory
from vae_core.engines.in_process import InProcessEngine
from vae_core.model import architectures
from vae_core.runs.disk import replace_file
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT, RunStore

SHARED_DATA = PROJECT.parent / "shared" / "data"
if "VAE_LAB_DATA" not in os.environ and SHARED_DATA.is_dir():
    os.environ["VAE_LAB_DATA"] = str(SHARED_DATA)

SMALL = RunConfig(epochs=3)


def pytest_configure() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would every child of a test."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = os.environ.get("VAE_LAB_DATA")
    if folder and (Path(folder) / "mnist.npz").is_file():
        return
    skip = pytest.mark.skip(reason="needs mnist.npz in the folder that VAE_LAB_DATA names")
    for item in items:
        if "mnist" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def no_xla(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training in this process without XLA, as the runs of `make_run` were trained."""
    monkeypatch.setattr(architectures, "build", build_without_xla)


@pytest.fixture
def no_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training in this process ends with the exports: no metrics are computed."""
    for kind in kinds.KINDS.values():
        monkeypatch.setattr(kind, "measure", lambda *_: {})


@pytest.fixture
def unmeasured(no_metrics: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """Training in this process ends with the weights: nothing is exported and nothing measured."""
    from vae_core.model.vae import VAE
    from vae_core.training import checkpoint, loop

    def weights_alone(vae: VAE, run: Run) -> None:
        vae.optimizer = None
        replace_file(run.weights_path, checkpoint.weights_file(vae))

    monkeypatch.setattr(loop, "export", weights_alone)


@pytest.fixture
def loop_alone(no_xla: None, unmeasured: None) -> None:
    """Both, for tests of the loop: a training of some epochs takes less than a second."""


@pytest.fixture
def nothing_pretrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages find no runs that ship with the project."""
    monkeypatch.setattr(
        "dashboard.shared.run_list.pretrained_store", lambda: RunStore(tmp_path / "none")
    )


@pytest.fixture
def no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files from outside are read in this process: the child would load TensorFlow again."""

    def answer(module: str, request: dict[str, Any], *_: Any) -> dict[str, Any]:
        read: dict[str, Any] = importlib.import_module(module).answer(request)
        return read

    monkeypatch.setattr(sandbox, "ask_child", answer)


@pytest.fixture
def own_store(tmp_path: Path, no_xla: None, monkeypatch: pytest.MonkeyPatch) -> RunStore:  # noqa: ARG001
    """A store in a temporary folder, and an engine that trains when asked, in this process."""
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    engine = InProcessEngine()
    monkeypatch.setattr(factory, "shared_engine", lambda _store: engine)
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRuns:
    """Finished runs without a training each."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # its folder lies in that of the session
        root = root.parent
    return TrainedRuns(root / "templates")


@pytest.fixture(scope="session")
def trained(make_run: TrainedRuns, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run, to be read only."""
    return make_run(RunStore(tmp_path_factory.mktemp("trained")), SMALL)
