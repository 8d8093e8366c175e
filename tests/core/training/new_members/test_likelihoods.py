"""A likelihood with two parameters for each value, on colour images whose sides differ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.core.training.new_members.training import add, check_networks, list_flags, trained
from vae_core.api.trained_run import TrainedRun
from vae_core.model.likelihoods import LIKELIHOODS
from vae_core.model.likelihoods.gaussian import Gaussian
from vae_core.runs.store import RunStore
from vae_core.training import evaluation


class Calibrated(Gaussian):
    """Normal distributions with a learned width: the second parameter is log sigma."""

    numbers = 2
    activation = ""

    def log_prob(self, params: Any, x: Any, xp: Any = np) -> Any:
        log_sigma = xp.maximum(params[..., 1], -4.0)
        squared = xp.square((x - params[..., 0]) * xp.exp(-log_sigma))
        return -xp.sum(0.5 * squared + log_sigma + 0.5 * math.log(2 * math.pi), axis=-1)

    def least_distortion(self, x: np.ndarray) -> None:  # type: ignore[override]
        """None: the distortion falls without limit as sigma does."""
        del x


@pytest.mark.parametrize("architecture", ["mlp", pytest.param("conv", marks=pytest.mark.slow)])
def test_two_parameters_for_each_value(
    architecture: str, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(monkeypatch, LIKELIHOODS, "calibrated", Calibrated)
    list_flags(monkeypatch)
    run = trained(store, dataset="flags", likelihood="calibrated", architecture=architecture)
    check_networks(run)
    vae, data = evaluation.load_trained(run)
    assert vae.decoder.output_shape == (None, 6, 10, 6)
    assert vae.decoder_params(np.zeros((4, 2), np.float32)).shape == (4, 180, 2)
    first, *_, last = (record["test"]["distortion"] for record in run.records("epoch"))
    assert last < first
    assert not run.browser_path.exists(), "browsers decode only one parameter"
    opened = TrainedRun(run)
    assert np.shape(opened.sample(3)) == (3, 6, 10, 3)
    assert np.shape(opened.reconstruct(data.x_test[:2])) == (2, 6, 10, 3)
    with pytest.raises(ValueError, match=r"shape \(n, 6, 10, 3\), got \(2, 6, 10\)"):
        opened.encode(data.x_test[:2, ..., 0])
