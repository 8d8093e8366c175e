"""The objective against numbers known otherwise: integrals, entropies, hand calculation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vae_core import objective
from vae_core.config import RunConfig


@pytest.mark.parametrize(
    ("mean", "std"), [(0.0, 1.0), (0.15, 0.2), (1.1, 0.4), (-3.0, 2.4), (2.0, 0.05)]
)
def test_rate_is_the_kl_integral(mean: float, std: float) -> None:
    z = np.linspace(mean - 12 * std, mean + 12 * std, 200_001)
    log_q = -0.5 * ((z - mean) / std) ** 2 - math.log(std * math.sqrt(2 * math.pi))
    log_p = -0.5 * z**2 - math.log(math.sqrt(2 * math.pi))
    integral = np.trapezoid(np.exp(log_q) * (log_q - log_p), z)
    closed = objective.rate(np.array([mean]), np.array([2 * math.log(std)]))
    assert closed == pytest.approx(integral, abs=1e-7)


def test_rate_of_the_prior_is_zero_and_dimensions_add_up() -> None:
    assert objective.rate(np.zeros((3, 4)), np.zeros((3, 4))) == pytest.approx(0)
    rng = np.random.default_rng(0)
    mean, log_var = rng.normal(size=(2, 5, 3))
    per_dim = objective.rate_per_dim(mean, log_var)
    assert per_dim.shape == (5, 3)
    assert (per_dim >= 0).all()
    assert objective.rate(mean, log_var) == pytest.approx(per_dim.sum(axis=1))


def test_distortion_is_binary_cross_entropy_summed_over_pixels() -> None:
    rng = np.random.default_rng(0)
    x, logits = rng.uniform(size=(4, 9)), 3 * rng.normal(size=(4, 9))
    p = 1 / (1 + np.exp(-logits))
    expected = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    assert objective.distortion(logits, x) == pytest.approx(expected)


def test_distortion_known_answers() -> None:
    grey = objective.distortion(np.zeros((1, 784)), np.ones((1, 784)))
    assert grey == pytest.approx(784 * math.log(2))
    # A saturated sigmoid would give log(0): from logits the cost stays exact and finite.
    assert objective.distortion(np.array([[1000.0]]), np.array([[0.0]])) == pytest.approx(1000)
    assert objective.distortion(np.array([[1000.0]]), np.array([[1.0]])) == pytest.approx(0)


def test_elbo_and_loss() -> None:
    assert objective.elbo(144.2, 6.2) == pytest.approx(-150.4)
    assert objective.loss(144.2, 6.2, 1.0) == pytest.approx(150.4)
    assert objective.loss(100.0, 7.0, 2.0, capacity=10.0) == pytest.approx(106.0)
    assert objective.loss(100.0, math.inf, 0) == 100.0


def test_keras_and_numpy_share_the_text() -> None:
    from keras import ops

    rng = np.random.default_rng(1)
    logits, x, mean, log_var = rng.normal(size=(4, 6, 5)).astype(np.float32)
    x = np.clip(x, 0, 1)
    assert np.asarray(objective.distortion(logits, x, ops)) == pytest.approx(
        objective.distortion(logits, x), rel=1e-5
    )
    assert np.asarray(objective.rate(mean, log_var, ops)) == pytest.approx(
        objective.rate(mean, log_var), rel=1e-5
    )


STEPS = np.arange(101)


def test_constant_schedule() -> None:
    beta, capacity = objective.schedule(RunConfig(beta=4), STEPS, 100)
    assert (beta == 4).all()
    assert capacity is None


def test_linear_schedule_reaches_beta_when_the_warmup_ends() -> None:
    config = RunConfig(beta=4, schedule="linear", warmup=0.5)
    beta, _ = objective.schedule(config, STEPS, 100)
    assert beta[0] == 0
    assert beta[25] == pytest.approx(2)
    assert (beta[50:] == 4).all()
    assert (np.diff(beta) >= 0).all()


def test_cyclical_schedule_starts_anew_each_cycle() -> None:
    config = RunConfig(beta=2, schedule="cyclical", cycles=4, warmup=0.5)
    beta, _ = objective.schedule(config, np.arange(100), 100)
    assert beta[[0, 25, 50, 75]] == pytest.approx(0)
    assert beta[24] == beta[99] == 2
    assert beta[:25] == pytest.approx(beta[75:])


def test_capacity_schedule_holds_beta_and_grows_the_target() -> None:
    config = RunConfig(beta=100, schedule="capacity", capacity=25, warmup=0.5)
    beta, capacity = objective.schedule(config, STEPS, 100)
    assert (beta == 100).all()
    assert capacity is not None
    assert capacity[0] == 0
    assert capacity[25] == pytest.approx(12.5)
    assert (capacity[50:] == 25).all()


def test_no_warmup_means_full_beta_from_the_first_step() -> None:
    beta, _ = objective.schedule(RunConfig(beta=3, schedule="linear", warmup=0), STEPS, 100)
    assert (beta == 3).all()
