"""The three parts of the rate, against their definition and in cases with known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.random import default_rng as rng

from tests.core.model.mixtures import LearnedMixture, Mixture, TwoHills
from vae_core.config import RunConfig
from vae_core.metrics import decomposition, units
from vae_core.model.priors import Prior, standard_normal
from vae_core.model.priors.standard_normal import StandardNormal


def posteriors(n: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random posterior means and log-variances, (n, d) each."""
    return rng(seed).normal(size=(n, d)), rng(seed + 1).normal(-2, 0.5, size=(n, d))


def rate_parts(
    mean: np.ndarray, log_var: np.ndarray, seed: int, prior: Prior | None = None
) -> decomposition.RateParts:
    return decomposition.rate_parts(mean, log_var, rng(seed), prior or StandardNormal())


@pytest.mark.parametrize(("n", "d"), [(1, 1), (2, 1), (700, 1), (700, 2), (300, 10)])
def test_the_parts_add_up_to_the_rate(n: int, d: int) -> None:
    mean, log_var = posteriors(n, d)
    parts = rate_parts(mean, log_var, 0)
    assert sum(parts) == pytest.approx(standard_normal.rate(mean, log_var).mean(), rel=1e-9)
    assert parts.mutual_information <= math.log(n) + 1e-9
    if d == 1:
        assert parts.total_correlation == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("prior", [LearnedMixture, TwoHills])
def test_the_parts_add_up_to_the_rate_from_any_prior(prior: type[Mixture]) -> None:
    mean, log_var = posteriors(700, 2)
    one = prior(RunConfig())
    parts = rate_parts(mean, log_var, 3, one)
    z = mean + np.exp(0.5 * log_var) * rng(4).standard_normal((500, *mean.shape))
    rate = np.mean([one.rate(sample, mean, log_var).total.mean() for sample in z])
    assert sum(parts) == pytest.approx(rate, rel=0.05), "one sample an image"
    from_normal = rate_parts(mean, log_var, 3)
    assert parts[:2] == pytest.approx(from_normal[:2]), "these two don't depend on the prior"
    assert parts.dimension_wise_kl > from_normal.dimension_wise_kl


def test_the_parts_do_not_depend_on_how_they_are_chunked() -> None:
    """The parts equal the definition, computed here for all pairs at once."""
    n, d = 2100, 2  # several chunks
    mean, log_var = posteriors(n, d)
    parts = rate_parts(mean, log_var, 4)
    noise = rng(4).standard_normal((n, d))
    noise = (noise - noise.mean(axis=0)) / noise.std(axis=0)
    z = mean + np.exp(0.5 * log_var) * noise
    squared = np.square(z[:, None] - mean) / np.exp(log_var)
    log_density = -0.5 * (squared + log_var + math.log(2 * math.pi))
    log_q = np.log(np.exp(log_density.sum(axis=2)).mean(axis=1)).mean()
    log_q_dims = np.log(np.exp(log_density).mean(axis=1)).sum(axis=1).mean()
    own = log_density[np.arange(n), np.arange(n)].sum(axis=1).mean()
    assert parts.mutual_information == pytest.approx(own - log_q, abs=1e-9)
    assert parts.total_correlation == pytest.approx(log_q - log_q_dims, abs=1e-9)


def test_an_encoder_equal_to_the_prior_has_no_rate_and_no_active_unit() -> None:
    mean = log_var = np.zeros((500, 3))
    assert standard_normal.rate(mean, log_var).max() == 0
    assert units.active_units(mean) == 0
    assert units.high_rate_units(standard_normal.rate_per_dim(mean, log_var).mean(axis=0)) == 0
    assert rate_parts(mean, log_var, 0) == pytest.approx((0, 0, 0), abs=1e-9)


def test_posteriors_that_do_not_overlap_identify_the_image() -> None:
    """The mutual information of n such posteriors is log n."""
    n = 64
    mean = 100.0 * np.arange(n)[:, None]
    parts = rate_parts(mean, np.zeros((n, 1)), 0)
    assert parts.mutual_information == pytest.approx(math.log(n), abs=1e-6)


def test_latents_that_copy_each_other_have_total_correlation() -> None:
    """Each of two equal dimensions carries log n nats, and both together carry log n as well."""
    n = 64
    mean = np.repeat(100.0 * np.arange(n)[:, None], 2, axis=1)
    parts = rate_parts(mean, np.zeros((n, 2)), 0)
    assert parts.mutual_information == pytest.approx(math.log(n), abs=1e-6)
    assert parts.total_correlation == pytest.approx(math.log(n), abs=1e-6)


def test_an_aggregate_posterior_like_the_prior_has_little_dimension_wise_kl() -> None:
    """Means N(0, 1 - v) and variance v mix to N(0, 1): all of the rate is mutual information."""
    variance = 0.1
    mean = math.sqrt(1 - variance) * rng(0).normal(size=(4000, 1))
    parts = rate_parts(mean, np.full_like(mean, math.log(variance)), 1)
    assert parts.dimension_wise_kl == pytest.approx(0, abs=0.02)
    assert parts.mutual_information == pytest.approx(-0.5 * math.log(variance), abs=0.05)
