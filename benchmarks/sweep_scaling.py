"""Measure the time of a sweep with one worker and with several, and each engine's overhead.

    python -m benchmarks.sweep_scaling [--dataset digits] [--epochs 150] [--betas 0,1,4,10]
                                       [--workers 1,2]

Every engine trains the same configs into a store of its own. Each worker first trains a short run,
so that the time to import TensorFlow and to compile doesn't count. The baseline trains the configs
one after the other in this process. The overhead of a run is the time of one worker minus the time
of the baseline, divided by the number of runs.

More workers help only if the machine has cores to spare. If they are slower, the table shows it.
Dask is measured with and without access to the client's disk. Its scheduler and workers are
processes of this machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tests.core.engines.dask_cluster import Cluster
from vae_core.config import RunConfig
from vae_core.engines.base import Engine
from vae_core.engines.cluster.engine import ClusterEngine
from vae_core.engines.in_process import InProcessEngine
from vae_core.engines.local import LocalEngine
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.runs.sweeps import sweep

LONG = RunConfig(epochs=50_000, seed=99)


@dataclass
class Result:
    """Seconds that were measured.

    Attributes:
        seconds: of the sweep.
        silence: the longest time in which a running run wrote no record.
        cancel: from cancelling a run to the end of its training.
    """

    seconds: float
    silence: float
    cancel: float


def wait_for(condition: Callable[[], object]) -> float:
    """Wait until the condition holds, and return the seconds."""
    began = time.perf_counter()
    while not condition():
        time.sleep(0.02)
    return time.perf_counter() - began


def train_all(engine: Engine, store: RunStore, configs: list[RunConfig]) -> tuple[float, float]:
    """Train all configs; return the seconds, and the longest time between two records of a run."""
    runs = [store.create(config) for config in configs]
    began = time.perf_counter()
    for run in runs:
        engine.submit(run)
    silence = 0.0
    last: dict[str, tuple[int, float]] = {}
    while any(run.status().active for run in runs):
        now = time.perf_counter()
        for run in runs:
            if run.status().state != "running":
                continue
            count, since = last.get(run.id, (-1, now))
            if len(run.records()) != count:
                last[run.id] = len(run.records()), now
                silence = max(silence, now - since)
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    for run in runs:
        if run.status().state != "finished":
            raise RuntimeError(f"{run.id}: {run.status()}")
    return seconds, silence


def time_to_cancel(engine: Engine, store: RunStore) -> float:
    run: Run = store.create(LONG)
    engine.submit(run)
    wait_for(lambda: len(run.records("epoch")) > 5)
    engine.cancel(run)
    return wait_for(lambda: run.status().state == "cancelled")


@contextmanager
def local(_folder: Path, workers: int, _store: RunStore) -> Iterator[Engine]:
    engine = LocalEngine(slots=workers)
    yield engine
    engine.close()


@contextmanager
def dask(folder: Path, workers: int, store: RunStore, shared_disk: bool) -> Iterator[Engine]:
    cluster = Cluster(folder)
    try:
        for index in range(workers):
            cluster.add_worker(f"machine {index}")
        engine = ClusterEngine(store, cluster.address, shared_disk=shared_disk)
        yield engine
        engine.close()
    finally:
        cluster.close()


ENGINES: dict[str, Callable[[Path, int, RunStore], AbstractContextManager[Engine]]] = {
    "local": local,
    "Dask, shared disk": partial(dask, shared_disk=True),
    "Dask, files collected": partial(dask, shared_disk=False),
}


def measure(name: str, workers: int, configs: list[RunConfig]) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder) / "runs")
        with ENGINES[name](Path(folder), workers, store) as engine:
            warm_up = [replace(configs[0], epochs=1, seed=1000 + i) for i in range(workers)]
            train_all(engine, store, warm_up)
            seconds, silence = train_all(engine, store, configs)
            return Result(seconds, silence, time_to_cancel(engine, store))


def in_process(configs: list[RunConfig]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(folder)
        engine = InProcessEngine()
        engine.submit(store.create(replace(configs[0], epochs=1, seed=1000)))
        began = time.perf_counter()
        for config in configs:
            engine.submit(store.create(config))
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--betas", default="0,1,4,10")
    parser.add_argument("--workers", default="1,2")
    options = parser.parse_args()
    config = RunConfig(dataset=options.dataset, epochs=options.epochs)
    configs = sweep(config, [float(beta) for beta in options.betas.split(",")], [0])
    before = in_process(configs)
    what = f"{len(configs)} runs of {options.dataset}, {options.epochs} epochs"
    print(f"{what}, {os.cpu_count()} cores\n")
    print("| engine | workers | sweep | speed | overhead a run | longest silence | cancel |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(f"| in process, before the others | | {before:.1f} s | 1.00 | | | |", flush=True)
    for name in ENGINES:
        for workers in map(int, options.workers.split(",")):
            result = measure(name, workers, configs)
            overhead = (result.seconds - before) / len(configs)
            print(
                f"| {name} | {workers} | {result.seconds:.1f} s | {before / result.seconds:.2f} | "
                + (f"{overhead:+.2f} s" if workers == 1 else "")
                + f" | {result.silence:.1f} s | {result.cancel:.2f} s |",
                flush=True,
            )
    print(f"| in process, after the others | | {in_process(configs):.1f} s | | | | |")


if __name__ == "__main__":
    main()
