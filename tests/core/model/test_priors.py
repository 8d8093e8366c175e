"""Each registered prior; and the rate of the standard normal against known answers."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from vae_core.config import RunConfig
from vae_core.model import priors
from vae_core.model.priors import PRIORS, standard_normal

# Noise at equal steps of its distribution function: a mean over it is nearly an integral.
NOISE = np.array([NormalDist().inv_cdf((i + 0.5) / 20_000) for i in range(20_000)])


def kl_integral(mean: float, std: float, prior: priors.Prior) -> float:
    """KL(N(mean, std²) || p) in one dimension, by the trapezoidal rule."""
    z = np.linspace(mean - 12 * std, mean + 12 * std, 200_001)
    log_q = -0.5 * ((z - mean) / std) ** 2 - math.log(std * math.sqrt(2 * math.pi))
    return float(np.trapezoid(np.exp(log_q) * (log_q - prior.log_prob(z[:, None])), z))


@pytest.mark.parametrize("name", PRIORS)
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (1.1, 0.4), (-2.0, 1.7)])
def test_the_rate_is_the_kl_integral(name: str, mean: float, std: float) -> None:
    prior = priors.of(RunConfig(prior=name))
    assert prior
    z = (mean + std * NOISE)[:, None]
    rate = prior.rate(z, np.full_like(z, mean), np.full_like(z, 2 * math.log(std)))
    assert rate.total.mean() == pytest.approx(kl_integral(mean, std, prior), abs=1e-3)
    assert (rate.per_dim is not None) == prior.factorised
    if prior.factorised:
        assert rate.per_dim == pytest.approx(rate.total[:, None])


@pytest.mark.parametrize("name", PRIORS)
def test_samples_have_the_density(name: str) -> None:
    """Their mean log-density is minus the prior's entropy, by the integral."""
    prior = priors.of(RunConfig(prior=name))
    assert prior
    z = np.linspace(-40, 40, 400_001)
    log_p = prior.log_prob(z[:, None])
    assert np.trapezoid(np.exp(log_p), z) == pytest.approx(1, abs=1e-6)
    drawn = prior.sample(50_000, 3, np.random.default_rng(0))
    assert drawn.shape == (50_000, 3)
    expected = 3 * np.trapezoid(np.exp(log_p) * log_p, z)
    assert prior.log_prob(drawn).mean() == pytest.approx(expected, abs=0.03)
    assert all(radius > 0 for radius in prior.circles())


@pytest.mark.parametrize("name", PRIORS)
def test_keras_and_numpy_agree(name: str) -> None:
    from keras import ops

    prior = priors.of(RunConfig(prior=name))
    assert prior
    z, mean, log_var = np.random.default_rng(1).normal(size=(3, 4, 2)).astype(np.float32)
    rate, in_keras = prior.rate(z, mean, log_var), prior.rate(z, mean, log_var, ops)
    assert np.asarray(in_keras.total) == pytest.approx(rate.total, rel=1e-5)
    assert np.asarray(prior.log_prob(z, ops)) == pytest.approx(prior.log_prob(z), rel=1e-5)


def test_an_autoencoder_has_no_prior() -> None:
    assert priors.of(RunConfig(model="autoencoder")) is None


@pytest.mark.parametrize(
    ("mean", "std"), [(0.0, 1.0), (0.15, 0.2), (1.1, 0.4), (-3.0, 2.4), (2.0, 0.05)]
)
def test_the_closed_form_of_the_standard_normal(mean: float, std: float) -> None:
    closed = standard_normal.rate(np.array([mean]), np.array([2 * math.log(std)]))
    integral = kl_integral(mean, std, standard_normal.StandardNormal())
    assert closed == pytest.approx(integral, abs=1e-7)


def test_a_posterior_that_equals_the_prior_has_no_rate() -> None:
    assert standard_normal.rate(np.zeros((3, 4)), np.zeros((3, 4))) == pytest.approx(0)


def test_the_rates_of_the_dimensions_add_up() -> None:
    mean, log_var = np.random.default_rng(0).normal(size=(2, 5, 3))
    per_dim = standard_normal.rate_per_dim(mean, log_var)
    assert per_dim.shape == (5, 3)
    assert (per_dim >= 0).all()
    assert standard_normal.rate(mean, log_var) == pytest.approx(per_dim.sum(axis=1))


def test_an_estimated_rate_agrees_with_the_closed_form() -> None:
    """`sampled_rate` with the density of N(0, 1), of each dimension and of both together."""
    mean, log_var = np.array([[0.5, -1.0]]), np.array([[-1.0, 0.3]])
    z = mean + np.exp(0.5 * log_var) * np.random.default_rng(0).standard_normal((200_000, 2))
    closed = standard_normal.rate_per_dim(mean, log_var)[0]
    log_prior = -0.5 * (np.square(z) + math.log(2 * math.pi))
    per_dim = priors.sampled_rate(log_prior, z, mean, log_var)
    assert per_dim.per_dim.mean(axis=0) == pytest.approx(closed, abs=0.02)
    assert per_dim.total == pytest.approx(per_dim.per_dim.sum(axis=1))
    joint = priors.sampled_rate(log_prior.sum(axis=1), z, mean, log_var)
    assert joint.per_dim is None
    assert joint.total == pytest.approx(per_dim.total)
