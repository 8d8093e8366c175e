"""Every command on a terminal that can't show β, Thai or emoji: replaced, never an error."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SMALL
from tests.core.data.own_data import flags, keep
from tests.trained_runs import TrainedRuns
from tests.waiting import PATIENCE
from vae_core.cli.app import COMMANDS, main
from vae_core.data.registry import own_file
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.store import PROJECT, RunStore

THAI, EMOJI = "แมวน้อย", "🐈🐕"
ENCODINGS = ("ascii", "cp932", "cp1252", "cp874")


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "usual"))
    monkeypatch.setattr("vae_core.cli.train.new_engine", lambda _store: InProcessEngine())


@pytest.fixture
def store(tmp_path: Path, make_run: TrainedRuns, request: pytest.FixtureRequest) -> RunStore:
    """A store in a folder with a Thai name, with a run; what follows is done in this process."""
    store = RunStore(tmp_path / f"{THAI} {EMOJI}")
    make_run(store, SMALL)
    for fixture in ("no_child", "no_xla", "unmeasured"):  # the run above was measured
        request.getfixturevalue(fixture)
    return store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / f"{THAI} {EMOJI}.npz"
    x, y = flags(60, 0)
    np.savez(path, x=x, y=y, label_names=np.array([THAI, EMOJI]))
    return path


def printed(encoding: str, *arguments: str, errors: str = "strict") -> tuple[int, str, str]:
    """Call a command whose streams have this encoding; return its code and what it printed."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding, errors) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        try:
            code = main(arguments)
        except SystemExit as exit:
            code = int(exit.code or 0)
        for stream in streams:
            stream.flush()
    out, err = (stream.buffer.getvalue().decode(encoding) for stream in streams)
    return code, out, err


@pytest.mark.parametrize(
    ("encoding", "errors"),
    [
        pytest.param("ascii", "surrogateescape", marks=pytest.mark.slow),
        ("cp932", "strict"),
        pytest.param("cp1252", "strict", marks=pytest.mark.slow),
    ],
)
def test_every_command(
    encoding: str, errors: str, store: RunStore, file: Path, tmp_path: Path
) -> None:
    (run,) = store.scan()[0]
    there = ("--store", str(store.root))
    new = tmp_path / EMOJI
    new.mkdir()
    calls: dict[str, tuple[str, ...]] = {
        "describe": ("--dataset", str(file), "--size", "8"),
        "train": ("--dataset", str(file), "--epochs", "1"),
        "sweep": ("--betas", "0,2", "--epochs", "1", "--dataset", str(file)),
        "list": (),
        "show": (run.id,),
        "evaluate": (run.id,),
        "export": (run.id, "-o", str(new)),
        "import": (str(new / f"{run.id}.zip"), "--store", str(tmp_path / "third")),
        "datasets": (),
        "delete": (run.id, "--yes"),
    }
    assert COMMANDS.keys() == calls.keys() | {"export-mlflow"}, "a new command needs a case"
    for command, given in calls.items():
        options = given if "--store" in given else (*given, *there)
        code, out, err = printed(encoding, command, *options, errors=errors)
        assert code == 0, (command, err)
        assert out.strip(), command
        if command == "train":
            assert "48 training and 12 held-out images of 28x28 pixels" in err
        if command == "export":
            shown = EMOJI.encode(encoding, "replace").decode(encoding)
            assert f"{shown}/{run.id}.zip" in out


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_errors_and_help(encoding: str, tmp_path: Path) -> None:
    code, out, err = printed(encoding, "import", str(tmp_path / f"{THAI}.zip"))
    assert (code, out) == (2, "")
    assert err.startswith("vae_core: ")
    assert err.strip().endswith(".")
    code, _, err = printed(encoding, "show", EMOJI)
    assert code == 2
    assert "no run" in err
    for command in ("", *COMMANDS):
        code, out, _ = printed(encoding, *filter(None, [command]), "--help")
        assert code == 0
        assert "--store" in out


def test_what_a_terminal_can_show_is_shown() -> None:
    assert "β-VAEs" in printed("utf-8", "--help")[1]
    assert "?-VAEs" in printed("ascii", "--help")[1]
    assert "β-VAEs" in printed("cp932", "--help")[1], "Japanese terminals have Greek letters"


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp932"])
def test_a_process_with_another_encoding(encoding: str, tmp_path: Path) -> None:
    """The worker, too: its log holds the error, and the status says it."""
    x, y = flags(60, 0)
    name = keep(
        "x.npz", x_train=x, y_train=y, x_test=x, y_test=y, label_names=np.array([THAI, EMOJI])
    ).stem
    path = own_file(name)
    assert path
    env = os.environ | {
        "PYTHONIOENCODING": encoding,
        "VAE_LAB_RUNS": str(path.parents[1]),
        "LANG": "C",
        "LC_ALL": "C",
    }
    there = str(tmp_path / THAI)
    result = subprocess.run(
        [
            *(sys.executable, "-m", "vae_core", "train", "--dataset", name, "--epochs", "2"),
            *("--learning-rate", "900", "--optimizer", "sgd", "--store", there),
        ],
        capture_output=True,
        env=env,
        cwd=PROJECT,
        timeout=PATIENCE,
        check=False,
    )
    (run,) = RunStore(there).scan()[0]
    assert run.status().state in ("failed", "finished"), result.stderr
    assert result.returncode == (0 if run.status().state == "finished" else 1)
    assert b"Traceback" not in result.stderr
    assert b"Unicode" not in result.stderr
