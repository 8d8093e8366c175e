"""What a training led to, in a form that compares."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from vae_core.config import RunConfig
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore


def weights(run: Run) -> dict[str, np.ndarray]:
    """Every array of the weights file (of the checkpoint, if unfinished) by its path in it."""
    found = {}
    finished = run.status().state == "finished"

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(run.weights_path if finished else run.checkpoint_path) as file:
        file.visititems(visit)
    return found


def same_bits(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def finished(store: RunStore, config: RunConfig) -> Run:
    run = store.create(config)
    InProcessEngine().submit(run)
    assert run.status().state == "finished", run.status()
    return run


def numbers(run: Run) -> list[dict[str, Any]]:
    """The held-out numbers of each epoch.

    (Means over the training batches are summed up call by call, and how many steps go into a call
    is a matter of time: their last digits differ.)
    """
    return [
        {key: record[key] for key in ("epoch", "step", "beta", "test")}
        for record in run.records("epoch")
    ]
