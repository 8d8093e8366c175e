"""Counts of latent dimensions in use."""

from __future__ import annotations

import numpy as np
from numpy.random import default_rng as rng

from vae_core.metrics import units
from vae_core.model.priors import standard_normal


def test_units() -> None:
    posterior_mean = rng(0).normal(size=(5000, 3)) * [1.0, 0.2, 0.05]
    assert units.active_units(posterior_mean) == 2
    assert units.active_units(np.zeros((10, 4))) == 0
    assert units.high_rate_units(np.array([0.0, 0.5, 0.51, 3.0])) == 2


def test_the_two_counts_disagree() -> None:
    """A mean that moves a little is active at almost no rate; a narrow posterior is the reverse."""
    moves = np.array([0.11, -0.11] * 50)[:, None]
    assert units.active_units(moves) == 1
    assert (
        units.high_rate_units(standard_normal.rate_per_dim(moves, np.zeros((100, 1))).mean(0)) == 0
    )
    still = np.ones((100, 1))
    assert units.active_units(still) == 0
    assert units.high_rate_units(standard_normal.rate_per_dim(still, still * -4).mean(0)) == 1
