"""Where numbers of a run also go: MLflow and TensorBoard, by `VAE_LAB_SINKS=mlflow,tensorboard`.

Each sink is a process of its own that follows the run folder, as a page does: what it imports, a
server that hangs, an error or a crash can neither fail a run nor hold it up. It says once in the
run's log.txt what went wrong, and is gone.

`mlflow` writes to MLFLOW_TRACKING_URI, into the experiment MLFLOW_EXPERIMENT_NAME (VAE Lab);
`tensorboard` into `<run id>/` in the folder VAE_LAB_TENSORBOARD (`.tensorboard/` in the store).
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from vae_core.config import VaeLabError
from vae_core.runs.errors import RunError
from vae_core.runs.files import CONFIG, METRICS, NETWORK_FILES
from vae_core.runs.run import Run

POLL_SECONDS = 0.5

# A sink that has not written all of it this long after the end of its run is ended.
LEAVE_SECONDS = 60.0

# Unless the environment says otherwise. MLflow would wait 120 s, seven times over.
MLFLOW_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_ALLOW_FILE_STORE": "true",  # a folder as the address was meant
    "MLFLOW_DISABLE_TELEMETRY": "true",
}

MLFLOW_BATCH = 1000  # its own limit
RUN_ID_TAG = "vae_lab.run_id"
started: list[subprocess.Popen[bytes]] = []


class SinkError(VaeLabError):
    """Numbers can't be sent where they should go."""


class Sink(Protocol):
    """Takes the records of a run in their order, none twice, and at last its state."""

    def write(self, records: list[dict[str, Any]]) -> None: ...

    def close(self, state: str) -> None: ...


def start(run: Run) -> None:
    """Start the sinks that the environment asks for; whatever happens, the run goes on."""
    started[:] = [process for process in started if process.poll() is None]
    for name in os.environ.get("VAE_LAB_SINKS", "").split(","):
        if name.strip():
            try:
                command = [
                    sys.executable,
                    "-m",
                    "vae_core.training.sinks",
                    name.strip(),
                    str(run.path),
                ]
                started.append(
                    subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                )
            except OSError as error:
                print(f"{name.strip()} gets no numbers: {error}", file=sys.stderr, flush=True)


def main(name: str, path: str) -> None:
    """The process of a sink: follow a run to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the training's to handle
    threading.Thread(target=_leave_in_time, args=(Path(path),), daemon=True).start()
    try:
        if name not in SINKS:
            raise SinkError(f"VAE_LAB_SINKS must name {' or '.join(SINKS)}, got {name!r}.")
        follow(Run(Path(path)), name)
    except Exception as error:  # also MLflow's and TensorBoard's own
        text = str(error) if isinstance(error, VaeLabError) else f"{type(error).__name__}: {error}"
        print(f"{name} gets no more numbers: {text[:1000]}", file=sys.stderr, flush=True)
        sys.stderr.flush()
        os._exit(1)  # whatever its threads still try


def _leave_in_time(path: Path) -> None:
    """A server may hang for longer than anybody waits."""
    run = Run(path)
    while _active(run):
        time.sleep(POLL_SECONDS)
    time.sleep(LEAVE_SECONDS)
    os._exit(1)


def _active(run: Run) -> bool:
    with contextlib.suppress(RunError):  # deleted
        return run.status().active
    return False


def follow(run: Run, name: str) -> None:
    """Write what a run has recorded and still records, until it is no longer active."""
    sink: Sink = SINKS[name](run)
    done = 0
    for records in _growing(run):
        if len(records) < done:  # it started over
            done = 0
        sink.write(records[done:])
        done = len(records)
    state = "interrupted"
    with contextlib.suppress(RunError):
        state = run.status().state
    sink.close(state)


def _growing(run: Run) -> Iterator[list[dict[str, Any]]]:
    active = True
    while active:
        active = _active(run)  # before the records: the last look sees all of them
        yield run.records("epoch", "end")
        if active:
            time.sleep(POLL_SECONDS)


def _numbers(record: dict[str, Any]) -> dict[str, float]:
    """The finite numbers of an `epoch` or `end` record by name, as in test/loss."""
    if record["kind"] == "end":
        found = {f"final/{name}": value for name, value in record.get("metrics", {}).items()}
    else:
        test = dict(record["test"])
        found = {f"rate/dimension {i + 1}": v for i, v in enumerate(test.pop("rate_per_dim", []))}
        found |= {f"test/{name}": value for name, value in test.items()}
        found |= {f"train/{name}": value for name, value in (record["train"] or {}).items()}
        found |= {"beta": record["beta"], "capacity": record["capacity"]}
    return {
        name: float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }


class MlflowSink:
    """One MLflow run a run, found again by its tag: what is there is not written twice.

    Raises:
        SinkError: MLflow is not installed.
    """

    def __init__(self, run: Run) -> None:
        for variable, value in MLFLOW_DEFAULTS.items():
            os.environ.setdefault(variable, value)
        try:
            from mlflow.entities import Metric, Param
            from mlflow.tracking import MlflowClient
        except ImportError:
            raise SinkError(
                "MLflow is not installed: pip install '.[mlflow]', or take it out of VAE_LAB_SINKS."
            ) from None
        self._metric = Metric
        uri = os.environ.get("MLFLOW_TRACKING_URI")
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        experiment = self._experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", "VAE Lab"))
        there = self._client.search_runs([experiment], f"tags.`{RUN_ID_TAG}` = '{run.id}'")
        self._began = run.records("start")[-1]["time"] if run.records("start") else time.time()
        self._step, self._has_end = -1, False
        if there:
            self._has_end = any(name.startswith("final/") for name in there[0].data.metrics)
            self.id = there[0].info.run_id
            self._client.update_run(self.id, "RUNNING")
            history = self._client.get_metric_history(self.id, "test/loss")
            self._step = max((metric.step for metric in history), default=-1)
        else:
            tags = {RUN_ID_TAG: run.id}
            self.id = self._client.create_run(
                experiment, run_name=run.id, tags=tags, start_time=int(1000 * self._began)
            ).info.run_id
            params = [Param(name, str(value)) for name, value in asdict(run.config).items()]
            self._client.log_batch(self.id, params=params)

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        return found.experiment_id if found else self._client.create_experiment(name)

    def write(self, records: list[dict[str, Any]]) -> None:
        metrics = []
        for record in records:
            there = self._has_end if record["kind"] == "end" else record["epoch"] <= self._step
            if there:
                continue
            at = int(1000 * (self._began + record.get("seconds", 0)))
            metrics += [
                self._metric(name, value, at, int(record["epoch"]))
                for name, value in _numbers(record).items()
            ]
        for first in range(0, len(metrics), MLFLOW_BATCH):
            self._client.log_batch(self.id, metrics=metrics[first : first + MLFLOW_BATCH])

    def attach(self, path: Path) -> None:
        self._client.log_artifact(self.id, str(path))

    def close(self, state: str) -> None:
        ended = {"finished": "FINISHED", "failed": "FAILED"}.get(state, "KILLED")
        self._client.set_terminated(self.id, ended)


class TensorBoardSink:
    """Event files of scalars; those of an earlier start go, as all is written again.

    Raises:
        SinkError: TensorBoard is not installed.
    """

    def __init__(self, run: Run) -> None:
        try:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.compat.proto.summary_pb2 import Summary
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError:
            raise SinkError(
                "TensorBoard is not installed: pip install '.[tensorboard]', or take it out of "
                "VAE_LAB_SINKS."
            ) from None
        self._event, self._summary = Event, Summary
        root = os.environ.get("VAE_LAB_TENSORBOARD") or run.path.parent / ".tensorboard"
        folder = Path(root) / run.id
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        now = time.time()
        name = f"events.out.tfevents.{now:010.0f}.{socket.gethostname()}.{os.getpid()}"
        self._writer = RecordWriter(open(folder / name, "wb"))  # noqa: SIM115 (closed by close)
        self._began = run.records("start")[-1]["time"] if run.records("start") else now
        self._writer.write(
            Event(wall_time=self._began, file_version="brain.Event:2").SerializeToString()
        )

    def write(self, records: list[dict[str, Any]]) -> None:
        for record in records:
            values = [
                self._summary.Value(tag=name, simple_value=value)
                for name, value in _numbers(record).items()
            ]
            event = self._event(
                wall_time=self._began + record.get("seconds", 0),
                step=int(record["epoch"]),
                summary=self._summary(value=values),
            )
            self._writer.write(event.SerializeToString())
        self._writer.flush()

    def close(self, state: str) -> None:  # noqa: ARG002
        self._writer.close()


SINKS: dict[str, Any] = {"mlflow": MlflowSink, "tensorboard": TensorBoardSink}


def export_mlflow(run: Run) -> str:
    """Write a finished run with its networks to MLflow; the id of the run there.

    Raises:
        RunError: it is not finished, or damaged.
        SinkError: MLflow is not installed, or can't be written to.
    """
    if run.status().state != "finished":
        raise RunError(f"run {run.id} is not finished, so it can't be exported.")
    run.files.check()
    try:
        sink = MlflowSink(run)
        sink.write(run.records("epoch", "end"))
        for name in (CONFIG, METRICS, *NETWORK_FILES):
            if name in run.files.names():
                sink.attach(run.path / name)
        sink.close("finished")
    except VaeLabError:
        raise
    except Exception as error:
        raise SinkError(
            f"MLflow did not take run {run.id}; check MLFLOW_TRACKING_URI. "
            f"({type(error).__name__}: {str(error)[:500]})"
        ) from error
    return sink.id


if __name__ == "__main__":
    main(*sys.argv[1:])
