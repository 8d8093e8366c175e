"""Writes fail one after the other, and a worker writes to a disk that is full."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SMALL
from tests.core.engines.training_processes import KILLS, Forked
from tests.core.outcomes import finished, numbers, same_bits, weights
from tests.trained_runs import copy_run
from tests.waiting import wait_for
from vae_core.config import RunConfig, VaeLabError
from vae_core.engines.local import LocalEngine
from vae_core.kinds import KINDS
from vae_core.runs.disk import TEMPORARY
from vae_core.runs.errors import RunError
from vae_core.runs.groups import Group
from vae_core.runs.store import RunStore
from vae_core.training import loop


class FullDisk:
    """Makes writes, fsyncs and renames below a folder fail as on a full disk.

    Args:
        root: the folder.
        fails: called with each of them, such as ("write", "status.json"); True makes it fail.
    """

    def __init__(self, root: Path, fails: Callable[[tuple[str, str]], bool]) -> None:
        self._root, self._fails = str(root), fails
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> None:
        for name in ("write", "fsync", "replace", "rename"):
            self._patch.setattr(os, name, self._failing(name))

    def __exit__(self, *_: object) -> None:
        self._patch.undo()

    def _failing(self, name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(file: Any, *rest: Any) -> Any:
            path = str(rest[0]) if name in ("replace", "rename") else f"/proc/self/fd/{file}"
            if type(file) is int:
                path = str(Path(path).readlink())
            if path.startswith(self._root):
                what = Path(path).name
                what = what[10:] if TEMPORARY.fullmatch(what) else what.split("-")[0]
                if self._fails((name, what)):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
            return real(file, *rest)

        return call


FEW = replace(SMALL, epochs=2)


def write_everything(store: RunStore) -> None:
    """Do everything that writes to a run folder. A step may fail with a clear error."""

    def step(act: Callable[..., Any], *arguments: Any) -> Any:
        with contextlib.suppress(RunError, OSError):
            return act(*arguments)
        return None

    run = step(store.create, FEW) or store.create(FEW)
    step(store.save_group, run.id, "a", Group((2,)))
    step(run.lifecycle.queue)
    step(loop.train, run)
    other = step(store.create, replace(FEW, seed=9)) or store.create(replace(FEW, seed=9))
    step(other.lifecycle.request_cancel)
    step(store.delete, other)


@pytest.mark.slow
@pytest.mark.usefixtures("no_xla")
def test_each_write_fsync_and_rename_fails_in_turn(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first and the last call of each kind fail; with a large VAE_LAB_KILLS, every call."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(loop, "TICK_SECONDS", 1e9)  # so that each training makes the same calls
    monkeypatch.setattr(KINDS["images"], "measure", lambda *_: {})  # measuring writes nothing
    whole = finished(RunStore(tmp_path / "whole"), FEW)
    seen: list[tuple[str, str]] = []
    store.save_group(FEW.id, "a", Group((1,)))
    with FullDisk(store.root, lambda call: seen.append(call) or False):  # type: ignore[func-returns-value]
        write_everything(store)
    trained_by = seen.index(("write", "config.json"), 1)  # where the next run begins
    kinds = [call for call in set(seen[:trained_by]) if call[0] != "fsync"]
    last = {trained_by - 1 - seen[:trained_by][::-1].index(call) for call in kinds}
    some = {seen.index(call) for call in set(seen)} | last
    turns = range(len(seen)) if KILLS > 50 else sorted(some)
    assert {("write", "metrics.jsonl"), ("replace", "checkpoint.weights.h5")} <= set(seen)
    print(len(seen), "calls,", len(turns), "turns")
    states: Counter[str] = Counter()
    for turn in turns:
        place = RunStore(store.root / f"turn-{turn}")
        place.save_group(FEW.id, "a", Group((1,)))
        calls = itertools.count()
        with FullDisk(place.root, lambda _: next(calls) == turn):  # noqa: B023 (called at once)
            write_everything(place)
        assert not place.scan()[1], (turn, seen[turn], list(place.get(FEW.id).path.iterdir()))
        assert place.groups(FEW.id)["a"] in (Group((1,)), Group((2,)))
        run = place.get(FEW.id)
        status = run.status()
        states[status.state] += 1
        if status.state == "failed":
            assert "No space left on device" in (status.error or "")
            assert "Error" not in (status.error or "")
        else:
            assert status.state in ("finished", "queued", "interrupted"), seen[turn]
        if KILLS <= 50 and turn % 3:  # resume only some, because it is slow
            continue
        run.lifecycle.queue()
        loop.train(run)
        assert run.status().state == "finished", seen[turn]
        run.files.check()
        assert numbers(run) == numbers(whole)
        assert same_bits(weights(run), weights(whole))
        assert run.metrics() == whole.metrics()
        place.create(replace(FEW, seed=9))
        shutil.rmtree(place.root)
    print(dict(states))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_full(small_disk: Path, forked: Forked, tmp_path: Path) -> None:
    """A worker fails while the disk is full, and resumes when there is room again."""
    config = RunConfig(epochs=10)
    whole = RunStore(tmp_path / "whole").create(config)
    forked.train_to_the_end(whole)
    store = RunStore(small_disk / "runs")
    kept = copy_run(whole, RunStore(small_disk / "runs"))
    before = {name: kept.files.read(name) for name in kept.files.names()}
    engine = LocalEngine(store=store)
    filler = small_disk / "filler"
    try:
        for kilobytes in (0, 8, 100, 900):
            run = store.create(replace(config, seed=1 + kilobytes))
            filler.touch()
            free = shutil.disk_usage(small_disk).free
            with open(filler, "wb") as file:
                file.truncate(0)
                file.write(bytes(max(free - 1024 * kilobytes, 0)))
            with contextlib.suppress(VaeLabError, OSError):
                engine.submit(run)
            with contextlib.suppress(VaeLabError, OSError):
                store.create(replace(config, beta=9.0))
            wait_for(lambda: not run.status().active)  # noqa: B023
            status = run.status()
            print(kilobytes, "kB:", status.state, status.epoch, status.error)
            assert status.state == "failed"
            assert "No space left on device" in (status.error or "")
            assert not store.scan()[1]
            filler.unlink()
            engine.submit(run)
            wait_for(lambda: run.status().state == "finished")  # noqa: B023
            assert {name: kept.files.read(name) for name in kept.files.names()} == before
            reference = RunStore(tmp_path / "whole").create(run.config)
            forked.train_to_the_end(reference)
            assert same_bits(weights(run), weights(reference))
            store.delete(run)
    finally:
        engine.close()
