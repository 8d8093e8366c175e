"""Each registered objective and prior, and known answers of those that have settings."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from vae_core.config import ConfigError, RunConfig
from vae_core.model import objectives, priors
from vae_core.model.objectives import OBJECTIVES, Objective, Terms
from vae_core.model.priors import PRIORS
from vae_core.model.schedules import Step

CONFIGS = [
    *(RunConfig(objective=name, beta=3) for name in OBJECTIVES),
    RunConfig(schedule="capacity", beta=3),
    RunConfig(model="autoencoder"),
]
RATES = np.array([0.1, 0.5, 2.0, 4.4])
TERMS = Terms(100.0, 7.0, RATES)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.id)
def test_keras_and_numpy_agree_and_the_distortion_counts_once(config: RunConfig) -> None:
    from keras import ops

    objective = objectives.of(config)
    assert objective.parts[:2] == ("loss", "distortion")
    assert ("rate" in objective.parts) == config.has_rate
    loss = objective.loss(TERMS, Step(3.0, 5.0))
    in_keras = Terms(*(ops.convert_to_tensor(term, "float32") for term in TERMS[:3]))
    assert float(objective.loss(in_keras, Step(3.0, 5.0), ops)) == pytest.approx(
        float(loss), rel=1e-6
    )
    more = objective.loss(TERMS._replace(distortion=108.0), Step(3.0, 5.0))
    assert more - loss == pytest.approx(8)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_at_beta_zero_a_rate_that_ran_off_costs_nothing(name: str) -> None:
    ran_off = Terms(100.0, math.inf, np.full(4, math.inf))
    assert objectives.of(RunConfig(objective=name, beta=0)).loss(ran_off, Step(0.0)) == 100.0


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.id)
def test_a_model_that_has_learned_nothing_is_no_divergence(config: RunConfig) -> None:
    """Its rate is 0, or with autoencoders none."""
    objective, nothing = objectives.of(config), Terms(100.0, 0.0, np.zeros(config.latent_dim))
    loss = objective.loss(nothing, Step(config.beta, config.capacity))
    assert loss <= objective.highest(100.0)


def test_beta_and_capacity() -> None:
    assert objectives.of(RunConfig()).loss(TERMS, Step(1.0)) == pytest.approx(107)
    assert objectives.of(RunConfig(beta=4)).loss(TERMS, Step(4.0)) == pytest.approx(128)
    capacity = objectives.of(RunConfig(schedule="capacity", beta=2))
    assert capacity.loss(TERMS, Step(2.0, 10.0)) == pytest.approx(106)


def free_bits(nats: float, **changes: Any) -> Objective:
    return objectives.of(RunConfig(objective="free_bits", free_bits=nats, **changes))


def test_free_bits() -> None:
    """max(0.5, .) of 0.1, 0.5, 2 and 4.4 is 0.5 + 0.5 + 2 + 4.4."""
    assert free_bits(0.5).loss(TERMS, Step(1.0)) == pytest.approx(107.4)
    assert free_bits(0.5, beta=10).loss(TERMS, Step(10.0)) == pytest.approx(174)
    assert free_bits(0).loss(TERMS, Step(1.0)) == pytest.approx(107), "none: the plain objective"
    assert free_bits(9).loss(TERMS, Step(1.0)) == pytest.approx(100 + 4 * 9), "all are free"


def test_below_the_limit_nothing_pulls_at_the_rate() -> None:
    def slope(dim: int) -> float:
        raised = RATES + 1e-6 * np.eye(4)[dim]
        return float((free_bits(0.5).loss(Terms(0, 0, raised), Step(1.0)) - base) / 1e-6)

    base = free_bits(0.5).loss(Terms(0, 0, RATES), Step(1.0))
    assert [slope(0), slope(2), slope(3)] == pytest.approx([0, 1, 1], abs=1e-6)


def test_the_capacity_schedule_is_an_objective_of_its_own() -> None:
    with pytest.raises(ConfigError, match="choose it or free_bits"):
        free_bits(0.5, schedule="capacity")
    with pytest.raises(ConfigError, match="unknown objective 'nothing'"):
        objectives.of(RunConfig(objective="nothing"))


QUANTILES = (np.arange(20_000) + 0.5) / 20_000


@pytest.mark.parametrize("name", PRIORS)
def test_the_rate_of_a_prior_is_its_kl_integral(name: str) -> None:
    prior = priors.of(RunConfig(prior=name))
    assert prior
    for mean, std in ((0.0, 1.0), (1.1, 0.4), (-2.0, 1.7)):
        z = np.linspace(mean - 12 * std, mean + 12 * std, 100_001)
        log_q = -0.5 * ((z - mean) / std) ** 2 - math.log(std * math.sqrt(2 * math.pi))
        integral = np.trapezoid(np.exp(log_q) * (log_q - prior.log_prob(z[:, None])), z)
        spread = mean + std * np.array([NormalDist().inv_cdf(u) for u in QUANTILES])[:, None]
        posterior = np.full((2, *spread.shape), [[[mean]], [[2 * math.log(std)]]])
        rate = prior.rate(spread, *posterior)
        assert rate.total.mean() == pytest.approx(integral, abs=1e-3)
        if prior.factorised:
            assert rate.per_dim == pytest.approx(rate.total[:, None])


def test_an_autoencoder_has_no_prior() -> None:
    assert priors.of(RunConfig(model="autoencoder")) is None


@pytest.mark.parametrize("name", PRIORS)
def test_samples_of_a_prior_have_its_density(name: str) -> None:
    """Their mean log-density is minus its entropy, by the integral."""
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
