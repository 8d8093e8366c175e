"""What several tests share: a store in a temporary folder, small configs, a trained run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.chromium import browser, page, server  # noqa: F401 (fixtures)
from vae_core.config import RunConfig
from vae_core.engines import factory
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT, RunStore

SHARED_DATA = PROJECT.parent / "shared" / "data"
if "VAE_LAB_DATA" not in os.environ and SHARED_DATA.is_dir():
    os.environ["VAE_LAB_DATA"] = str(SHARED_DATA)

SMALL = RunConfig(epochs=3)


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
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """A store in a temporary folder, and an engine that trains when asked, in this process."""
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    engine = InProcessEngine()
    monkeypatch.setattr(factory, "shared_engine", lambda _store: engine)
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run, to be read only."""
    store = RunStore(tmp_path_factory.mktemp("trained"))
    run = store.create(SMALL)
    InProcessEngine().submit(run)
    assert run.status().state == "finished", run.status()
    return run
