"""Start runs, and leave no folder behind of a run that can't be started."""

from __future__ import annotations

import contextlib
import sys

from vae_core import kinds
from vae_core.config import RunConfig, VaeLabError
from vae_core.data import own, registry
from vae_core.data.dataset import DatasetError
from vae_core.engines.base import Engine
from vae_core.runs.errors import NotStartedError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore


def left_to_train(configs: list[RunConfig], store: RunStore) -> list[RunConfig]:
    """Return the configs that are not finished yet, once their data sets could be loaded.

    Raises:
        NotStartedError: a data set can't be loaded here.
        VaeLabError: a data set is not here, or a config doesn't fit it.
    """
    left = [
        config
        for config in configs
        if not ((run := store.find(config)) and run.status().state == "finished")
    ]
    with own.in_store(store):
        for config in left:
            kinds.check_trainable(config)
        for name in {config.dataset for config in left}:
            if not registry.source(name).bundled:
                try:
                    # Keras prints what it downloads.
                    with contextlib.redirect_stdout(sys.stderr):
                        registry.load(name)
                except DatasetError as error:
                    raise NotStartedError(str(error)) from error
                registry.load.cache_clear()  # the worker loads its own
    return left


def start(configs: list[RunConfig], store: RunStore, engine: Engine) -> list[Run]:
    """Make the runs of these configs, and give them to an engine.

    Raises:
        VaeLabError: a run can't be made or submitted. The folders made here are removed.
    """
    runs, new = [], []
    try:
        for config in configs:
            is_new = not store.has(config.id)
            runs.append(store.create(config))
            if is_new:
                new.append(runs[-1])
        for run in runs:
            engine.submit(run)
    except Exception:
        for run in new:
            with contextlib.suppress(VaeLabError, OSError):  # the first error says more
                engine.cancel(run)
                store.delete(run)
        raise
    return runs
