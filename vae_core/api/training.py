"""Train runs from Python, in a worker process, so that the caller imports no TensorFlow."""

from __future__ import annotations

import atexit
import difflib
import inspect
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from vae_core.api.trained_run import TrainedRun
from vae_core.cli import progress as terminal_progress
from vae_core.cli.config_options import configs_of
from vae_core.cli.printing import ERR
from vae_core.config import FIELDS, ConfigError, RunConfig
from vae_core.data import own
from vae_core.engines import starting
from vae_core.engines.base import Engine
from vae_core.engines.factory import new_engine
from vae_core.runs import sweeps
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, default_store


def train(
    *,
    store: str | Path | None = None,
    size: int | None = None,
    labels: str | None = None,
    progress: bool = True,
    **settings: Any,
) -> TrainedRun:
    """Train one run, or open it if it is already finished.

    Defaults are those of the command line; `python -m vae_core train --help` explains every
    setting. An interrupt leaves the run interrupted; the same call goes on from its last
    checkpoint.

    Args:
        store: folder of runs. None: `VAE_LAB_RUNS`, else runs/ in the project.
        size: pixels per side to which the images of a file of your own are resized.
        labels: of a file of your own: `all` of them, the 99 most `frequent` and one for the others,
            or `none`. None: all.
        progress: whether to show the progress, in a terminal or a notebook.
        settings: fields of the config, such as dataset="digits" (or the path of a file of your
            own), beta=4, latent_dim=8, epochs=20, seed=1.

    Raises:
        VaeLabError: a setting, the data set or the file can't be used, or training failed.
    """
    opened = _opened(store)
    configs = _configs(settings, size, labels, opened, lambda base: [base])
    (run,) = _trained(configs, opened, progress)
    if run.state != "finished":
        raise RunError(_outcome(run))
    return run


def sweep(
    betas: Iterable[float] | None = None,
    seeds: Iterable[int] = (0,),
    *,
    store: str | Path | None = None,
    size: int | None = None,
    labels: str | None = None,
    progress: bool = True,
    **settings: Any,
) -> list[TrainedRun]:
    """Train a run for each beta and seed.

    Runs of the same seed have the same initial weights, batches and noise.

    Args:
        betas: as in [0, 1, 4]. None for an autoencoder, which has no beta.
        seeds: of weights, batches and noise.
        store, size, labels, progress, settings: as for `train`, without beta and seed.

    Returns:
        The runs, ordered by seed and then beta. Runs that did not finish, for example because they
        diverged, are included; a warning says why, and so does their `error`.

    Raises:
        VaeLabError: a setting, the data set or the file can't be used.
    """
    if given := settings.keys() & {"beta", "seed"}:
        raise ConfigError(f"a sweep takes betas and seeds, not {' and '.join(sorted(given))}.")
    reads_beta = RunConfig(model=settings.get("model", RunConfig.model)).reads("beta")
    if reads_beta and betas is None:
        raise ConfigError("a sweep needs betas, as in betas=[0, 1, 4].")
    if not reads_beta and betas is not None:
        raise ConfigError("an autoencoder has no beta: leave out betas.")
    opened = _opened(store)
    all_betas, all_seeds = [*map(_python_value, betas or ())], [*map(_python_value, seeds)]
    configs = _configs(
        settings, size, labels, opened, lambda base: sweeps.sweep(base, all_betas, all_seeds)
    )
    runs = _trained(configs, opened, progress)
    for run in runs:
        if run.state != "finished":
            warnings.warn(_outcome(run), RuntimeWarning, stacklevel=2)
    return runs


def _signature(function: Any, without: tuple[str, ...] = ()) -> inspect.Signature:
    """Return a signature that names every setting, for completion and help."""
    signature = inspect.signature(function)
    named = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    settings = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=field.type)
        for name, field in FIELDS.items()
        if name not in without
    ]
    return signature.replace(parameters=[*named, *settings])


train.__signature__ = _signature(train)  # type: ignore[attr-defined]
sweep.__signature__ = _signature(sweep, without=("beta", "seed"))  # type: ignore[attr-defined]


def _opened(folder: str | Path | None) -> RunStore:
    return RunStore(folder) if folder is not None else default_store()


def _configs(
    settings: dict[str, Any],
    size: int | None,
    labels: str | None,
    store: RunStore,
    expand: Callable[[RunConfig], list[RunConfig]],
) -> list[RunConfig]:
    """Make configs from settings, see `configs_of`; a file of one's own is kept in the store."""
    for name in settings:
        if name not in FIELDS:
            near = difflib.get_close_matches(name, FIELDS, n=1)
            meant = f"did you mean {near[0]}?" if near else f"choose from {', '.join(FIELDS)}."
            raise ConfigError(f"there is no setting {name!r}: {meant}")
    values = {name: _python_value(value) for name, value in settings.items()}
    with own.in_store(store):
        return configs_of(values | {"size": size, "labels": labels}, expand)


def _python_value(value: Any) -> Any:
    """Convert NumPy numbers to Python numbers, and paths to text."""
    if isinstance(value, Path):
        return str(value)
    return value.item() if isinstance(value, np.generic) else value


def _outcome(run: TrainedRun) -> str:
    error = run.error or "the same call goes on from its last checkpoint."
    return f"run {run.id} is {run.state}: {error}"


# --- the worker process ------------------------------------------------------------------

# The engine of the last call, whose worker has imported TensorFlow. A worker takes 650 MB, so only
# one engine is kept.
_kept: dict[RunStore, Engine] = {}


def _trained(configs: list[RunConfig], store: RunStore, progress: bool) -> list[TrainedRun]:
    """Train the configs that are not finished, and show the progress."""
    left = starting.left_to_train(configs, store)
    if left:
        engine = _engine(store)
        runs = starting.start(left, store, engine)
        try:
            _follow(runs, progress)
        except KeyboardInterrupt:
            for run in runs:
                if run.status().state == "queued":
                    engine.cancel(run)
            ERR.print("Stopped. The same call goes on from the last checkpoint.")
            raise
        finally:
            if any(run.status().active for run in runs):
                close_engine()  # interrupted, so the worker has to end
    return [TrainedRun(store.get(config.id)) for config in configs]


def _follow(runs: list[Run], progress: bool) -> None:
    if progress and ERR.is_jupyter:
        from vae_core.api import notebook_progress  # IPython, which only a notebook has

        notebook_progress.follow(runs)
    else:
        terminal_progress.follow(runs, quiet=not progress)


def _engine(store: RunStore) -> Engine:
    if store not in _kept:
        close_engine()
        _kept[store] = new_engine(store)
    return _kept[store]


@atexit.register
def close_engine() -> None:
    """End the worker process; the run in training becomes interrupted."""
    while _kept:
        _kept.popitem()[1].close()
