"""The engine that the environment asks for: the one place that chooses."""

from __future__ import annotations

import os
import threading

from vae_core.engines.base import Engine, EngineError
from vae_core.engines.local import LocalEngine
from vae_core.runs.store import RunStore


def new_engine(store: RunStore, adopt: bool = False) -> Engine:
    """The engine that the environment asks for: the one place that chooses.

    `VAE_LAB_SCHEDULER=tcp://host:port` sends runs to Dask, and `VAE_LAB_RESOURCES=GPU=1` says
    what of a Dask worker each takes up; else they train on this machine.

    Args:
        store: where the runs are.
        adopt: take on what waits in the store.

    Raises:
        EngineError: VAE_LAB_RESOURCES can't be read.
    """
    address = os.environ.get("VAE_LAB_SCHEDULER")
    if address:
        from vae_core.engines.cluster.engine import ClusterEngine  # which imports this module

        return ClusterEngine(store, address, _resources(), adopt)
    return LocalEngine(store=store if adopt else None)


def _resources() -> dict[str, float] | None:
    text = os.environ.get("VAE_LAB_RESOURCES")
    try:
        pairs = [part.split("=") for part in text.split(",")] if text else []
        return {name.strip(): float(amount) for name, amount in pairs} or None
    except ValueError:
        raise EngineError(
            f"VAE_LAB_RESOURCES must be as in GPU=1 or GPU=1,MEMORY=4e9; got {text!r}."
        ) from None


_shared: dict[RunStore, Engine] = {}
_shared_lock = threading.Lock()


def shared_engine(store: RunStore) -> Engine:
    """The engine of this process for a store: one, whoever asks, and it takes on what waits.

    It lives as long as the process: pages come and go, and a cache that any viewer can clear
    is no place for a job.
    """
    with _shared_lock:
        if store not in _shared:
            _shared[store] = new_engine(store, adopt=True)
        return _shared[store]


def engine_trouble(store: RunStore) -> str | None:
    """Why the engine of this process for a store can't train just now: a cluster out of reach."""
    engine = _shared.get(store)
    return None if engine is None else getattr(engine, "trouble", None)
