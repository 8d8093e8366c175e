"""Make the cluster engine from environment variables."""

from __future__ import annotations

import os

from vae_core.engines.base import EngineError
from vae_core.engines.cluster.engine import ClusterEngine
from vae_core.runs.store import RunStore


def from_environment(store: RunStore, adopt: bool) -> ClusterEngine:
    """Make an engine for the scheduler at `VAE_LAB_SCHEDULER`, such as tcp://host:port.

    `VAE_LAB_RESOURCES=GPU=1` says that a run uses one GPU of a Dask worker.

    Args:
        store: where the runs are.
        adopt: also train the runs that wait in the store.

    Raises:
        EngineError: VAE_LAB_RESOURCES can't be read.
    """
    return ClusterEngine(store, os.environ["VAE_LAB_SCHEDULER"], _resources(), adopt)


def _resources() -> dict[str, float] | None:
    text = os.environ.get("VAE_LAB_RESOURCES")
    try:
        pairs = [part.split("=") for part in text.split(",")] if text else []
        return {name.strip(): float(amount) for name, amount in pairs} or None
    except ValueError:
        raise EngineError(
            f"VAE_LAB_RESOURCES must be like GPU=1 or GPU=1,MEMORY=4e9; got {text!r}."
        ) from None
