"""Each registered likelihood: a new one is tested by being listed."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from vae_core.config import RunConfig
from vae_core.model import likelihoods
from vae_core.model.likelihoods import LIKELIHOODS, Likelihood
from vae_core.model.likelihoods.gaussian import Gaussian

NATS = ("cross-entropy", "log-density", "log-mass")


@pytest.fixture(params=list(LIKELIHOODS))
def likelihood(request: pytest.FixtureRequest) -> Likelihood:
    return likelihoods.of(RunConfig(likelihood=request.param))


def outputs_and_pixels() -> tuple[np.ndarray, np.ndarray]:
    """What a decoder gives (5, 12), and pixels in [0, 1]."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(5, 12)), rng.random((5, 12))


def test_keras_and_numpy_agree(likelihood: Likelihood) -> None:
    from keras import activations, ops

    params, x = outputs_and_pixels()
    expected = likelihood.log_prob(params, x)
    assert expected.shape == (5,)
    assert np.asarray(likelihood.log_prob(params, x, ops)) == pytest.approx(expected, rel=1e-5)
    activation = activations.get(likelihood.activation)
    assert np.asarray(activation(params)) == pytest.approx(likelihood.mean(params), abs=1e-6)


def test_the_mean_gives_back_what_the_decoder_gave(likelihood: Likelihood) -> None:
    """As pages read ONNX, which ends with the mean."""
    params, _ = outputs_and_pixels()
    assert likelihood.params_of(likelihood.mean(params)) == pytest.approx(params, abs=1e-6)


def test_samples_have_the_mean(likelihood: Likelihood) -> None:
    params = np.tile(np.array([[-1.5, 0.0, 0.3, 2.0]]), (20_000, 1))
    drawn = likelihood.sample(params, np.random.default_rng(1))
    assert drawn.shape == params.shape
    assert drawn.mean(axis=0) == pytest.approx(likelihood.mean(params)[0], abs=0.02)


def test_pixels_are_independent(likelihood: Likelihood) -> None:
    params, x = outputs_and_pixels()
    each = [likelihood.log_prob(params[:, i : i + 1], x[:, i : i + 1]) for i in range(12)]
    assert likelihood.log_prob(params, x) == pytest.approx(np.sum(each, axis=0))


def test_it_says_what_its_nats_are_and_what_a_blank_picture_costs(likelihood: Likelihood) -> None:
    assert likelihood.nats in NATS
    assert likelihood.blank(784) == pytest.approx(784 * likelihood.blank(1))
    assert likelihood.blank(1) > 0


def test_probability_adds_up_to_one(likelihood: Likelihood) -> None:
    """Over 0 and 1 where those are the outcomes, over all numbers for a density."""
    for param in (-0.7, 0.0, 0.4):
        if likelihood.of_binary:
            x = np.array([[0.0], [1.0]])
            total = np.exp(likelihood.log_prob(np.full((2, 1), param), x)).sum()
        else:
            x = np.linspace(param - 5, param + 5, 200_001)[:, None]
            density = np.exp(likelihood.log_prob(np.full_like(x, param), x))
            total = np.trapezoid(density, x[:, 0])
        assert total == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0])
def test_gaussian_is_the_density_of_the_normal_distribution(sigma: float) -> None:
    params, x = outputs_and_pixels()
    found = Gaussian(RunConfig(likelihood="gaussian", sigma=sigma)).log_prob(params, x)
    for row in range(5):
        density = [
            NormalDist(mean, sigma).pdf(pixel)
            for mean, pixel in zip(params[row], x[row], strict=True)
        ]
        assert found[row] == pytest.approx(np.log(density).sum())


def test_a_perfect_gaussian_picture_has_a_distortion_below_zero() -> None:
    """A log-density may be above 0: nats of another unit than a cross-entropy."""
    x = np.full((1, 784), 0.5)
    distortion = -Gaussian(RunConfig(sigma=0.1)).log_prob(x, x)[0]
    assert distortion == pytest.approx(784 * math.log(0.1 * math.sqrt(2 * math.pi)))
    assert distortion < 0
