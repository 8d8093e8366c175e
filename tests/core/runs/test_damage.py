"""A damaged run folder is reported by its name, and the other runs stay usable."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import h5py
import pytest

from tests.conftest import SMALL
from tests.trained_runs import copy_run
from vae_core.cli.app import main as command_line
from vae_core.runs import checked_files
from vae_core.runs.errors import RunError
from vae_core.runs.files import RUN_FILES, SEALED_FILES
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.training import loop
from vae_core.training.checkpoint import SEAL_BYTES, check_checkpoint


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with a checkpoint. Tests copy it."""
    run = RunStore(tmp_path_factory.mktemp("unfinished")).create(replace(SMALL, epochs=5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "CHECKPOINT_SECONDS", 0)
        loop.train(run, stop=lambda: len(run.records("epoch")) > 2)
    run.log_path.write_text("what was printed\n" * 9)
    return run


def is_noticed(store: RunStore, run: Run, name: str) -> bool:
    """Return whether the list or a use of the file reports its damage. Other runs stay listed."""
    runs, damaged = store.scan()
    assert damaged.keys() <= {run.id}
    assert {other.id for other in runs} | damaged.keys() == set(os.listdir(store.root))
    try:
        opened = store.get(run.id)
        opened.records()
        if name == "checkpoint.weights.h5":
            check_checkpoint(opened)
            if opened.checkpoint_path.stat().st_size % 4096 == 0:  # only some, as it is slow
                h5py.File(opened.checkpoint_path).close()
        elif name == "checksums.json":
            for sealed in opened.files.checksums():
                opened.files.read(sealed)
        elif name.endswith(".npz"):
            opened.arrays(name.removesuffix(".npz"))
        else:
            opened.files.read(name)
    except (RunError, OSError):  # HDF5 raises OSError, which `training` takes for damage
        return True
    return bool(damaged)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(RUN_FILES))
def test_every_64th_byte_damaged(store: RunStore, trained: Run, unfinished: Run, name: str) -> None:
    whole = unfinished if name in ("checkpoint.weights.h5", "snapshot.npz", "log.txt") else trained
    run = copy_run(whole, store)
    store.create(replace(SMALL, seed=5))
    copy_run(trained if whole is unfinished else unfinished, store)
    path = run.path / name
    content = path.read_bytes()
    assert not is_noticed(store, run, name)
    # Damage to the snapshot and the log may go unnoticed: they hold no number that stays.
    must = name in (*SEALED_FILES, "config.json", "checksums.json", "checkpoint.weights.h5")
    with open(path, "r+b", buffering=0) as file:
        for offset in range(0, len(content), 64):
            file.seek(offset)
            file.write(bytes([content[offset] ^ (1 << offset // 64 % 8)]))
            assert is_noticed(store, run, name) >= must, f"a bit at {offset}"
            file.seek(offset)
            file.write(content[offset : offset + 1])
        assert not is_noticed(store, run, name)
        for offset in reversed(range(0, len(content), 64)):
            file.truncate(offset)
            # A checkpoint without its checksum at the end is checked by HDF5 alone.
            checked = name != "checkpoint.weights.h5" or (
                offset % 4096 == 0 and offset < len(content) - SEAL_BYTES
            )
            assert is_noticed(store, run, name) >= (must and checked), f"cut at {offset}"


@pytest.mark.parametrize(
    "damage",
    [
        {"epoch": "x"},
        {"epoch": -1},
        {"epoch": 10**400},
        {"seconds": float("nan")},
        {"submitted": float("inf")},
        {"heartbeat": None},
        {"pid": "1"},
        {"host": 3},
        {"error": ["x"]},
        {"error": "\ud800"},
        {"state": []},
        {"imported": "no"},
        {"unheard": 1},
        {"epoch": True},
        {"error": "x" * 2001},
    ],
)
def test_an_invalid_status(store: RunStore, damage: dict[str, Any]) -> None:
    run, other = store.create(SMALL), store.create(replace(SMALL, seed=1))
    values = json.loads((run.path / "status.json").read_text()) | damage
    (run.path / "status.json").write_text(json.dumps(values))
    runs, damaged = store.scan()
    assert [run.id for run in runs] == [other.id]
    # Half of a surrogate pair is invalid JSON, so the error names no field.
    named = "not valid JSON" if damage == {"error": "\ud800"} else next(iter(damage))
    assert named in damaged[run.id]


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ({"arrays.npz": {"bytes": "9", "sha256": "a" * 64}}, "arrays.npz.bytes"),
        ({"arrays.npz": {"bytes": 9, "sha256": "a" * 63}}, "arrays.npz.sha256"),
        ({"arrays.npz": {"bytes": 9}}, "arrays.npz.sha256"),
        ({"/etc/passwd": {"bytes": 9, "sha256": "a" * 64}}, "/etc/passwd"),
    ],
)
def test_invalid_checksums(
    store: RunStore, trained: Run, damage: dict[str, Any], named: str
) -> None:
    run = copy_run(trained, store)
    (run.path / "checksums.json").write_text(json.dumps(damage))
    assert named in store.scan()[1][run.id]


def test_a_checksum_put_right_again_clears_its_file(
    store: RunStore, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copy_run(trained, store)
    monkeypatch.setattr(checked_files, "is_settled", lambda _: True)
    path = run.path / "checksums.json"
    checksums = json.loads(path.read_text())
    sha256 = checksums["arrays.npz"]["sha256"]
    wrong = sha256[::-1]
    path.write_text(
        json.dumps(checksums | {"arrays.npz": {**checksums["arrays.npz"], "sha256": wrong}})
    )
    with pytest.raises(RunError, match=r"arrays\.npz is damaged"):
        run.files.read("arrays.npz")
    with pytest.raises(RunError, match=r"arrays\.npz is damaged"):
        run.files.check()
    path.write_text(json.dumps(checksums))
    run.files.check()
    assert run.id in {listed.id for listed in store.scan()[0]}


@pytest.mark.parametrize("content", ["[" * 100_000, " " * 2_000_000, "{}" * 3, "[]", "\x00"])
@pytest.mark.parametrize("name", ["config.json", "status.json", "checksums.json"])
def test_files_that_are_not_json(store: RunStore, trained: Run, name: str, content: str) -> None:
    run = copy_run(trained, store)
    (run.path / name).write_text(content)
    assert name in store.scan()[1][run.id]


@pytest.mark.parametrize("name", ["vae.weights.h5", "metrics.jsonl", "status.json"])
def test_the_command_line_names_the_damaged_file(
    store: RunStore, trained: Run, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copy_run(trained, store)
    other = store.create(replace(SMALL, seed=1))
    content = (run.path / name).read_bytes()
    at = content.index(b"3") if name != "vae.weights.h5" else len(content) // 2
    (run.path / name).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    arguments = ["--store", str(store.root)]
    assert command_line([*arguments, "list"]) == 0
    assert other.id in capsys.readouterr().out
    assert command_line([*arguments, "evaluate", run.id]) == 2
    printed = capsys.readouterr().err
    assert name in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("name", ["config.json", "status.json", "metrics.jsonl", "arrays.npz"])
def test_a_link_inside_a_run_is_not_followed(store: RunStore, trained: Run, name: str) -> None:
    run = copy_run(trained, store)
    aside = store.root.parent / name
    (run.path / name).rename(aside)
    (run.path / name).symlink_to(aside)
    (reason,) = store.scan()[1].values()
    assert name in reason
    with pytest.raises(RunError, match=name):
        store.get(run.id)


def test_a_link_to_a_run_is_not_followed(store: RunStore, trained: Run) -> None:
    store.root.mkdir()
    (store.root / trained.id).symlink_to(trained.path)
    runs, damaged = store.scan()
    assert not runs
    assert "symbolic link" in damaged[trained.id]
    with pytest.raises(RunError, match="symbolic link"):
        store.get(trained.id)


def test_appending_follows_no_link(store: RunStore) -> None:
    run = store.create(SMALL)
    outside = store.root.parent / "outside"
    outside.write_text("mine")
    run.metrics_path.symlink_to(outside)
    with pytest.raises(OSError, match="symbolic"):
        run.metrics_file.append({"kind": "end", "epoch": 1, "state": "finished"})
    assert outside.read_text() == "mine"
    assert run.records() == []
