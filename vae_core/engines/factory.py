"""The engine that the environment asks for: the one place that chooses."""

from __future__ import annotations

import os
import pkgutil
import threading

from vae_core.engines.base import Engine
from vae_core.runs.store import RunStore

# The variable that asks for an engine, and the function that makes it; the first one set counts.
ENGINES = {"VAE_LAB_SCHEDULER": "vae_core.engines.cluster.environment:from_environment"}
DEFAULT = "vae_core.engines.local:from_environment"


def new_engine(store: RunStore, adopt: bool = False) -> Engine:
    """The engine that the environment asks for; by default workers on this machine.

    Args:
        store: where the runs are.
        adopt: take on the runs that wait in the store.

    Raises:
        EngineError: the environment can't be read.
    """
    chosen = [place for variable, place in ENGINES.items() if os.environ.get(variable)]
    engine: Engine = pkgutil.resolve_name((*chosen, DEFAULT)[0])(store, adopt)
    return engine


_shared: dict[RunStore, Engine] = {}
_shared_lock = threading.Lock()


def shared_engine(store: RunStore) -> Engine:
    """The one engine of this process for a store. It takes on the runs that wait there.

    It lives as long as the process, and not in a cache that any viewer can clear.
    """
    with _shared_lock:
        if store not in _shared:
            _shared[store] = new_engine(store, adopt=True)
        return _shared[store]


def engine_trouble(store: RunStore) -> str | None:
    """Why the engine of this process for a store can't train just now."""
    engine = _shared.get(store)
    return engine.trouble if engine else None
