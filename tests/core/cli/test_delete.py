"""`delete` asks first, and keeps runs that train, wait or ship."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.core.cli.calling import called
from vae_core.config import RunConfig
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store

SHIPPED = "digits-mlp-d2-beta1-seed0-37bd42db"


@pytest.fixture
def runs(store: RunStore) -> list[Run]:
    """One finished run and two that have ended early."""
    ended = [store.create(RunConfig(seed=seed)) for seed in (1, 2)]
    for run in ended:
        run.lifecycle.write(state="cancelled")
    shutil.copytree(pretrained_store().root / SHIPPED, store.root / SHIPPED)
    return [store.get(SHIPPED), *ended]


@contextlib.contextmanager
def terminal(typed: str) -> Iterator[None]:
    """Make standard input a terminal in which somebody has typed this."""
    ours, theirs = os.openpty()
    os.write(ours, typed.encode())
    try:
        with open(theirs) as opened, pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", opened)
            yield
    finally:
        os.close(ours)


def delete(
    store: RunStore, *arguments: str, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    with contextlib.nullcontext() if typed is None else terminal(typed):
        return called("--store", str(store.root), "delete", *arguments)


def test_it_asks_and_says_what_is_lost(store: RunStore, runs: list[Run]) -> None:
    finished, first, second = runs
    result = delete(store, finished.id, first.id, typed="n\n")
    assert result.returncode == 0
    assert f"{finished.path}: finished, epoch {finished.config.epochs}" in result.stderr
    assert f"{first.path}: cancelled, epoch 0" in result.stderr
    assert "Networks, numbers and logs of these runs are lost." in result.stderr
    assert "Delete these 2 runs for good? [y/N]" in result.stderr
    assert "Nothing was deleted." in result.stderr
    assert all(run.path.is_dir() for run in runs)

    result = delete(store, finished.id, first.id, typed="y\n")
    assert result.returncode == 0
    assert result.stdout.splitlines() == [f"{finished.id} deleted", f"{first.id} deleted"]
    assert [path.name for path in store.root.iterdir()] == [second.id]


def test_end_of_input_deletes_nothing(store: RunStore, runs: list[Run]) -> None:
    result = delete(store, runs[0].id, typed="\x04")
    assert result.returncode == 130
    assert "Stopped." in result.stderr
    assert runs[0].path.is_dir()


def test_a_script_says_yes(store: RunStore, runs: list[Run]) -> None:
    result = delete(store, "seed1", runs[1].id, "--yes", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {"deleted": [runs[1].id]}, "named twice, deleted once"
    assert not runs[1].path.exists()
    assert not result.stderr


def test_without_a_terminal_it_refuses(store: RunStore, runs: list[Run]) -> None:
    with open(os.devnull) as nothing, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", nothing)
        result = delete(store, runs[0].id)
    assert result.returncode == 2
    assert result.stderr.endswith("there is no terminal to answer from: add --yes.\n")
    assert runs[0].path.is_dir()


def test_one_run_that_is_refused_keeps_all(store: RunStore, runs: list[Run]) -> None:
    waiting, training = store.create(RunConfig(seed=3)), store.create(RunConfig(seed=4))
    training.lifecycle.start()
    for run, state in ((waiting, "queued"), (training, "running")):
        result = delete(store, runs[0].id, run.id, "--yes")
        assert result.returncode == 2
        assert result.stderr == f"vae_core: {run.id}: This run is {state}; stop it first.\n"
        assert run.path.is_dir()
        assert runs[0].path.is_dir()


def test_a_run_that_ships_stays() -> None:
    result = called("delete", SHIPPED, "--store", str(pretrained_store().root), "--yes")
    assert result.returncode == 2
    assert "ships with the project" in result.stderr
    assert (pretrained_store().root / SHIPPED).is_dir()


@pytest.mark.parametrize(
    ("run_id", "message"), [("nothing", "no run 'nothing'"), ("digits", "write more of the id")]
)
def test_an_id_that_fits_no_run_or_several(
    store: RunStore, runs: list[Run], run_id: str, message: str
) -> None:
    result = delete(store, run_id, "--yes")
    assert result.returncode == 2
    assert message in result.stderr
    assert all(run.path.is_dir() for run in runs)
