"""The objective against numbers known otherwise: integrals, entropies, hand calculation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vae_core.config import ConfigError, RunConfig
from vae_core.model import effective_beta, objectives, schedules
from vae_core.model.likelihoods.bernoulli import Bernoulli
from vae_core.model.objectives import Terms
from vae_core.model.priors import standard_normal


@pytest.mark.parametrize(
    ("mean", "std"), [(0.0, 1.0), (0.15, 0.2), (1.1, 0.4), (-3.0, 2.4), (2.0, 0.05)]
)
def test_rate_is_the_kl_integral(mean: float, std: float) -> None:
    z = np.linspace(mean - 12 * std, mean + 12 * std, 200_001)
    log_q = -0.5 * ((z - mean) / std) ** 2 - math.log(std * math.sqrt(2 * math.pi))
    log_p = -0.5 * z**2 - math.log(math.sqrt(2 * math.pi))
    integral = np.trapezoid(np.exp(log_q) * (log_q - log_p), z)
    closed = standard_normal.rate(np.array([mean]), np.array([2 * math.log(std)]))
    assert closed == pytest.approx(integral, abs=1e-7)


def test_rate_of_the_prior_is_zero_and_dimensions_add_up() -> None:
    assert standard_normal.rate(np.zeros((3, 4)), np.zeros((3, 4))) == pytest.approx(0)
    rng = np.random.default_rng(0)
    mean, log_var = rng.normal(size=(2, 5, 3))
    per_dim = standard_normal.rate_per_dim(mean, log_var)
    assert per_dim.shape == (5, 3)
    assert (per_dim >= 0).all()
    assert standard_normal.rate(mean, log_var) == pytest.approx(per_dim.sum(axis=1))


def distortion(logits: Any, x: Any, xp: Any = np) -> Any:
    return -Bernoulli().log_prob(logits[..., None], x, xp)


def test_distortion_is_binary_cross_entropy_summed_over_pixels() -> None:
    rng = np.random.default_rng(0)
    x, logits = rng.uniform(size=(4, 9)), 3 * rng.normal(size=(4, 9))
    p = 1 / (1 + np.exp(-logits))
    expected = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    assert distortion(logits, x) == pytest.approx(expected)


def test_distortion_known_answers() -> None:
    grey = distortion(np.zeros((1, 784)), np.ones((1, 784)))
    assert grey == pytest.approx(784 * math.log(2))
    # A saturated sigmoid would give log(0): from logits the cost stays exact and finite.
    assert distortion(np.array([[1000.0]]), np.array([[0.0]])) == pytest.approx(1000)
    assert distortion(np.array([[1000.0]]), np.array([[1.0]])) == pytest.approx(0)


def test_elbo() -> None:
    assert objectives.elbo(144.2, 6.2) == pytest.approx(-150.4)


def test_keras_and_numpy_share_the_text() -> None:
    from keras import ops

    rng = np.random.default_rng(1)
    logits, x, mean, log_var = rng.normal(size=(4, 6, 5)).astype(np.float32)
    x = np.clip(x, 0, 1)
    assert np.asarray(distortion(logits, x, ops)) == pytest.approx(distortion(logits, x), rel=1e-5)
    assert np.asarray(standard_normal.rate(mean, log_var, ops)) == pytest.approx(
        standard_normal.rate(mean, log_var), rel=1e-5
    )


STEPS = np.arange(101)


def test_constant_schedule() -> None:
    beta, capacity = schedules.schedule(RunConfig(beta=4), STEPS, 100)
    assert (beta == 4).all()
    assert capacity is None


def test_linear_schedule_reaches_beta_when_the_warmup_ends() -> None:
    config = RunConfig(beta=4, schedule="linear", warmup=0.5)
    beta, _ = schedules.schedule(config, STEPS, 100)
    assert beta[0] == 0
    assert beta[25] == pytest.approx(2)
    assert (beta[50:] == 4).all()
    assert (np.diff(beta) >= 0).all()


def test_cyclical_schedule_starts_anew_each_cycle() -> None:
    config = RunConfig(beta=2, schedule="cyclical", cycles=4, warmup=0.5)
    beta, _ = schedules.schedule(config, np.arange(100), 100)
    assert beta[[0, 25, 50, 75]] == pytest.approx(0)
    assert beta[24] == beta[99] == 2
    assert beta[:25] == pytest.approx(beta[75:])


def test_capacity_schedule_holds_beta_and_grows_the_target() -> None:
    config = RunConfig(beta=100, schedule="capacity", capacity=25, warmup=0.5)
    beta, capacity = schedules.schedule(config, STEPS, 100)
    assert (beta == 100).all()
    assert capacity is not None
    assert capacity[0] == 0
    assert capacity[25] == pytest.approx(12.5)
    assert (capacity[50:] == 25).all()


def test_no_warmup_means_full_beta_from_the_first_step() -> None:
    beta, _ = schedules.schedule(RunConfig(beta=3, schedule="linear", warmup=0), STEPS, 100)
    assert (beta == 3).all()


# The losses of published scripts, as they are written there.


def mean_of_bce(logits: np.ndarray, x: np.ndarray) -> float:
    return float((np.logaddexp(0, logits) - x * logits).mean())


def test_effective_beta_of_the_usual_published_losses() -> None:
    """mean BCE * 784 + summed KL is ours; the means of both are not by far."""
    assert effective_beta.effective_beta(1, "sum", "sum", 2, 784) == 1
    assert effective_beta.effective_beta(1, "mean", "mean", 2, 784) == 392
    assert effective_beta.effective_beta(1, "sum", "mean", 2, 784) == 784
    assert effective_beta.effective_beta(4, "mean", "sum", 10, 784) == pytest.approx(0.4)
    assert effective_beta.effective_beta(0, "mean", "mean", 2, 784) == 0


@pytest.mark.parametrize("kl", effective_beta.REDUCTIONS)
@pytest.mark.parametrize("reconstruction", effective_beta.REDUCTIONS)
def test_effective_beta_gives_the_same_loss_gradients_and_minimum(
    kl: str, reconstruction: str
) -> None:
    """Up to one factor, the same for all: a loss of the posterior's scale and the logits' size."""
    rng = np.random.default_rng(2)
    d, pixels, written = 3, 16, 0.7
    logits, x = rng.normal(size=(5, pixels)), rng.uniform(size=(5, pixels))
    mean, log_var = rng.normal(size=(2, 5, d))

    def theirs(scale: float) -> float:
        cost = mean_of_bce(scale * logits, x) * (pixels if reconstruction == "sum" else 1)
        m, v = scale * mean, log_var
        per_dim = -0.5 * (1 + v - np.square(m) - np.exp(v))
        term = per_dim.mean() if kl == "mean" else per_dim.sum(axis=1).mean()
        return float(cost + written * term)

    def ours(scale: float) -> float:
        beta = effective_beta.effective_beta(written, kl, reconstruction, d, pixels)
        rate = standard_normal.rate(scale * mean, log_var).mean()
        terms = Terms(distortion(scale * logits, x).mean(), rate, None)
        return float(objectives.of(RunConfig()).loss(terms, schedules.Step(beta)))

    factor = pixels if reconstruction == "mean" else 1
    assert ours(0.8) == pytest.approx(factor * theirs(0.8))

    def slope(loss: Callable[[float], float], at: float) -> float:
        return (loss(at + 1e-5) - loss(at - 1e-5)) / 2e-5

    assert slope(ours, 0.8) == pytest.approx(factor * slope(theirs, 0.8), rel=1e-6)
    scales = np.linspace(-2, 2, 4001)
    assert np.argmin([ours(s) for s in scales]) == np.argmin([theirs(s) for s in scales])


@pytest.mark.parametrize(
    "asked", [("avg", "sum", 2, 784), ("sum", "avg", 2, 784), ("sum", "sum", 0, 784)]
)
def test_effective_beta_of_what_can_not_be(asked: tuple[str, str, int, int]) -> None:
    with pytest.raises(ConfigError):
        effective_beta.effective_beta(1.0, *asked)
