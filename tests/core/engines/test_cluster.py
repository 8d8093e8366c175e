"""The cluster engine: dying machines and clients, shared and separate disks, error messages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.core.cli.calling import vae_core
from tests.core.engines.dask_cluster import Cluster
from tests.core.engines.test_engines import LONG
from tests.core.outcomes import finished, same_bits, weights
from tests.dashboard.pages import open_page
from tests.waiting import wait_for
from vae_core.config import RunConfig
from vae_core.data import own, registry
from vae_core.engines import factory, local
from vae_core.engines.base import EngineError
from vae_core.engines.cluster.engine import ClusterEngine
from vae_core.engines.factory import new_engine
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT, RunStore

# Trains for some seconds.
SECONDS = RunConfig(epochs=300, beta=0.5)
UNREACHABLE = "tcp://127.0.0.1:9"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


def last_epoch(run: Run) -> int:
    return max((record["epoch"] for record in run.records("epoch")), default=0)


@pytest.mark.slow
def test_a_shared_disk_is_used_and_a_dead_training_process_replaced_once(
    cluster: Cluster, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.add_worker("a", "--resources=GPU=1")
    monkeypatch.setenv("VAE_LAB_SCHEDULER", cluster.address)
    monkeypatch.setenv("VAE_LAB_RESOURCES", "GPU=1")
    engine = new_engine(store)
    try:
        run = store.create(LONG)
        engine.submit(run)
        wait_for(lambda: run.checkpoint_path.exists())
        first = run.status().pid
        assert first in [child.pid for child in psutil.Process(cluster.workers[0].pid).children()]
        assert not [path for folder in cluster.task_folders() for path in folder.glob("runs/*")]

        os.kill(first, signal.SIGKILL)
        wait_for(lambda: len(run.records("start")) == 2)
        assert run.records("start")[1]["epoch"] > 0, "it resumed from a checkpoint"
        wait_for(lambda: run.status().state == "running")
        second = run.status().pid
        assert second not in (None, first)
        assert second is not None
        os.kill(second, signal.SIGKILL)
        wait_for(lambda: run.status().state == "failed")
        assert "ended unexpectedly, twice (exit code -9)" in str(run.status().error)
        wait_for(lambda: not cluster.task_folders())
    finally:
        engine.close()


def test_a_run_that_no_machine_fits_waits_and_is_cancelled_at_once(
    cluster: Cluster, store: RunStore
) -> None:
    cluster.add_worker("a", "--resources=GPU=1")
    engine = ClusterEngine(store, cluster.address, {"GPU": 2})
    try:
        run = store.create(LONG)
        engine.submit(run)
        assert run.ticket_path.exists()
        engine.cancel(run)
        assert run.status().state == "cancelled"
        assert not run.ticket_path.exists()
        assert cluster.tasks() == []
    finally:
        engine.close()


@pytest.mark.slow
def test_runs_go_on_without_their_client_and_the_next_one_finds_them(
    cluster: Cluster, store: RunStore
) -> None:
    cluster.add_worker()
    code = (
        "import sys, time; from vae_core.engines.cluster.engine import ClusterEngine;"
        "from vae_core.config import RunConfig; from vae_core.runs.store import RunStore;"
        "store = RunStore(sys.argv[1]);"
        "engine = ClusterEngine(store, sys.argv[2], shared_disk=False);"
        "engine.submit(store.create(RunConfig(epochs=300, beta=0.5)));"
        "engine.submit(store.create(RunConfig(epochs=1)));"
        "time.sleep(600)"
    )
    client = subprocess.Popen(
        [sys.executable, "-c", code, str(store.root), cluster.address], cwd=PROJECT
    )
    try:
        running = store.root / SECONDS.id
        waiting = store.root / RunConfig(epochs=1).id
        wait_for(lambda: (waiting / "ticket").exists() and (running / "snapshot.npz").exists())
    finally:
        client.kill()
        client.wait()
    assert Run(running).status().state == "running"
    assert Run(waiting).status().state == "queued"
    # Without a client the cluster trains both runs and keeps their files.
    wait_for(lambda: len([p for p in cluster.task_folders() if (p / "ended").exists()]) == 2)
    epoch = last_epoch(Run(running))
    assert epoch < SECONDS.epochs

    engine = ClusterEngine(store, cluster.address, adopt=True, shared_disk=False)
    try:
        runs = [Run(running), Run(waiting)]
        wait_for(lambda: all(run.status().state == "finished" for run in runs))
        wait_for(lambda: not cluster.task_folders())
        for run in runs:
            run.files.check()
            assert run.viewable
            assert len(run.records("start")) == 1
            assert not run.ticket_path.exists()
            assert not run.checkpoint_path.exists()
        epochs = [record["epoch"] for record in runs[0].records("epoch")]
        assert epochs == list(range(SECONDS.epochs + 1)), "each line was collected once"
    finally:
        engine.close()
    assert same_bits(weights(runs[0]), weights(finished(RunStore(store.root / "here"), SECONDS)))


@pytest.mark.slow
def test_a_run_survives_the_machines_that_train_it(cluster: Cluster, store: RunStore) -> None:
    """Another machine starts the run over; the same machine resumes from its checkpoint."""
    first = cluster.add_worker("a")
    engine = ClusterEngine(store, cluster.address, shared_disk=False)
    try:
        run = store.create(replace(SECONDS, epochs=600))
        engine.submit(run)
        wait_for(lambda: last_epoch(run) > 0)
        child = psutil.Process(run.status().pid)
        first.kill()
        second = cluster.add_worker("b")
        wait_for(lambda: len(run.records("start")) == 2)
        wait_for(lambda: not child.is_running())
        wait_for(lambda: list((cluster.folder / "b").rglob("checkpoint.weights.h5")))
        second.kill()
        cluster.add_worker("b")
        wait_for(lambda: run.status().state == "finished")
        starts = [record["epoch"] for record in run.records("start")]
        assert starts[:2] == [0, 0]
        assert len(starts) == 3
        assert starts[2] > 0
        assert [r["epoch"] for r in run.records("epoch")] == list(range(run.config.epochs + 1))
    finally:
        engine.close()
    here = finished(RunStore(store.root / "here"), run.config)
    assert same_bits(weights(run), weights(here))
    assert run.metrics() == here.metrics()


def test_a_run_that_kills_every_machine_has_failed(tmp_path: Path, store: RunStore) -> None:
    cluster = Cluster(tmp_path, allowed_failures=1)
    engine = ClusterEngine(store, cluster.address, shared_disk=False)
    try:
        run = store.create(LONG)
        engine.submit(run)
        for machine in ("a", "b"):
            worker = cluster.add_worker(machine)
            wait_for(lambda: cluster.task_folders(machine))  # noqa: B023 (called at once)
            worker.kill()
        wait_for(lambda: run.status().state == "failed")
        assert "ended at each try" in str(run.status().error)
        wait_for(lambda: not run.ticket_path.exists())
    finally:
        engine.close()
        cluster.close()


def test_a_queued_run_survives_the_scheduler(tmp_path: Path, store: RunStore) -> None:
    """A new scheduler at the same address does not know the run, so it is sent again."""
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    old = Cluster(tmp_path / "1")
    engine = ClusterEngine(store, old.address)
    run = store.create(RunConfig(epochs=1))
    try:
        engine.submit(run)
        ticket = run.ticket_path.read_text()
        old.close()
        new = Cluster(tmp_path / "2", port=int(old.address.rsplit(":", 1)[1]))
        try:
            wait_for(lambda: run.ticket_path.exists() and run.ticket_path.read_text() != ticket)
            assert run.status().state == "queued"
            wait_for(lambda: run.ticket_path.read_text() in new.tasks())
        finally:
            new.close()
    finally:
        engine.close()
    assert run.status().state == "queued"


@pytest.mark.slow
def test_a_data_set_of_the_user_is_sent_with_the_run(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "elsewhere"))
    cluster.add_worker()
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    store = RunStore(tmp_path / "runs")
    pixels = np.random.default_rng(0).integers(0, 255, (200, 8, 8), np.uint8)
    labels = np.arange(200, dtype=np.uint8) % 2
    arrays = {
        "x_train": pixels[:160],
        "y_train": labels[:160],
        "x_test": pixels[160:],
        "y_test": labels[160:],
        "label_names": np.array(["even", "odd"]),
    }
    name = own.own_name("noise.csv", arrays)
    own.own_folder().mkdir(parents=True)
    np.savez(own.own_folder() / f"{name}.npz", allow_pickle=False, **arrays)
    engine = ClusterEngine(store, cluster.address, shared_disk=False)
    try:
        run = store.create(RunConfig(dataset=name, epochs=1, batch_size=16))
        engine.submit(run)
        wait_for(lambda: not run.status().active)
        assert run.status().state == "finished", run.status()
        assert run.records("start")[0]["dataset"]["sha256"] == registry.load(name).sha256
    finally:
        engine.close()


# --- errors without a cluster -----------------------------------------------


def test_the_environment_chooses_the_engine(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VAE_LAB_SCHEDULER", raising=False)
    monkeypatch.setattr(local, "from_environment", lambda *_: InProcessEngine())
    assert isinstance(new_engine(store), InProcessEngine)
    monkeypatch.setenv("VAE_LAB_SCHEDULER", UNREACHABLE)
    for wrong in ("GPU", "GPU=one", "=,"):
        monkeypatch.setenv("VAE_LAB_RESOURCES", wrong)
        with pytest.raises(EngineError, match="must be like GPU=1"):
            new_engine(store)
    monkeypatch.delenv("VAE_LAB_RESOURCES")
    engine = new_engine(store)
    engine.close()
    assert isinstance(engine, ClusterEngine)


@pytest.mark.parametrize("address", [UNREACHABLE, "no address", "tls://127.0.0.1:9"])
def test_a_scheduler_that_cannot_be_reached(store: RunStore, address: str) -> None:
    engine = ClusterEngine(store, address)
    try:
        run = store.create(RunConfig(epochs=1))
        with pytest.raises(EngineError, match=f"{address} can't be reached: start it"):
            engine.submit(run)
        assert run.status().state == "queued", "the run waits"
        engine.cancel(run)
        assert run.status().state == "cancelled"
    finally:
        engine.close()


def test_without_dask_the_error_says_what_to_install(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    engine = ClusterEngine(store, UNREACHABLE)
    try:
        with pytest.raises(EngineError, match=r"pip install '\.\[cluster\]'"):
            engine.submit(store.create(RunConfig(epochs=1)))
    finally:
        engine.close()


def test_the_command_line_reports_a_missing_scheduler(store: RunStore) -> None:
    result = vae_core(
        "train", "--store", str(store.root), "--epochs", "1", env={"VAE_LAB_SCHEDULER": UNREACHABLE}
    )
    assert result.returncode == 2
    assert "can't be reached" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_sweep_on_the_cluster_from_the_command_line(cluster: Cluster, store: RunStore) -> None:
    cluster.add_worker()
    result = vae_core(
        *("sweep", "--store", str(store.root), "--betas", "0,4", "--epochs", "1"),
        env={"VAE_LAB_SCHEDULER": cluster.address},
    )
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    runs, damaged = store.scan()
    assert not damaged
    assert [run.status().state for run in runs] == ["finished", "finished"]


def test_the_dashboard_opens_without_its_scheduler_and_says_so(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_LAB_SCHEDULER", UNREACHABLE)
    monkeypatch.setenv("VAE_LAB_RUNS", str(store.root))
    try:
        page = open_page("train")
        wait_for(lambda: factory.engine_trouble(store))
        page.run()
        assert [warning.value for warning in page.warning] == [factory.engine_trouble(store)]
        assert "can't be reached" in page.warning[0].value
        page.button(key="train").click().run()
        assert not page.exception
        assert any("can't be reached" in error.value for error in page.error)
    finally:
        factory._shared.pop(store).close()
