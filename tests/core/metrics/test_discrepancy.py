"""MMD² with known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.random import default_rng as rng

from vae_core.metrics import discrepancy


def test_mmd_of_two_points_follows_from_the_kernel() -> None:
    """Samples at a and at b: MMD² is 2 - 2 k(a, b) with k = C / (C + |a - b|²) and C = 2d."""
    a, b = np.zeros((5, 3)), np.full((7, 3), 2.0)
    assert discrepancy.mmd(a, b) == pytest.approx(2 - 2 * 6 / (6 + 12))
    assert discrepancy.mmd(a, a) == pytest.approx(0)


def test_mmd_is_unbiased_and_grows_with_the_distance() -> None:
    same = [discrepancy.mmd(rng(i).normal(size=(50, 2)), rng(99 + i).normal(size=(50, 2)))
            for i in range(200)]  # fmt: skip
    assert np.mean(same) == pytest.approx(0, abs=3 * float(np.std(same)) / math.sqrt(200))
    prior = rng(1).normal(size=(1000, 2))
    found = [discrepancy.mmd(rng(2).normal(size=(1000, 2)) + shift, prior) for shift in (0, 0.5, 3)]
    assert found[0] < 0.01 < found[1] < found[2]
