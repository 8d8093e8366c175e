"""The sink for MLflow, and the export of finished runs to MLflow."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from vae_core.config import VaeLabError
from vae_core.runs.errors import RunError
from vae_core.runs.files import CONFIG, METRICS, NETWORK_FILES
from vae_core.runs.run import Run
from vae_core.training.sinks.base import SinkError, SinkRecord, numbers, sink_records, start_time

# Defaults of environment variables. MLflow's own are to wait 120 s, and to try seven times.
DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_ALLOW_FILE_STORE": "true",  # the address may be a folder
    "MLFLOW_DISABLE_TELEMETRY": "true",
}

BATCH = 1000  # the most metrics that MLflow takes at once
RUN_ID_TAG = "vae_lab.run_id"


class MlflowSink:
    """Writes a run to one MLflow run, which has its id as a tag. No number is written twice.

    Raises:
        SinkError: MLflow is not installed.
    """

    def __init__(self, run: Run) -> None:
        for variable, value in DEFAULTS.items():
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
        earlier = self._client.search_runs([experiment], f"tags.`{RUN_ID_TAG}` = '{run.id}'")
        self._started = start_time(run)
        self._step, self._has_end = -1, False
        if earlier:
            self._has_end = any(name.startswith("final/") for name in earlier[0].data.metrics)
            self.id = earlier[0].info.run_id
            self._client.update_run(self.id, "RUNNING")
            history = self._client.get_metric_history(self.id, "test/loss")
            self._step = max((metric.step for metric in history), default=-1)
        else:
            tags = {RUN_ID_TAG: run.id}
            self.id = self._client.create_run(
                experiment, run_name=run.id, tags=tags, start_time=int(1000 * self._started)
            ).info.run_id
            params = [Param(name, str(value)) for name, value in asdict(run.config).items()]
            self._client.log_batch(self.id, params=params)

    def _experiment(self, name: str) -> str:
        experiment = self._client.get_experiment_by_name(name)
        return experiment.experiment_id if experiment else self._client.create_experiment(name)

    def write(self, records: list[SinkRecord]) -> None:
        metrics = []
        for record in records:
            is_end = record["kind"] == "end"
            if self._has_end if is_end else record["epoch"] <= self._step:
                continue
            milliseconds = int(1000 * (self._started + record.get("seconds", 0)))
            metrics += [
                self._metric(name, value, milliseconds, int(record["epoch"]))
                for name, value in numbers(record).items()
            ]
        for first in range(0, len(metrics), BATCH):
            self._client.log_batch(self.id, metrics=metrics[first : first + BATCH])

    def attach(self, path: Path) -> None:
        self._client.log_artifact(self.id, str(path))

    def close(self, state: str) -> None:
        status = {"finished": "FINISHED", "failed": "FAILED"}.get(state, "KILLED")
        self._client.set_terminated(self.id, status)


def export_mlflow(run: Run) -> str:
    """Write a finished run with its networks to MLflow; return the id of the MLflow run.

    Raises:
        RunError: the run is not finished, or damaged.
        SinkError: MLflow is not installed, or can't be written to.
    """
    if run.status().state != "finished":
        raise RunError(f"run {run.id} is not finished, so it can't be exported.")
    run.files.check()
    try:
        sink = MlflowSink(run)
        sink.write(sink_records(run))
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
