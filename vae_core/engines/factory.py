"""Choose the engine by environment variables. No other module chooses one."""

from __future__ import annotations

import os
import pkgutil
import threading

from vae_core.engines.base import Engine
from vae_core.runs.store import RunStore

# Variable -> the function that makes the engine. The first variable that is set counts.
ENGINES = {"VAE_LAB_SCHEDULER": "vae_core.engines.cluster.environment:from_environment"}
DEFAULT = "vae_core.engines.local:from_environment"


def new_engine(store: RunStore, adopt: bool = False) -> Engine:
    """Make the engine that the environment asks for; by default workers on this machine.

    Args:
        store: where the runs are.
        adopt: also train the runs that wait in the store.

    Raises:
        EngineError: a variable of the engine can't be read.
    """
    chosen = [place for variable, place in ENGINES.items() if os.environ.get(variable)]
    engine: Engine = pkgutil.resolve_name((*chosen, DEFAULT)[0])(store, adopt)
    return engine


_shared: dict[RunStore, Engine] = {}
_shared_lock = threading.Lock()


def shared_engine(store: RunStore) -> Engine:
    """Return this process's engine for a store, which also trains the runs that wait there.

    The engine lives as long as the process: it is not in Streamlit's caches, which any viewer can
    clear.
    """
    with _shared_lock:
        if store not in _shared:
            _shared[store] = new_engine(store, adopt=True)
        return _shared[store]


def engine_trouble(store: RunStore) -> str | None:
    """Return why this process's engine for a store can't train just now; None if it can."""
    engine = _shared.get(store)
    return engine.trouble if engine else None
