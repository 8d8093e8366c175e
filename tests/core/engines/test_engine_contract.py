"""The contract of engines: the same assertions for the engine in this process and for each one that
`vae_core.engines.factory` lists.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import SMALL
from tests.core.engines.dask_cluster import Cluster
from tests.core.engines.test_engines import LONG
from tests.core.outcomes import finished, same_bits, weights
from tests.waiting import wait_for
from vae_core.config import RunConfig
from vae_core.engines.base import Engine
from vae_core.engines.cluster import environment
from vae_core.engines.cluster.engine import ClusterEngine
from vae_core.engines.factory import ENGINES, new_engine
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore

IN_PROCESS, DEFAULT = "in process", "default"


@contextlib.contextmanager
def dask_scheduler(folder: Path) -> Iterator[str]:
    """Start a scheduler with one worker, and yield its address.

    Worker and store count as on different disks, so that the engine collects all files.
    """
    cluster = Cluster(folder)
    try:
        cluster.add_worker()
        with pytest.MonkeyPatch.context() as patch:
            separate = functools.partial(ClusterEngine, shared_disk=False)
            patch.setattr(environment, "ClusterEngine", separate)
            yield cluster.address
    finally:
        cluster.close()


# Variable in `ENGINES` -> starts what the engine connects to, and yields the variable's value.
# Any other variable is set to 1.
SERVERS = {"VAE_LAB_SCHEDULER": dask_scheduler}


@dataclass
class Subject:
    """An engine under test.

    Attributes:
        engine: for all tests of it; it stays open.
        new: makes another of its kind.
        store: of the runs.
        blocks: `submit` returns when the run has ended.
    """

    engine: Engine
    new: Callable[[], Engine]
    store: RunStore
    blocks: bool = False

    def submit(self, run: Run) -> None:
        if self.blocks:
            threading.Thread(target=self._submit, args=(run,), daemon=True).start()
            wait_for(lambda: run.status().state != "queued")
        else:
            self.engine.submit(run)

    def _submit(self, run: Run) -> None:
        with contextlib.suppress(Exception):  # the run may be deleted meanwhile
            self.engine.submit(run)


@pytest.fixture(
    scope="module",
    params=[
        IN_PROCESS,
        *(pytest.param(name, marks=pytest.mark.slow) for name in (DEFAULT, *ENGINES)),
    ],
)
def subject(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Subject]:
    folder = tmp_path_factory.mktemp("contract")
    store = RunStore(folder / "runs")
    if request.param == IN_PROCESS:
        yield Subject(InProcessEngine(), InProcessEngine, store, blocks=True)
        return
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for variable in ENGINES:
            patch.delenv(variable, raising=False)
        if request.param in SERVERS:
            patch.setenv(request.param, stack.enter_context(SERVERS[request.param](folder)))
        elif request.param in ENGINES:
            patch.setenv(request.param, "1")
        engine = new_engine(store)
        yield Subject(engine, functools.partial(new_engine, store), store)
        engine.close()


@pytest.fixture
def quick(subject: Subject, request: pytest.FixtureRequest) -> None:
    """Train without XLA in this process, to save the time of compiling."""
    if subject.blocks:
        request.getfixturevalue("no_xla")


def epoch_of(run: Run) -> int:
    return max((record["epoch"] for record in run.records("epoch")), default=0)


@pytest.mark.usefixtures("quick")
def test_a_run_trains_once_to_the_same_bits(subject: Subject, tmp_path: Path) -> None:
    here = finished(RunStore(tmp_path), SMALL)
    run = subject.store.create(SMALL)
    subject.submit(run)
    subject.engine.submit(run)
    wait_for(lambda: run.status().state == "finished")
    wait_for(lambda: not run.ticket_path.exists())
    assert same_bits(weights(run), weights(here))
    assert run.viewable
    wait_for(lambda: not run.checkpoint_path.exists())  # just after it is finished
    assert [r["test"] for r in run.records("epoch")] == [r["test"] for r in here.records("epoch")]
    assert run.metrics() == here.metrics()
    before = run.status()
    subject.engine.submit(run)
    assert run.status() == before, "finished stays finished"
    assert len(run.records("start")) == len(run.records("end")) == 1


@pytest.mark.usefixtures("quick", "unmeasured")
def test_the_order_is_that_of_submission(subject: Subject) -> None:
    runs = [subject.store.create(RunConfig(epochs=1, seed=seed)) for seed in (3, 1, 2)]
    for run in runs:
        subject.engine.submit(run)
        subject.engine.submit(run)
    wait_for(lambda: all(run.status().state == "finished" for run in runs))
    assert all(len(run.records("end")) == 1 for run in runs), "a double submit trains once"
    started = [run.records("start")[0]["time"] for run in runs]
    assert started == sorted(started)


def test_a_run_that_can_not_be_trained_has_an_error(subject: Subject) -> None:
    run = subject.store.create(RunConfig(batch_size=2000))
    subject.engine.submit(run)
    wait_for(lambda: run.status().state == "failed")
    assert "choose at most 1437" in str(run.status().error)
    assert run.status().pid is None


@pytest.mark.usefixtures("quick")
def test_progress_cancel_and_resume(subject: Subject) -> None:
    running, waiting = (subject.store.create(replace(LONG, seed=seed)) for seed in (0, 1))
    subject.submit(running)
    if not subject.blocks:
        subject.submit(waiting)
    subject.engine.cancel(waiting)
    assert waiting.status().state == "cancelled"

    # Progress can be read during training.
    wait_for(lambda: running.status().state == "running" and epoch_of(running))
    before = epoch_of(running), running.status().epoch, running.arrays("snapshot")["epoch"]
    wait_for(lambda: epoch_of(running) > before[0])
    wait_for(lambda: running.status().epoch > before[1])
    wait_for(lambda: running.arrays("snapshot")["epoch"] > before[2])

    subject.engine.cancel(running)
    wait_for(lambda: running.status().state == "cancelled")
    wait_for(lambda: running.viewable and running.records("end"))
    assert waiting.status().state == "cancelled"
    epoch = epoch_of(running)

    # It resumes from its last checkpoint.
    subject.submit(running)
    wait_for(lambda: len(running.records("start")) == 2)
    assert running.records("start")[1]["epoch"] > 0
    wait_for(lambda: epoch_of(running) > epoch)
    subject.engine.cancel(running)
    wait_for(lambda: running.status().state == "cancelled")


@pytest.mark.usefixtures("quick")
def test_a_cancelled_waiting_run_can_be_submitted_again(subject: Subject) -> None:
    running = subject.store.create(replace(LONG, seed=5))
    waiting = subject.store.create(RunConfig(epochs=1, seed=5))
    subject.submit(running)
    if not subject.blocks:
        subject.submit(waiting)
    subject.engine.cancel(waiting)
    assert waiting.status().state == "cancelled"
    if subject.blocks:
        subject.engine.cancel(running)
        subject.engine.submit(waiting)
    else:
        subject.engine.submit(waiting)
        assert waiting.status().state == "queued"
        subject.engine.cancel(running)
    wait_for(lambda: waiting.status().state == "finished")
    wait_for(lambda: running.status().state == "cancelled")


@pytest.mark.usefixtures("quick")
def test_a_run_that_is_gone_or_damaged_does_not_stop_the_next(subject: Subject) -> None:
    running = subject.store.create(replace(LONG, seed=6))
    gone, damaged, last = (
        subject.store.create(RunConfig(epochs=1, seed=seed)) for seed in (11, 12, 13)
    )
    runs = [running, gone, damaged, last]
    subject.submit(running)
    if not subject.blocks:
        for run in runs[1:]:
            subject.submit(run)
    subject.store.delete(gone)
    (damaged.path / "config.json").write_text("{")
    subject.engine.cancel(running)
    if subject.blocks:
        subject.engine.submit(last)
    else:
        wait_for(lambda: damaged.status().state == "failed")
    wait_for(lambda: last.status().state == "finished")
    assert not gone.path.exists()


def test_close_interrupts_the_running_run_and_leaves_the_waiting_one(subject: Subject) -> None:
    if subject.blocks:
        subject.engine.close()  # it has no run in hand when `submit` has returned
        return
    engine = subject.new()
    running = subject.store.create(replace(LONG, seed=7))
    waiting = subject.store.create(RunConfig(epochs=1, seed=7))
    engine.submit(running)
    engine.submit(waiting)
    wait_for(lambda: running.checkpoint_path.exists() and epoch_of(running))
    engine.close()
    assert running.status().state == "interrupted"
    assert waiting.status().state == "queued"
    with pytest.raises(RuntimeError, match="closed"):
        engine.submit(waiting)

    epoch = running.records("epoch")[-1]["epoch"]
    subject.engine.submit(waiting)
    wait_for(lambda: waiting.status().state == "finished")
    subject.engine.submit(running)
    wait_for(lambda: epoch_of(running) > epoch)
    assert running.records("start")[1]["epoch"] > 0, "it resumed from its checkpoint"
    subject.engine.cancel(running)
    wait_for(lambda: running.status().state == "cancelled")
