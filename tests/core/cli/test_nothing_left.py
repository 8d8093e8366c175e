"""A config that can't train leaves nothing behind: neither a run folder nor a data set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import vae_core as package
from tests.core.cli.calling import called
from tests.core.data.own_data import keep_flowers
from vae_core.config import RunConfig, VaeLabError
from vae_core.data import own
from vae_core.engines import starting
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore


@pytest.fixture(autouse=True)
def _in_this_process(
    no_child: None,  # noqa: ARG001
    no_xla: None,  # noqa: ARG001
    unmeasured: None,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "usual"))
    for module in ("cli.train", "api.training"):
        monkeypatch.setattr(f"vae_core.{module}.new_engine", lambda _store: InProcessEngine())


@pytest.fixture
def few(tmp_path: Path) -> str:
    """A file of 30 small pictures, 24 of them for training."""
    path = tmp_path / "few.npz"
    np.savez(path, x=np.random.default_rng(0).integers(0, 256, (30, 9, 9)), y=np.arange(30) % 3)
    return str(path)


def left(tmp_path: Path) -> list[str]:
    return sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.name != "few.npz"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--batch-size", "25"), "batch_size 25 is more than the 24 training images of own_few_"),
        (("--architecture", "lstm"), "for text, and the data set holds images"),
        (("--likelihood", "categorical"), "categorical"),
        (("--epochs", "0"), "epochs must be from 1"),
    ],
)
@pytest.mark.parametrize("command", [("train",), ("sweep", "--betas", "0,1")])
def test_a_refused_config_keeps_no_data_set(
    command: tuple[str, ...], options: tuple[str, ...], message: str, few: str, tmp_path: Path
) -> None:
    result = called(*command, "--dataset", few, *options)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert message in result.stderr
    assert left(tmp_path) == []


def test_a_refused_sweep_keeps_no_data_set(few: str, tmp_path: Path) -> None:
    assert called("sweep", "--betas", "1,-1", "--dataset", few).returncode == 2
    with pytest.raises(VaeLabError, match="beta"):
        package.sweep([1, -1], dataset=few)
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "arguments", "message"),
    [
        (2, ("--batch-size", "4096"), "choose at most 1437"),
        (2, ("--dataset", "own_gone_0123456789abcdef"), "is not on this machine"),
        (1, ("--dataset", "mnist"), "mnist"),
        (2, ("--dataset", "nothing"), "unknown data set 'nothing'"),
        (2, ("--dataset", "Digits"), "unknown data set 'Digits': choose one of digits"),
        (2, ("--dataset", "m\0"), "unknown data set"),
    ],
)
def test_a_run_that_cannot_start_leaves_no_folder(
    code: int,
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path / "empty"))
    monkeypatch.setattr("urllib.request.urlopen", _no_network)
    monkeypatch.setattr("urllib.request.urlretrieve", _no_network)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    result = called("train", *arguments)
    assert (result.returncode, result.stdout) == (code, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "usual").exists()


def _no_network(*_: object, **__: object) -> None:
    raise OSError("no network")


def test_an_architecture_for_other_items_leaves_no_folder(tmp_path: Path) -> None:
    name = keep_flowers()
    result = called("train", "--dataset", name, "--architecture", "conv")
    assert result.returncode == 2
    assert "'conv' is for items of the shape (height, width, channels)" in result.stderr
    assert left(tmp_path) == ["usual", "usual/.datasets", f"usual/.datasets/{name}.npz"]


def test_a_damaged_data_set_leaves_no_folder(tmp_path: Path) -> None:
    name = keep_flowers()
    path = own.own_folder() / f"{name}.npz"
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, allow_pickle=False, **arrays | {"x_test": arrays["x_test"] * 0})
    result = called("train", "--dataset", name)
    assert result.returncode == 1
    assert "is damaged" in result.stderr
    assert RunStore(tmp_path / "usual").scan()[0] == []


def test_an_engine_that_refuses_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing(InProcessEngine):
        def submit(self, run: Run) -> None:
            raise VaeLabError(f"no room for {run.id}.")

    monkeypatch.setattr("vae_core.cli.train.new_engine", lambda _store: Refusing())
    store = RunStore(tmp_path / "usual")
    old = store.create(RunConfig(seed=1))
    result = called("sweep", "--betas", "1", "--seeds", "0,1")
    assert (result.returncode, "no room" in result.stderr) == (2, True)
    assert [run.path for run in store.scan()[0]] == [old.path], "only the new one is removed"


def test_the_usual_batch_fits_a_small_set(few: str, tmp_path: Path) -> None:
    store = RunStore(tmp_path / "usual")
    result = called("train", "--dataset", few, "--epochs", "1", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["config"]["batch_size"] == 24
    run = package.train(dataset=few, epochs=1, progress=False)
    assert (run.state, run.id) == ("finished", store.scan()[0][0].id)
    called("train", "--dataset", "digits", "--epochs", "1", "--json")
    assert {r.config.batch_size for r in store.scan()[0]} == {24, RunConfig.batch_size}


def test_a_store_keeps_its_own_data(few: str, tmp_path: Path) -> None:
    """Every command with --store finds the data sets there, and the worker does, too."""
    there = str(tmp_path / "there")
    result = called("train", "--dataset", few, "--epochs", "1", "--store", there, "--json")
    assert result.returncode == 0, result.stderr
    run = json.loads(result.stdout)
    name = run["config"]["dataset"]
    assert (tmp_path / "there" / ".datasets" / f"{name}.npz").is_file()
    assert not (tmp_path / "usual").exists()
    assert own.own_names() == []

    assert name in called("datasets", "--store", there).stdout
    assert name not in called("datasets").stdout
    for command in ("describe", "train"):
        found = called(command, "--dataset", name, "--store", there, *_epochs(command))
        assert found.returncode == 0, found.stderr
        assert called(command, "--dataset", name, *_epochs(command)).returncode == 2
    swept = called(
        "sweep", "--betas", "2", "--dataset", name, "--epochs", "1", "--store", there, "--json"
    )
    assert swept.returncode == 0, swept.stderr
    assert called("evaluate", run["id"], "--store", there, "--json").returncode == 0
    exported = called("export", run["id"], "--store", there, "-o", str(tmp_path / "run.zip"))
    assert exported.returncode == 0, exported.stderr
    trained = package.train(dataset=name, epochs=1, seed=2, store=there, progress=False)
    assert trained.state == "finished"
    assert not (tmp_path / "usual").exists()


def _epochs(command: str) -> tuple[str, ...]:
    return ("--epochs", "1") if command == "train" else ()


@pytest.mark.slow
def test_a_worker_finds_the_data_of_a_store(
    few: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vae_core.engines.factory import new_engine

    monkeypatch.setattr("vae_core.cli.train.new_engine", new_engine)
    there = str(tmp_path / "there")
    result = called("train", "--dataset", few, "--epochs", "1", "--store", there, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["state"] == "finished"


def test_data_kept_in_the_usual_store_are_found_from_another(tmp_path: Path) -> None:
    """Earlier versions kept all data sets there."""
    name = keep_flowers()
    there = str(tmp_path / "there")
    result = called("train", "--dataset", name, "--epochs", "1", "--store", there, "--json")
    assert result.returncode == 0, result.stderr
    assert starting.left_to_train([RunStore(there).scan()[0][0].config], RunStore(there)) == []
