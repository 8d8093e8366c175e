"""Runs survive killed training processes, killed clients and killed dashboards."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from tests.core.engines.training_processes import KILLS, SEED, Forked, gone
from tests.core.outcomes import numbers, same_bits, weights
from tests.waiting import wait_for
from vae_core.config import RunConfig
from vae_core.engines.local import LocalEngine
from vae_core.runs.disk import TEMPORARY
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT, RunStore

LANES = 2  # runs that are trained and killed side by side


def phase(run: Run) -> str:
    """Return what a run is doing, for the print-out."""
    if run.status().state == "finished":
        return "finished"
    if "arrays.npz" in run.files.names():
        return "measuring"
    if run.weights_path.exists():
        return "exporting"
    return "training" if run.records("epoch") else "starting"


def wait_for_moment(rng: random.Random, run: Run, process: psutil.Process) -> None:
    """Wait for a random moment of a training: any, or just after a file was written."""
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
    kills_by_phase: Counter[str] = Counter()
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
                wait_for_moment(rng, run, process)
                acknowledged = max(acknowledged, numbers(run), key=len)
                killed_in = phase(run)
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                wait_for(lambda: gone(process))  # noqa: B023 (called at once)
                kills += 1
                kills_by_phase[killed_in] += 1
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
            run.files.check()
            assert not [path for path in run.path.iterdir() if TEMPORARY.fullmatch(path.name)]
            store.delete(run)

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(lane, range(LANES)))
    print(dict(kills_by_phase))


CLIENT = """
import random, sys
from dataclasses import replace
from vae_core.config import RunConfig
from vae_core.runs.groups import Group
from vae_core.runs.store import RunStore
store, rng = RunStore(sys.argv[1]), random.Random(int(sys.argv[2]))
print("ready", flush=True)
while True:
    run = store.create(RunConfig(epochs=1, seed=rng.randrange(4)))
    act = rng.choice(["queue", "cancel", "delete", "group"])
    if act == "queue":
        run.lifecycle.queue()
    elif act == "cancel":
        run.lifecycle.request_cancel()
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
            run.lifecycle.queue()
            assert run.status().state == "queued", "no lock is left behind"
    for path in store.root.iterdir():
        os.utime(path, (0, 0))
    store.clear()
    assert not [path for path in store.root.iterdir() if path.name.startswith((".new", ".trash"))]


DASHBOARD = """
import sys
from vae_core.config import RunConfig
from vae_core.engines.local import LocalEngine
from vae_core.runs.store import RunStore
if __name__ == "__main__":
    store = RunStore(sys.argv[1])
    engine = LocalEngine(store=store)
    print("ready", flush=True)
    for line in sys.stdin:
        verb, config = line.split(maxsplit=1)
        run = store.create(RunConfig.from_json(config))
        engine.submit(run) if verb == "submit" else engine.cancel(run)
        print("done", flush=True)
"""
DASHBOARD_RUNS = [RunConfig(epochs=200, seed=seed) for seed in range(2)]
DASHBOARD_RUNS += [RunConfig(epochs=50_000, seed=seed) for seed in range(2)]


class Dashboard:
    """A process with an engine for a store, like a dashboard."""

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
        self.process.stdin.write(f"{verb} {config.to_json().replace(chr(10), ' ')}\n")
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
        for dashboard in opened:
            if dashboard.process.poll() is None:
                dashboard.kill()


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
                if state == "interrupted":  # a queued run is trained without a request
                    again.ask("submit", run.config)
            wait_for(lambda: all(r.status().state == "finished" for r in runs))  # noqa: B023
        for run, whole in zip(runs, wholes, strict=True):
            assert same_bits(weights(run), weights(whole))
            assert numbers(run) == numbers(whole)
            store.delete(run)


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

        engine = LocalEngine()  # the engine of a command line, beside the dashboards
        try:
            mine = store.create(longer)
            engine.submit(mine)
            time.sleep(2)  # the dashboards scan the store more often than that
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
