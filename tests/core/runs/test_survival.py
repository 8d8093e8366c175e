"""What runs survive: killed processes, damaged files, full disks, many dashboards, many runs."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import psutil
import pytest

from tests.conftest import SMALL
from tests.core.training.test_training import same_bits, weights
from tests.waiting import wait_for
from vae_core.cli.app import main as command_line
from vae_core.config import RunConfig, VaeLabError
from vae_core.engines.local import LocalEngine
from vae_core.runs.disk import TEMPORARY
from vae_core.runs.errors import RunError
from vae_core.runs.files import RUN_FILES, SEALED_FILES
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT, RunStore
from vae_core.training import loop
from vae_core.training.checkpoint import SEAL_BYTES, check_checkpoint

# How many processes are killed; VAE_LAB_KILL_SEED repeats the moments of a failure, as far as the
# machine lets them.
KILLS = int(os.environ.get("VAE_LAB_KILLS", "50"))
SEED = int(os.environ.get("VAE_LAB_KILL_SEED", str(random.randrange(10**6))))
LANES = 2  # side by side


def gone(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def numbers(run: Run) -> list[dict[str, Any]]:
    """The held-out numbers of each epoch.

    (Means over the training batches are summed up call by call, and how many steps go into a call
    is a matter of time: their last digits differ.)
    """
    return [
        {key: record[key] for key in ("epoch", "step", "beta", "test")}
        for record in run.records("epoch")
    ]


class Forked:
    """See `tests.core.engines.forked`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.engines.forked"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lock = threading.Lock()
        assert self._answer() == "ready"

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def train(self, run: Run) -> psutil.Process | None:
        """A process that trains the run; None if it has ended by now."""
        assert self._process.stdin
        with self._lock:
            self._process.stdin.write(f"{run.path}\n")
            self._process.stdin.flush()
            pid = int(self._answer())
        try:
            return psutil.Process(pid)
        except psutil.NoSuchProcess:
            return None

    def train_to_the_end(self, run: Run) -> None:
        process = self.train(run)
        wait_for(lambda: process is None or gone(process))
        assert run.status().state == "finished", run.status()

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    server = Forked()
    yield server
    server.close()


# --- killed --------------------------------------------------------------------------------


def phase(run: Run) -> str:
    """Where a run is, for the print-out."""
    if run.status().state == "finished":
        return "finished"
    if "arrays.npz" in run.files():
        return "measuring"
    if run.weights_path.exists():
        return "exporting"
    return "training" if run.records("epoch") else "starting"


def moment(rng: random.Random, run: Run, process: psutil.Process) -> None:
    """Wait for some moment of a training: any, or just after a file came to be."""
    names = ("checkpoint.weights.h5", "vae.weights.h5", "decoder.onnx", "arrays.npz")
    if rng.random() < 0.5:
        path = run.path / rng.choice(names)
        before = path.stat().st_ino if path.exists() else None
        wait_for(lambda: gone(process) or (path.exists() and path.stat().st_ino != before))
        time.sleep(rng.uniform(0, 0.05))
    else:
        wait_for(lambda: gone(process) or len(run.records()) > 1)
        time.sleep(rng.uniform(0, 1))


@pytest.mark.slow
def test_training_killed_at_any_moment_loses_nothing(store: RunStore, forked: Forked) -> None:
    met: Counter[str] = Counter()
    bystander = store.create(RunConfig(epochs=7))
    print(f"VAE_LAB_KILL_SEED={SEED}")

    def lane(number: int) -> None:
        rng = random.Random(SEED + number)
        config = RunConfig(epochs=40, beta=0.5, seed=number)
        whole = RunStore(store.root.parent / "whole").create(config)
        forked.train_to_the_end(whole)
        kills = 0
        while kills < 0.8 * KILLS / LANES:
            run = store.create(config)
            acknowledged: list[dict[str, Any]] = []
            for _ in range(rng.randint(3, 8)):
                process = forked.train(run)
                if process is None:
                    break
                moment(rng, run, process)
                acknowledged = max(acknowledged, numbers(run), key=len)
                where = phase(run)
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                wait_for(lambda: gone(process))  # noqa: B023 (called at once)
                kills += 1
                met[where] += 1
                after = store.get(run.id)
                assert after.status().state in ("queued", "interrupted", "finished")
                assert numbers(after)[: len(acknowledged)] == acknowledged[: len(numbers(after))]
                assert after.status().state != "finished" or numbers(after) == numbers(whole)
                runs, damaged = store.scan()
                assert not damaged
                assert bystander.id in [other.id for other in runs]
            forked.train_to_the_end(run)
            assert numbers(run) == numbers(whole)
            assert numbers(run)[: len(acknowledged)] == acknowledged
            assert run.metrics() == whole.metrics()
            assert same_bits(weights(run), weights(whole))
            run.check()
            assert not [path for path in run.path.iterdir() if TEMPORARY.fullmatch(path.name)]
            store.delete(run)

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(lane, range(LANES)))
    print(dict(met))


CLIENT = """
import random, sys
from dataclasses import replace
from vae_core.config import RunConfig
from vae_core.runs import Group, RunStore
store, rng = RunStore(sys.argv[1]), random.Random(int(sys.argv[2]))
print("ready", flush=True)
while True:
    run = store.create(RunConfig(epochs=1, seed=rng.randrange(4)))
    act = rng.choice(["queue", "cancel", "delete", "group"])
    if act == "queue":
        run.queue()
    elif act == "cancel":
        run.request_cancel()
    elif act == "delete":
        store.delete(run)
    else:
        store.save_group(run.id, rng.choice("ab"), Group((rng.randrange(9),)))
"""


@pytest.mark.slow
def test_a_client_killed_while_it_queues_cancels_and_deletes(store: RunStore) -> None:
    print(f"VAE_LAB_KILL_SEED={SEED}")
    rng = random.Random(SEED)
    for _ in range(max(1, KILLS // 5)):
        with subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(store.root), str(rng.randrange(10**6))],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
        ) as client:
            assert client.stdout
            assert client.stdout.readline() == b"ready\n"
            time.sleep(rng.uniform(0, 0.1))
            client.kill()
        runs, damaged = store.scan()
        assert not damaged
        assert {run.status().state for run in runs} <= {"queued", "cancelled"}
        for seed in range(4):
            run = store.create(RunConfig(epochs=1, seed=seed))
            store.groups(run.id)
            run.queue()
            assert run.status().state == "queued", "no lock is left behind"
    for path in store.root.iterdir():
        os.utime(path, (0, 0))
    store.clear()
    assert not [path for path in store.root.iterdir() if path.name.startswith((".new", ".trash"))]


DASHBOARD = """
import sys, time
from vae_core.engines import LocalEngine
from vae_core.runs import RunStore
from tests.core.runs.test_survival import DASHBOARD_RUNS
if __name__ == "__main__":
    store = RunStore(sys.argv[1])
    engine = LocalEngine(store=store)
    print("ready", flush=True)
    for line in sys.stdin:
        verb, run_id = line.split()
        config = {config.id: config for config in DASHBOARD_RUNS}[run_id]
        run = store.create(config)
        engine.submit(run) if verb == "submit" else engine.cancel(run)
        print("done", flush=True)
"""
DASHBOARD_RUNS = [RunConfig(epochs=200, seed=seed) for seed in range(2)]
DASHBOARD_RUNS += [RunConfig(epochs=50_000, seed=seed) for seed in range(2)]


class Dashboard:
    """A process with an engine on a store, as a dashboard has it."""

    def __init__(self, store: RunStore) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", DASHBOARD, str(store.root)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answered("ready")

    def _answered(self, expected: str) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline().strip() == expected

    def ask(self, verb: str, config: RunConfig) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{verb} {config.id}\n")
        self.process.stdin.flush()
        self._answered("done")

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdin
        assert self.process.stdout
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.stdout.close()


@contextlib.contextmanager
def dashboards(store: RunStore, count: int) -> Iterator[list[Dashboard]]:
    opened = [Dashboard(store) for _ in range(count)]
    try:
        yield opened
    finally:
        for one in opened:
            if one.process.poll() is None:
                one.kill()


@pytest.mark.slow
def test_a_killed_dashboard_leaves_no_orphan_and_its_queue_goes_on(
    store: RunStore, forked: Forked
) -> None:
    print(f"VAE_LAB_KILL_SEED={SEED}")
    rng = random.Random(SEED)
    configs = DASHBOARD_RUNS[:2]
    wholes = [RunStore(store.root.parent / "whole").create(config) for config in configs]
    for whole in wholes:
        forked.train_to_the_end(whole)
    for _ in range(max(1, KILLS // 50)):
        with dashboards(store, 1) as (one,):
            for config in configs:
                one.ask("submit", config)
            runs = [store.get(config.id) for config in configs]
            if rng.random() < 0.7:
                wait_for(lambda: runs[0].status().state != "queued")  # noqa: B023
            time.sleep(rng.uniform(0, 2))
            workers = one.workers()
            assert workers
            one.kill()
            died = time.monotonic()
            wait_for(lambda: all(map(gone, workers)))  # noqa: B023
            print(f"the worker was gone {time.monotonic() - died:.2f} s after its parent")
        states = [run.status().state for run in runs]
        assert states[1] in ("queued", "interrupted", "finished")
        assert "running" not in states
        with dashboards(store, 1) as (again,):
            for run, state in zip(runs, states, strict=True):
                if state == "interrupted":  # what was queued is taken on unasked
                    again.ask("submit", run.config)
            wait_for(lambda: all(r.status().state == "finished" for r in runs))  # noqa: B023
        for run, whole in zip(runs, wholes, strict=True):
            assert same_bits(weights(run), weights(whole))
            assert numbers(run) == numbers(whole)
            store.delete(run)


# --- damaged -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with a checkpoint, to be copied."""
    run = RunStore(tmp_path_factory.mktemp("unfinished")).create(replace(SMALL, epochs=5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "CHECKPOINT_SECONDS", 0)
        loop.train(run, stop=lambda: len(run.records("epoch")) > 2)
    run.log_path.write_text("what was printed\n" * 9)
    return run


def copy(run: Run, store: RunStore) -> Run:
    shutil.copytree(run.path, store.root / run.id)
    return store.get(run.id)


def noticed(store: RunStore, run: Run, name: str) -> bool:
    """Is the damage of a file named, in the list or where the file is used? Nothing else breaks."""
    runs, damaged = store.scan()
    assert damaged.keys() <= {run.id}
    assert {other.id for other in runs} | damaged.keys() == set(os.listdir(store.root))
    try:
        opened = store.get(run.id)
        opened.records()
        if name == "checkpoint.weights.h5":
            check_checkpoint(opened)
            if opened.checkpoint_path.stat().st_size % 4096 == 0:  # it takes long
                h5py.File(opened.checkpoint_path).close()
        elif name == "checksums.json":
            for sealed in opened.checksums():
                opened.read(sealed)
        elif name.endswith(".npz"):
            opened.arrays(name.removesuffix(".npz"))
        else:
            opened.read(name)
    except (RunError, OSError):  # the latter of HDF5, which `training` takes as damage
        return True
    return bool(damaged)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(RUN_FILES))
def test_every_64th_byte_damaged(store: RunStore, trained: Run, unfinished: Run, name: str) -> None:
    whole = unfinished if name in ("checkpoint.weights.h5", "snapshot.npz", "log.txt") else trained
    run = copy(whole, store)
    store.create(replace(SMALL, seed=5))
    copy(trained if whole is unfinished else unfinished, store)
    path = run.path / name
    content = path.read_bytes()
    assert not noticed(store, run, name)
    # Live pictures and what was printed carry no number that stays.
    must = name in (*SEALED_FILES, "config.json", "checksums.json", "checkpoint.weights.h5")
    with open(path, "r+b", buffering=0) as file:
        for offset in range(0, len(content), 64):
            file.seek(offset)
            file.write(bytes([content[offset] ^ (1 << offset // 64 % 8)]))
            assert noticed(store, run, name) >= must, f"a bit at {offset}"
            file.seek(offset)
            file.write(content[offset : offset + 1])
        assert not noticed(store, run, name)
        for offset in reversed(range(0, len(content), 64)):
            file.truncate(offset)
            # Without its seal a checkpoint is for HDF5 to judge.
            judged = name != "checkpoint.weights.h5" or (
                offset % 4096 == 0 and offset < len(content) - SEAL_BYTES
            )
            assert noticed(store, run, name) >= (must and judged), f"cut at {offset}"


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
    ],
)
def test_a_status_that_cannot_be(store: RunStore, damage: dict[str, Any]) -> None:
    run, other = store.create(SMALL), store.create(replace(SMALL, seed=1))
    values = json.loads((run.path / "status.json").read_text()) | damage
    (run.path / "status.json").write_text(json.dumps(values))
    runs, damaged = store.scan()
    assert [run.id for run in runs] == [other.id]
    assert next(iter(damage)) in damaged[run.id]


@pytest.mark.parametrize("content", ["[" * 100_000, " " * 2_000_000, "{}" * 3, "[]", "\x00"])
@pytest.mark.parametrize("name", ["config.json", "status.json", "checksums.json"])
def test_json_that_is_none(store: RunStore, trained: Run, name: str, content: str) -> None:
    run = copy(trained, store)
    (run.path / name).write_text(content)
    assert name in store.scan()[1][run.id]


@pytest.mark.parametrize("name", ["vae.weights.h5", "metrics.jsonl", "status.json"])
def test_the_command_line_says_what_is_damaged(
    store: RunStore, trained: Run, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copy(trained, store)
    other = store.create(replace(SMALL, seed=1))
    content = (run.path / name).read_bytes()
    at = content.index(b"3") if name != "vae.weights.h5" else len(content) // 2
    (run.path / name).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    arguments = ["--store", str(store.root)]
    assert command_line([*arguments, "list"]) == 0
    assert other.id in capsys.readouterr().out
    assert command_line([*arguments, "evaluate", run.id]) == 2
    said = capsys.readouterr().err
    assert name in said
    assert "Traceback" not in said


# --- a full disk ---------------------------------------------------------------------------


class FullDisk:
    """Lets writes, fsyncs and renames below a folder fail as on a full disk.

    Args:
        root: the folder.
        fails: called with each of them, as in ("write", "status.json"); True lets it fail.
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


def life(store: RunStore) -> None:
    """All that is written of a run; what fails is said in a sentence, and the rest goes on."""

    def step(act: Callable[..., Any], *arguments: Any) -> Any:
        with contextlib.suppress(RunError, OSError):
            return act(*arguments)
        return None

    run = step(store.create, SMALL) or store.create(SMALL)
    step(store.save_group, run.id, "a", Group((2,)))
    step(run.queue)
    step(loop.train, run)
    other = step(store.create, replace(SMALL, seed=9)) or store.create(replace(SMALL, seed=9))
    step(other.request_cancel)
    step(store.delete, other)


@pytest.mark.slow
def test_each_write_fsync_and_rename_fails_in_turn(
    store: RunStore, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first and the last of each kind; all, where more is asked for (VAE_LAB_KILLS)."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(loop, "TICK_SECONDS", 1e9)  # the same calls each time
    seen: list[tuple[str, str]] = []
    store.save_group(SMALL.id, "a", Group((1,)))
    with FullDisk(store.root, lambda call: seen.append(call) or False):  # type: ignore[func-returns-value]
        life(store)
    trained_by = seen.index(("write", "config.json"), 1)  # the next run
    kinds = [call for call in set(seen[:trained_by]) if call[0] != "fsync"]
    last = {trained_by - 1 - seen[:trained_by][::-1].index(call) for call in kinds}
    some = {seen.index(call) for call in set(seen)} | last
    turns = range(len(seen)) if KILLS > 50 else sorted(some)
    assert {("write", "metrics.jsonl"), ("replace", "checkpoint.weights.h5")} <= set(seen)
    print(len(seen), "calls,", len(turns), "turns")
    states: Counter[str] = Counter()
    for turn in turns:
        place = RunStore(store.root / f"turn-{turn}")
        place.save_group(SMALL.id, "a", Group((1,)))
        calls = itertools.count()
        with FullDisk(place.root, lambda _: next(calls) == turn):  # noqa: B023 (called at once)
            life(place)
        assert not place.scan()[1], (turn, seen[turn], list(place.get(SMALL.id).path.iterdir()))
        assert place.groups(SMALL.id)["a"] in (Group((1,)), Group((2,)))
        run = place.get(SMALL.id)
        status = run.status()
        states[status.state] += 1
        if status.state == "failed":
            assert "No space left on device" in (status.error or "")
            assert "Error" not in (status.error or "")
        else:
            assert status.state in ("finished", "queued", "interrupted"), seen[turn]
        if KILLS <= 50 and turn % 3:  # it takes long
            continue
        run.queue()
        loop.train(run)
        assert run.status().state == "finished", seen[turn]
        run.check()
        assert numbers(run) == numbers(trained)
        assert same_bits(weights(run), weights(trained))
        assert run.metrics() == trained.metrics()
        place.create(replace(SMALL, seed=9))
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
    """Really full, with a worker process that writes to it until there is room again."""
    config = RunConfig(epochs=40)
    whole = RunStore(tmp_path / "whole").create(config)
    forked.train_to_the_end(whole)
    store = RunStore(small_disk / "runs")
    finished = copy(whole, RunStore(small_disk / "runs"))
    before = {name: finished.read(name) for name in finished.files()}
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
            assert {name: finished.read(name) for name in finished.files()} == before
            reference = RunStore(tmp_path / "whole").create(run.config)
            forked.train_to_the_end(reference)
            assert same_bits(weights(run), weights(reference))
            store.delete(run)
    finally:
        engine.close()


# --- several dashboards --------------------------------------------------------------------


@pytest.mark.slow
def test_two_dashboards_and_a_command_line_on_one_store(store: RunStore) -> None:
    short, last, long, longer = DASHBOARD_RUNS
    with dashboards(store, 2) as both:

        def trainers() -> list[Dashboard]:
            return [one for one in both if one.process.poll() is None and one.workers()]

        for one in both:
            one.ask("submit", short)
        run = store.get(short.id)
        wait_for(lambda: run.status().state == "finished")
        assert len(run.records("start")) == 1, "two submits, one training"
        (holder,) = trainers()
        other = both[1 - both.index(holder)]

        other.ask("submit", long)
        run = store.get(long.id)
        wait_for(lambda: len(run.records("epoch")) > 2)
        assert psutil.Process(run.status().pid) in holder.workers()
        other.ask("cancel", long)
        wait_for(lambda: run.status().state == "cancelled")

        engine = LocalEngine()  # as the command line has it: beside the dashboards
        try:
            mine = store.create(longer)
            engine.submit(mine)
            time.sleep(2)  # they look more often than that
            wait_for(lambda: mine.records("epoch"))
            assert psutil.Process(mine.status().pid).ppid() == os.getpid()
            assert len(mine.records("start")) == 1
            engine.cancel(mine)
            wait_for(lambda: mine.status().state == "cancelled")
        finally:
            engine.close()

        other.ask("submit", long)
        wait_for(lambda: run.status().state == "running")
        holder.ask("submit", last)
        waiting = store.get(last.id)
        assert waiting.status().state == "queued"
        holder.kill()
        wait_for(lambda: run.status().state == "interrupted")
        wait_for(lambda: waiting.status().state == "finished")
        assert trainers() == [other]


# --- thousands of runs, and hostile names --------------------------------------------------


def test_a_second_look_at_many_runs_opens_no_file(
    store: RunStore, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(1, 40):
        run = store.create(replace(SMALL, seed=seed))
        if seed % 2:
            run.append_metrics({"kind": "end", "epoch": 1, "state": "finished", "metrics": {}})
            run.finish(epoch=3)
    copy(trained, store)
    time.sleep(0.1)  # what is younger is read again
    first = [run.id for run in store.scan()[0]]
    opened: list[object] = []
    real = os.open

    def counted(path: Any, *rest: Any) -> int:
        opened.append(path)
        return real(path, *rest)

    monkeypatch.setattr(os, "open", counted)
    runs, damaged = store.scan()
    assert [run.id for run in runs] == first
    assert len(runs) == 40
    assert not damaged
    assert not opened
    runs[0].write_status(epoch=2)
    store.delete(runs[1])
    opened.clear()
    again, _ = store.scan()
    assert [run.id for run in again] == [run.id for run in runs if run.id != runs[1].id]
    assert {Path(str(path)).parent.name for path in opened} == {runs[0].id}
    assert again[0].status().epoch == 2, "nothing old is shown"


@pytest.mark.parametrize("name", ["config.json", "status.json", "metrics.jsonl", "arrays.npz"])
def test_a_link_inside_a_run_is_not_followed(store: RunStore, trained: Run, name: str) -> None:
    run = copy(trained, store)
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


def test_what_is_printed_and_appended_follows_no_link(store: RunStore) -> None:
    run = store.create(SMALL)
    outside = store.root.parent / "outside"
    outside.write_text("mine")
    run.metrics_path.symlink_to(outside)
    with pytest.raises(OSError, match="symbolic"):
        run.append_metrics({"kind": "end", "epoch": 1, "state": "finished"})
    assert outside.read_text() == "mine"
    assert run.records() == []
