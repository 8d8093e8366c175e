"""Finished runs for tests that need one but don't test training: trained once, then copied.

A template is a trained run. A copy may have another β, schedule or optimiser than its template. It
keeps the template's weights, pictures, distortion and rate. Its losses are computed from that
distortion and rate with the copy's own β.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pytest

from tests.core.data.own_data import keep_flowers
from vae_core.config import RunConfig
from vae_core.engines.in_process import InProcessEngine
from vae_core.model import architectures, objectives, schedules
from vae_core.model.objectives import Terms
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, default_store

PATIENCE = 400  # seconds that another process may take to train a template
# A copy has these fields in common with its template: networks, data and records depend on them.
KEPT = (
    "dataset",
    "architecture",
    "latent_dim",
    "epochs",
    "batch_size",
    "seed",
    "model",
    "likelihood",
    "prior",
    "sigma",
)

BUILD = architectures.build  # before a test patches it


def build_without_xla(*args: Any) -> architectures.Networks:
    """Build networks that train without XLA, which compiles for longer than a small run trains."""
    return BUILD(*args)._replace(jit=False)


def run_on_vectors() -> Run:
    """Train a run on the user's own vectors, in the default store, because none ships."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(architectures, "build", build_without_xla)
        run = default_store().create(RunConfig(dataset=keep_flowers(), epochs=1, batch_size=20))
        InProcessEngine().submit(run)
    assert run.status().state == "finished", run.status().error
    return run


def copy_run(run: Run, store: RunStore) -> Run:
    """Copy a run to another store, and return the copy."""
    shutil.copytree(run.path, store.root / run.id)
    return store.get(run.id)


class TrainedRuns:
    """Makes finished runs of any config.

    Args:
        folder: for the templates; the processes of one test session share it.
    """

    def __init__(self, folder: Path) -> None:
        self._templates = RunStore(folder)
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, store: RunStore, config: RunConfig) -> Run:
        """Make a finished run of a config in a store, and return it."""
        template = self._template(config)
        path = store.root / config.id
        shutil.copytree(template.path, path, ignore=shutil.ignore_patterns("lock"))
        if config != template.config:
            (path / "config.json").write_text(config.to_json())
            lines = [_with_beta(record, config, template) for record in template.records()]
            (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        run = Run(path)
        run.lifecycle.finish(epoch=config.epochs, submitted=time.time())
        return run

    def _template(self, config: RunConfig) -> Run:
        trained = RunConfig(**{name: getattr(config, name) for name in KEPT})
        with filelock.FileLock(self._templates.root / f"{trained.id}.lock", timeout=PATIENCE):
            if self._templates.has(trained.id):
                return self._templates.get(trained.id)
            run = self._templates.create(trained)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(architectures, "build", build_without_xla)
                InProcessEngine().submit(run)
            whole = run.viewable and bool(run.metrics())
            if not whole:
                self._templates.delete(run)
            assert whole, "call this before the test patches training"
            return run


def _with_beta(record: dict[str, Any], config: RunConfig, template: Run) -> dict[str, Any]:
    """Return a line of metrics.jsonl with the β, the capacity and the losses of another config."""
    if record["kind"] not in ("step", "epoch") or not config.has_rate:
        return record
    steps = config.epochs * template.records("start")[-1]["steps_per_epoch"]
    now = schedules.schedule(config, np.array([max(record["step"] - 1, 0)]), steps)
    beta = float(now.beta[0])
    capacity = None if now.capacity is None else float(now.capacity[0])

    def with_loss(means: dict[str, Any] | None) -> dict[str, Any] | None:
        if means is None:
            return None
        terms = Terms(means["distortion"], means["rate"], means.get("rate_per_dim"))
        loss = objectives.of(config).loss(terms, schedules.Step(beta, capacity))
        return means | {"loss": float(loss)}

    changed = {key: with_loss(record[key]) for key in ("train", "test") if key in record}
    if record["kind"] == "epoch":
        changed |= {"beta": beta, "capacity": capacity}  # type: ignore[dict-item]
    return record | changed
