"""Estimate the time that training will take, from finished runs of the same kind."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from dashboard.shared import run_cache, run_list
from vae_core.config import RunConfig
from vae_core.data import registry
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, default_store, pretrained_store

LAST_RUNS = 3  # the newest runs of a kind tell how fast the machine is now


class Timing(NamedTuple):
    """Seconds of a finished run.

    Attributes:
        per_step: of each step.
        once: of all else (compiling, measuring, exporting).
    """

    per_step: float
    once: float


class Estimate(NamedTuple):
    """An estimate.

    Attributes:
        seconds: estimated time.
        source: the runs that the estimate is based on, in words.
    """

    seconds: float
    source: str

    def __str__(self) -> str:
        return f"about {duration(self.seconds)}, {self.source}"


def left_to_train(configs: Sequence[RunConfig]) -> list[RunConfig]:
    """Return the configs without a finished run that the pages can show."""
    return [config for config in configs if not _finished(run_list.find(config.id))]


def _finished(run: Run | None) -> bool:
    return run is not None and run.viewable and run.status().state == "finished"


def estimate(configs: Sequence[RunConfig]) -> Estimate | None:
    """Estimate how long configs of one kind will train one after the other.

    Configs are of the same kind if they have the same data set and architecture. The estimate
    uses runs of the default store if there are any, else pretrained runs. It prefers runs with the
    same batch size and number of latent dimensions.

    Returns:
        The estimate; None if no run of the kind has been timed yet.
    """
    kind = configs[0]
    steps = sum(config.epochs * _steps_per_epoch(config) for config in configs)
    for store, runs, where in (
        (default_store(), "the last runs", ""),
        (pretrained_store(), "the pretrained runs", " where they were trained"),
    ):
        timings, nearest = _last_timings(store, kind)
        if nearest:
            per_step = median(timing.per_step for timing in timings)
            once = median(timing.once for timing in timings)
            return Estimate(
                steps * per_step + len(configs) * once,
                f"as {runs} {_differing(nearest, kind)} took{where}",
            )
    return None


def cost_line(configs: list[RunConfig]) -> str:
    """Return a sentence that says how long the runs that are not finished yet will take."""
    left = left_to_train(configs)
    done = len(configs) - len(left)
    if not left:
        return (
            "This run is finished already; Train opens it."
            if len(configs) == 1
            else f"All {len(configs)} runs are finished already; Train opens the first."
        )
    start = "" if len(configs) == 1 else f"{len(configs)} runs: "
    if done:
        start = f"{len(configs)} runs, {done} of them finished already: "
    cost = estimate(left)
    if cost is None:
        kind = f"{left[0].architecture} on {left[0].dataset}"
        return f"{start}no run of {kind} has been timed yet, so the time can't be estimated."
    sentence = f"{start}{cost}."
    return sentence[0].upper() + sentence[1:]


def _last_timings(store: RunStore, kind: RunConfig) -> tuple[list[Timing], RunConfig | None]:
    """Return the timings of the last runs most similar to `kind`, and the config of the newest.

    Without such a run it returns an empty list and None.
    """

    def similarity(config: RunConfig) -> tuple[bool, bool]:
        # The batch size affects the time of a step more than the number of latent dimensions.
        return config.batch_size == kind.batch_size, config.latent_dim == kind.latent_dim

    newest_first = [
        run
        for run in reversed(store.scan()[0])
        if (run.config.dataset, run.config.architecture) == (kind.dataset, kind.architecture)
    ]
    timings: list[Timing] = []
    nearest: RunConfig | None = None
    for run in sorted(newest_first, key=lambda run: similarity(run.config), reverse=True):
        if nearest and similarity(run.config) != similarity(nearest):
            break
        if timing := timing_of(run):
            timings.append(timing)
            nearest = nearest or run.config
        if len(timings) == LAST_RUNS:
            break
    return timings, nearest


def _differing(config: RunConfig, kind: RunConfig) -> str:
    """Say in which settings the timed runs differ from the configs to train."""
    parts = []
    if config.batch_size != kind.batch_size:
        parts.append(f"batch size {config.batch_size}")
    if config.latent_dim != kind.latent_dim:
        parts.append(f"d = {config.latent_dim}")
    return f"with {' and '.join(parts)}" if parts else "of this kind"


def timing_of(run: Run) -> Timing | None:
    """Return the timing of a finished run; None if it has fewer than two epochs or is imported.

    The time per step comes from the epochs after the first, which includes compiling. An imported
    run may have been trained on another machine.
    """
    status = run.status()
    if status.state != "finished" or status.imported:
        return None
    try:
        return _timing_of(str(run.path), status.seconds, *run_cache.metrics_version(run))
    except FileNotFoundError:
        return None


@functools.lru_cache(maxsize=256)  # the form calls it at every change of a widget
def _timing_of(path: str, seconds: float, *_version: int) -> Timing | None:
    epochs = [record for record in Run(Path(path)).records("epoch") if record["epoch"] > 0]
    if len(epochs) < 2:
        return None
    first, last = epochs[0], epochs[-1]
    per_step = (last["seconds"] - first["seconds"]) / (last["step"] - first["step"])
    return Timing(per_step, max(seconds - per_step * last["step"], 0.0))


def duration(seconds: float) -> str:
    """Format a duration: 40 s, 3 min, 2 h 10 min."""
    if seconds < 100:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _steps_per_epoch(config: RunConfig) -> int:
    return registry.source(config.dataset).train_images // config.batch_size
