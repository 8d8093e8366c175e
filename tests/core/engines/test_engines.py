"""The local engine: killed and stuck workers, orphans. `test_engine_contract` tests what all
engines have in common.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from tests.core.outcomes import same_bits, weights
from tests.waiting import PATIENCE, wait_for
from vae_core.config import RunConfig
from vae_core.engines.factory import shared_engine
from vae_core.engines.in_process import InProcessEngine
from vae_core.engines.local import LocalEngine
from vae_core.runs.store import PROJECT, RunStore

# Trains for minutes unless it is stopped.
LONG = RunConfig(epochs=50_000)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine()
    yield engine
    engine.close()


def worker_pid(engine: LocalEngine) -> int:
    return engine._slots[0]._worker.pid


@pytest.mark.slow
def test_killed_worker_interrupts_and_resume_ends_in_the_same_bits(
    engine: LocalEngine, store: RunStore
) -> None:
    config = RunConfig(epochs=600, beta=0.5)
    run = store.create(config)
    engine.submit(run)
    wait_for(lambda: run.checkpoint_path.exists())
    os.kill(worker_pid(engine), signal.SIGKILL)
    wait_for(lambda: run.status().state == "interrupted")
    assert 0 < run.records("epoch")[-1]["epoch"] < config.epochs
    engine.submit(run)
    wait_for(lambda: run.status().state == "finished")
    assert len(run.records("start")) == 2
    assert run.records("start")[1]["epoch"] > 0, "it went on from a checkpoint"
    assert [record["epoch"] for record in run.records("epoch")] == list(range(601))

    whole = RunStore(store.root / "whole").create(config)
    InProcessEngine().submit(whole)
    assert same_bits(weights(run), weights(whole))


@pytest.mark.slow
def test_a_stuck_worker_is_killed_on_cancel(engine: LocalEngine, store: RunStore) -> None:
    run = store.create(replace(LONG, seed=2))
    engine.submit(run)
    wait_for(lambda: run.records("epoch"))
    os.kill(worker_pid(engine), signal.SIGSTOP)
    engine.cancel(run)
    wait_for(lambda: run.status().state == "cancelled")
    after = store.create(RunConfig(epochs=1, seed=9))
    engine.submit(after)
    wait_for(lambda: after.status().state == "finished")


@pytest.mark.slow
@pytest.mark.parametrize("kill_with", [signal.SIGKILL, signal.SIGTERM])
def test_no_orphan_when_the_parent_dies(store: RunStore, kill_with: signal.Signals) -> None:
    code = (
        "import sys, time; from vae_core.engines.local import LocalEngine;"
        "from vae_core.runs.store import RunStore;"
        "from tests.core.engines.test_engines import LONG;"
        "engine = LocalEngine(); engine.submit(RunStore(sys.argv[1]).create(LONG));"
        "time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(store.root)], cwd=PROJECT)
    try:
        wait_for(lambda: store.scan()[0] and store.scan()[0][0].records("epoch"))
        run = store.scan()[0][0]
        worker = psutil.Process(run.status().pid)
        assert worker.ppid() == parent.pid
    finally:
        parent.send_signal(kill_with)
        parent.wait(PATIENCE)
    wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    assert run.status().state == "interrupted"
    assert run.records("epoch")


@pytest.mark.slow
def test_the_shared_engine_trains_waiting_runs(store: RunStore) -> None:
    run = store.create(RunConfig(epochs=1))
    engine = shared_engine(store)
    try:
        assert shared_engine(RunStore(store.root)) is engine
        wait_for(lambda: run.status().state == "finished")
    finally:
        engine.close()
