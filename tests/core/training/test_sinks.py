"""Sinks: their numbers are read back from MLflow and TensorBoard; sinks that fail."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SMALL
from tests.core.cli.calling import vae_core
from tests.core.outcomes import same_bits, weights
from tests.waiting import PATIENCE, wait_for
from vae_core.engines.in_process import InProcessEngine
from vae_core.metrics.catalogue import METRICS
from vae_core.runs.errors import RunError
from vae_core.runs.records import PointEpoch
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT, RunStore
from vae_core.training.sinks import process as sink_process
from vae_core.training.sinks.base import numbers, sink_records
from vae_core.training.sinks.mlflow import export_mlflow

# Executed in a process of its own, because MLflow takes seconds to import, and warns.
READ = """
import json, os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
from mlflow.tracking import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1])
runs = []
for experiment in client.search_experiments():
    for run in client.search_runs([experiment.experiment_id]):
        losses = client.get_metric_history(run.info.run_id, "test/loss")
        runs.append({
            "experiment": experiment.name,
            "id": run.info.run_id,
            "name": run.info.run_name,
            "status": run.info.status,
            "params": run.data.params,
            "metrics": run.data.metrics,
            "losses": sorted((m.step, m.value) for m in losses),
            "files": sorted(a.path for a in client.list_artifacts(run.info.run_id)),
        })
print(json.dumps(runs))
"""


def in_mlflow(uri: str) -> list[dict[str, Any]]:
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ, uri],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout.splitlines()[-1])


def sink(name: str, run: Run, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the process of a sink on a run that has ended."""
    return subprocess.run(
        [sys.executable, "-m", "vae_core.training.sinks", name, str(run.path)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | env,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_the_numbers_of_a_record_by_name(trained: Run) -> None:
    first, *_, last, end = sink_records(trained)
    losses = {"test/loss", "test/distortion", "test/rate", "test/elbo"}
    rates = {"rate/dimension 1", "rate/dimension 2"}
    assert numbers(first).keys() == losses | rates | {"beta"}, "epoch 0, and no capacity"
    train = {f"train/{name}" for name in trained.records("epoch")[-1]["train"]}
    assert numbers(last).keys() == losses | rates | {"beta"} | train
    assert numbers(end) == {
        f"final/{name}": value for name, value in trained.records("end")[0]["metrics"].items()
    }
    assert numbers(
        PointEpoch(
            kind="epoch",
            epoch=1,
            step=9,
            seconds=1.0,
            beta=None,
            capacity=None,
            train=None,
            test={"loss": 2.0, "distortion": 2.0},
        )
    ) == {"test/loss": 2.0, "test/distortion": 2.0}, "an autoencoder has no rate"


@pytest.mark.slow
@pytest.mark.usefixtures("no_xla")
def test_sinks_get_the_numbers_and_export_adds_the_networks(
    store: RunStore, tmp_path: Path, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = (tmp_path / "mlruns").as_uri()
    monkeypatch.setenv("VAE_LAB_SINKS", "mlflow, tensorboard")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("VAE_LAB_TENSORBOARD", str(tmp_path / "tensorboard"))
    run = store.create(SMALL)
    InProcessEngine().submit(run)
    assert run.status().state == "finished"
    assert same_bits(weights(run), weights(trained))
    assert len(sink_process.started) == 2
    wait_for(lambda: all(process.poll() is not None for process in sink_process.started))
    assert [process.returncode for process in sink_process.started] == [0, 0]

    losses = [[r["epoch"], r["test"]["loss"]] for r in run.records("epoch")]
    (logged,) = in_mlflow(uri)
    assert (logged["experiment"], logged["name"], logged["status"]) == (
        "VAE Lab",
        run.id,
        "FINISHED",
    )
    assert logged["losses"] == losses
    assert logged["params"]["beta"] == "1.0"
    finals = {name for name in logged["metrics"] if name.startswith("final/")}
    assert finals == {f"final/{name}" for name in run.records("end")[0]["metrics"]}
    assert finals
    assert set(run.metrics()) <= set(METRICS)
    assert not logged["files"]

    exported = vae_core("export-mlflow", run.id, "--store", str(store.root), "--json")
    assert exported.returncode == 0, exported.stderr
    assert json.loads(exported.stdout) == {run.id: logged["id"]}
    (again,) = in_mlflow(uri)
    assert again["losses"] == losses, "nothing twice"
    assert {"config.json", "metrics.jsonl", "vae.weights.h5", "decoder.onnx"} <= set(again["files"])

    # TensorBoard's own reader, without TensorFlow's loader of the same name.
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    (file,) = (tmp_path / "tensorboard" / run.id).iterdir()
    scalars = [
        (event.step, value.tag, value)
        for event in EventFileLoader(str(file)).Load()
        for value in event.summary.value
    ]
    seen = [step for step, tag, _ in scalars if tag == "test/loss"]
    assert seen == [0, 1, 2, 3]
    tags = {tag for _, tag, _ in scalars}
    assert {"train/rate", "test/elbo", "rate/dimension 2", "beta"} <= tags


@pytest.mark.slow
@pytest.mark.usefixtures("no_xla")
def test_a_server_that_never_answers_delays_no_run(
    store: RunStore, trained: Run, silent_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_LAB_SINKS", "mlflow,nonsense,,tensorboard")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", silent_server)
    monkeypatch.setenv("VAE_LAB_TENSORBOARD", "/dev/null/no folder")
    run = store.create(SMALL)
    InProcessEngine().submit(run)
    assert run.status().state == "finished"
    assert same_bits(weights(run), weights(trained))
    assert len(sink_process.started) == 3
    hanging, *broken = sink_process.started
    wait_for(lambda: all(process.poll() == 1 for process in broken))
    hanging.kill()
    hanging.wait()
    # With shorter timeouts it gives up by itself.
    result = sink(
        "mlflow", run, MLFLOW_HTTP_REQUEST_TIMEOUT="1", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"
    )
    assert result.returncode == 1
    assert result.stderr.count("mlflow gets no more numbers") == 1


def test_each_error_is_printed_once(trained: Run, tmp_path: Path) -> None:
    for name in ("mlflow", "tensorboard"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").write_text("raise ImportError")
        missing = sink(name, trained, PYTHONPATH=str(tmp_path / name))
        assert missing.returncode == 1
        assert f"pip install '.[{name}]'" in missing.stderr
        assert "Traceback" not in missing.stderr
    unreachable = sink(
        "mlflow",
        trained,
        MLFLOW_TRACKING_URI=closed_port(),
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
    )
    assert unreachable.returncode == 1
    assert unreachable.stderr.count("mlflow gets no more numbers: MlflowException") == 1
    unknown = sink("wandb", trained)
    assert "must name mlflow or tensorboard, got 'wandb'" in unknown.stderr


def test_a_sink_that_hangs_is_ended(
    trained: Run, silent_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process ends itself after `EXIT_SECONDS`."""
    code = (
        "import sys; from vae_core.training.sinks import process; process.EXIT_SECONDS = 0;"
        "process.SINKS = {'mlflow': lambda run: __import__('time').sleep(600)};"
        "process.main('mlflow', sys.argv[1])"
    )
    monkeypatch.setenv("MLFLOW_TRACKING_URI", silent_server)
    started = time.monotonic()
    result = subprocess.run([sys.executable, "-c", code, str(trained.path)], cwd=PROJECT)
    assert result.returncode == 1
    assert time.monotonic() - started < 300


def test_export_refuses_unfinished_runs_and_reports_a_missing_server(
    store: RunStore, trained: Run
) -> None:
    with pytest.raises(RunError, match="not finished"):
        export_mlflow(store.create(SMALL))
    result = vae_core(
        *("export-mlflow", trained.id, "--store", str(trained.path.parent)),
        env={"MLFLOW_TRACKING_URI": closed_port(), "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"},
    )
    assert result.returncode == 2
    assert "check MLFLOW_TRACKING_URI" in result.stderr
    assert "Traceback" not in result.stderr
