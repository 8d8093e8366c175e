"""Snapshots that training writes for the live view."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.conftest import SMALL
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.store import RunStore


@pytest.mark.usefixtures("unmeasured")
def test_snapshots_show_the_same_images(own_store: RunStore) -> None:
    from vae_core.training.loop import Training

    run = own_store.create(SMALL)
    training = Training(run, lambda: False)
    training._tick(0, None)
    first = run.arrays("snapshot")
    training._epoch(0)
    training._tick(11, {"loss": 1.0, "distortion": 1.0, "rate": 0.0})
    second = run.arrays("snapshot")
    for arrays in (first, second):
        for name in ("images", "reconstructions", "prior_samples"):
            assert arrays[name].shape == (10, 8, 8)
            assert arrays[name].dtype == np.uint8
    x, y = training.dataset.x_test, training.dataset.y_test
    assert np.array_equal(first["images"], second["images"])
    assert sorted(y[training.recorder.pictured]) == list(range(10))
    assert np.array_equal(first["images"], np.rint(255 * x[training.recorder.pictured, ..., 0]))
    mean = second["posterior_mean"][training.recorder.pictured]
    pixels = 1 / (1 + np.exp(-training.vae.decoder_params(mean)[..., 0]))
    assert np.abs(second["reconstructions"].reshape(10, -1) / 255 - pixels).max() < 0.01
    assert not np.array_equal(first["prior_samples"], second["prior_samples"])
    rates = run.records("step")[-1]["rate_per_dim"]
    assert len(rates) == 2
    assert all(math.isfinite(rate) and rate >= 0 for rate in rates)


@pytest.mark.usefixtures("loop_alone")
def test_snapshots_do_not_change_the_training(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = []
    for root, seconds in (("often", 0.0), ("never", 1e9)):
        monkeypatch.setattr("vae_core.training.loop.TICK_SECONDS", seconds)
        run = RunStore(own_store.root / root).create(SMALL)
        InProcessEngine().submit(run)
        numbers.append([record["test"] for record in run.records("epoch")])
    assert numbers[0] == numbers[1]
