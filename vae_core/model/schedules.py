"""Schedules: how beta and the capacity C change over the steps of training."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from vae_core.config import RunConfig


class Step(NamedTuple):
    """beta and capacity at one step; only the capacity schedule has a capacity."""

    beta: Any
    capacity: Any = None


class Schedule(NamedTuple):
    """beta (k,) and capacity (k,) at k steps; only the capacity schedule has a capacity."""

    beta: np.ndarray
    capacity: np.ndarray | None


def schedule(config: RunConfig, steps: Any, total_steps: int) -> Schedule:
    """Compute β and C at some steps. Training and the plots use this function.

    - constant: β does not change.
    - linear: β grows from 0 over the first share `warmup` of the steps, then stays.
    - cyclical: the same in each of `cycles` equal parts of the training.
    - capacity: β, the weight of |rate - C|, does not change; C grows from 0 to `capacity` nats over
      the first share `warmup` of the steps, then stays.

    Args:
        config: the run.
        steps: (k,) step numbers from 0.
        total_steps: number of steps of the whole run.

    Returns:
        float32 arrays (k,).
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
