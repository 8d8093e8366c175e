"""The effective β of losses that are written with means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vae_core.config import ConfigError, RunConfig
from vae_core.model import effective_beta, objectives, schedules
from vae_core.model.likelihoods.bernoulli import Bernoulli
from vae_core.model.objectives import Terms
from vae_core.model.priors import standard_normal


def test_usual_published_losses() -> None:
    """A mean cross-entropy times 784 plus a summed KL is our loss; two means are not."""
    assert effective_beta.effective_beta(1, "sum", "sum", 2, 784) == 1
    assert effective_beta.effective_beta(1, "mean", "mean", 2, 784) == 392
    assert effective_beta.effective_beta(1, "sum", "mean", 2, 784) == 784
    assert effective_beta.effective_beta(4, "mean", "sum", 10, 784) == pytest.approx(0.4)
    assert effective_beta.effective_beta(0, "mean", "mean", 2, 784) == 0


@pytest.mark.parametrize("kl", effective_beta.REDUCTIONS)
@pytest.mark.parametrize("reconstruction", effective_beta.REDUCTIONS)
def test_the_loss_the_gradients_and_the_minimum_are_the_same(kl: str, reconstruction: str) -> None:
    """The two losses differ by one factor, at any scale of the posterior means and the logits."""
    rng = np.random.default_rng(2)
    d, pixels, their_beta = 3, 16, 0.7
    logits, x = rng.normal(size=(5, pixels)), rng.uniform(size=(5, pixels))
    mean, log_var = rng.normal(size=(2, 5, d))

    def theirs(scale: float) -> float:
        """The loss as published scripts have it."""
        cross_entropies = np.logaddexp(0, scale * logits) - x * scale * logits
        cost = cross_entropies.mean() * (pixels if reconstruction == "sum" else 1)
        m, v = scale * mean, log_var
        per_dim = -0.5 * (1 + v - np.square(m) - np.exp(v))
        term = per_dim.mean() if kl == "mean" else per_dim.sum(axis=1).mean()
        return float(cost + their_beta * term)

    def ours(scale: float) -> float:
        beta = effective_beta.effective_beta(their_beta, kl, reconstruction, d, pixels)
        distortion = -Bernoulli().log_prob(scale * logits[..., None], x).mean()
        rate = standard_normal.rate(scale * mean, log_var).mean()
        terms = Terms(distortion, rate, None)
        return float(objectives.of(RunConfig()).loss(terms, schedules.Step(beta)))

    factor = pixels if reconstruction == "mean" else 1
    assert ours(0.8) == pytest.approx(factor * theirs(0.8))

    def slope(loss: Callable[[float], float], at: float) -> float:
        return (loss(at + 1e-5) - loss(at - 1e-5)) / 2e-5

    assert slope(ours, 0.8) == pytest.approx(factor * slope(theirs, 0.8), rel=1e-6)
    scales = np.linspace(-2, 2, 4001)
    assert np.argmin([ours(s) for s in scales]) == np.argmin([theirs(s) for s in scales])


@pytest.mark.parametrize(
    "arguments", [("avg", "sum", 2, 784), ("sum", "avg", 2, 784), ("sum", "sum", 0, 784)]
)
def test_impossible_arguments(arguments: tuple[str, str, int, int]) -> None:
    with pytest.raises(ConfigError):
        effective_beta.effective_beta(1.0, *arguments)
