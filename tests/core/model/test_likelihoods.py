"""Each registered likelihood; and known answers of Bernoulli and Gaussian."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from vae_core.config import RunConfig
from vae_core.model import likelihoods
from vae_core.model.likelihoods import LIKELIHOODS, Likelihood
from vae_core.model.likelihoods.bernoulli import Bernoulli
from vae_core.model.likelihoods.gaussian import Gaussian

NATS = ("cross-entropy", "log-density", "log-mass")


@pytest.fixture(params=list(LIKELIHOODS))
def likelihood(request: pytest.FixtureRequest) -> Likelihood:
    return likelihoods.of(RunConfig(likelihood=request.param))


def params_and_values(numbers: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Random parameters (5, 12, numbers), and values (5, 12) in [0, 1]."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(5, 12, numbers)), rng.random((5, 12))


def test_keras_and_numpy_agree(likelihood: Likelihood) -> None:
    from keras import activations, ops

    params, x = params_and_values(likelihood.numbers)
    expected = likelihood.log_prob(params, x)
    assert expected.shape == (5,)
    assert likelihood.mean(params).shape == (5, 12)
    assert np.asarray(likelihood.mean(params, ops)) == pytest.approx(likelihood.mean(params))
    assert np.asarray(likelihood.log_prob(params, x, ops)) == pytest.approx(expected, rel=1e-5)
    if likelihood.activation:
        mean = np.asarray(activations.get(likelihood.activation)(params[..., 0]))
        assert mean == pytest.approx(likelihood.mean(params), abs=1e-6)
    assert bool(likelihood.activation) == (likelihood.numbers == 1)


def test_parameters_from_means(likelihood: Likelihood) -> None:
    """Inference computes them from the means that decoder.onnx gives."""
    if not likelihood.activation:
        return  # decoder.onnx gives the parameters too
    params, _ = params_and_values()
    assert likelihood.params_of(likelihood.mean(params)) == pytest.approx(params, abs=1e-6)


def test_samples_have_the_mean(likelihood: Likelihood) -> None:
    params = np.tile(params_and_values(likelihood.numbers)[0][:1, :4], (20_000, 1, 1))
    drawn = likelihood.sample(params, np.random.default_rng(1))
    assert drawn.shape == (20_000, 4)
    assert drawn.mean(axis=0) == pytest.approx(likelihood.mean(params)[0], abs=0.02)


def test_values_are_independent(likelihood: Likelihood) -> None:
    params, x = params_and_values(likelihood.numbers)
    each = [likelihood.log_prob(params[:, i : i + 1], x[:, i : i + 1]) for i in range(12)]
    assert likelihood.log_prob(params, x) == pytest.approx(np.sum(each, axis=0))


def test_the_name_of_the_nats_and_the_untrained_distortion(likelihood: Likelihood) -> None:
    assert likelihood.nats in NATS
    assert likelihood.blank(784) == pytest.approx(784 * likelihood.blank(1))
    assert likelihood.blank(1) > 0


def test_no_decoder_gets_below_the_least_distortion(likelihood: Likelihood) -> None:
    _, x = params_and_values()
    x[0] = np.arange(12) % 2
    least = likelihood.least_distortion(x)
    if least is None:
        return
    assert least.shape == (5,)
    at_best = -likelihood.log_prob(likelihood.params_of(x), x)
    assert least == pytest.approx(at_best, abs=1e-5)
    for nudge in (-0.05, 0.05):
        assert (-likelihood.log_prob(likelihood.params_of(x + nudge), x) > least).all()


def test_probabilities_add_up_to_one(likelihood: Likelihood) -> None:
    """Those of 0 and 1 for a log-mass; the integral of a density."""
    for param in (-0.7, 0.0, 0.4):
        if likelihood.of_binary:
            x = np.array([[0.0], [1.0]])
            total = np.exp(likelihood.log_prob(np.full((2, 1, likelihood.numbers), param), x)).sum()
        else:
            x = np.linspace(param - 5, param + 5, 200_001)[:, None]
            density = np.exp(likelihood.log_prob(np.full((*x.shape, likelihood.numbers), param), x))
            total = np.trapezoid(density, x[:, 0])
        assert total == pytest.approx(1, abs=1e-6)


def bernoulli_distortion(logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(-Bernoulli().log_prob(logits[..., None], x))


def test_bernoulli_is_the_binary_cross_entropy_summed_over_pixels() -> None:
    rng = np.random.default_rng(0)
    x, logits = rng.uniform(size=(4, 9)), 3 * rng.normal(size=(4, 9))
    p = 1 / (1 + np.exp(-logits))
    expected = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    assert bernoulli_distortion(logits, x) == pytest.approx(expected)


def test_bernoulli_of_a_grey_image() -> None:
    grey = bernoulli_distortion(np.zeros((1, 784)), np.ones((1, 784)))
    assert grey == pytest.approx(784 * math.log(2))


def test_bernoulli_is_exact_where_a_sigmoid_saturates() -> None:
    logits = np.array([[1000.0]])
    assert bernoulli_distortion(logits, np.array([[0.0]])) == pytest.approx(1000)
    assert bernoulli_distortion(logits, np.array([[1.0]])) == pytest.approx(0)


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0])
def test_gaussian_is_the_density_of_the_normal_distribution(sigma: float) -> None:
    params, x = params_and_values()
    log_prob = Gaussian(RunConfig(likelihood="gaussian", sigma=sigma)).log_prob(params, x)
    for row in range(5):
        density = [
            NormalDist(mean, sigma).pdf(pixel)
            for mean, pixel in zip(params[row, :, 0], x[row], strict=True)
        ]
        assert log_prob[row] == pytest.approx(np.log(density).sum())


def test_gaussian_of_a_perfect_reconstruction_is_below_zero() -> None:
    """A log-density may be above 0."""
    x = np.full((1, 784), 0.5)
    distortion = -Gaussian(RunConfig(sigma=0.1)).log_prob(x[..., None], x)[0]
    assert distortion == pytest.approx(784 * math.log(0.1 * math.sqrt(2 * math.pi)))
    assert distortion < 0
