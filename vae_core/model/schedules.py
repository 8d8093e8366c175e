"""How beta and the capacity C move over the steps of training."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from vae_core.config import RunConfig


class Step(NamedTuple):
    """beta and capacity at one step; capacity is None but for the capacity schedule."""

    beta: Any
    capacity: Any = None


class Schedule(NamedTuple):
    """beta (k,) and capacity (k,) at k steps; capacity is None but for the capacity schedule."""

    beta: np.ndarray
    capacity: np.ndarray | None


def schedule(config: RunConfig, steps: Any, total_steps: int) -> Schedule:
    """β (and C) as a function of the step: the one that trains and the one that is plotted.

    constant: β throughout. linear: from 0 to β over the first `warmup` of all steps, then β.
    cyclical: the same within each of `cycles` equal parts. capacity: β throughout as the weight
    of |rate - C|, with C from 0 to `capacity` nats over the first `warmup` of all steps.

    Args:
        config: the run.
        steps: (k,) step numbers from 0.
        total_steps: number of steps of the whole run.

    Returns:
        Schedule of float32 arrays (k,).
    """
    done = np.asarray(steps, np.float64) / max(total_steps, 1)
    beta = np.full(done.shape, config.beta, np.float32)
    if config.schedule == "cyclical":
        done = (done * config.cycles) % 1.0
    grown = np.minimum(done / config.warmup, 1.0) if config.warmup > 0 else np.ones(done.shape)
    if config.schedule == "constant":
        return Schedule(beta, None)
    if config.schedule == "capacity":
        return Schedule(beta, (config.capacity * grown).astype(np.float32))
    return Schedule((config.beta * grown).astype(np.float32), None)
