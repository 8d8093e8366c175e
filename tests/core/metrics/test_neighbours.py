"""k-NN accuracy with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng as rng

from vae_core.metrics import neighbours


def test_knn_accuracy_leaves_the_point_itself_out() -> None:
    labels = np.repeat([0, 1], 50)
    apart = np.where(labels, 10.0, -10.0)[:, None] + rng(0).normal(size=(100, 1))
    assert neighbours.knn_accuracy(apart, labels) == 1
    # In pairs of opposite labels the nearest other point always has the wrong label.
    pairs = np.repeat(np.arange(50.0), 2)[:, None] + np.tile([0, 0.1], 50)[:, None]
    assert neighbours.knn_accuracy(pairs, np.tile([0, 1], 50), k=1) == 0
    anywhere = neighbours.knn_accuracy(
        rng(0).normal(size=(4000, 2)),
        rng(1).integers(0, 4, 4000),
    )
    assert anywhere == pytest.approx(0.25, abs=0.04)
