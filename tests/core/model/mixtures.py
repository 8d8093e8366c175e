"""Mixtures as priors, whose rate has no closed form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from vae_core.config import RunConfig
from vae_core.model.priors import Rate, sampled_rate


class Mixture:
    """Four normal distributions in a plane, with fixed means and one fixed width.

    The mixture is not factorised, so its rate has no parts per dimension.
    """

    factorised = False
    arrays: Mapping[str, Any] = {}
    means: Any = np.array([[2, 0], [-2, 0], [0, 2], [0, -2]], np.float32)
    std = 0.5

    def __init__(self, config: RunConfig) -> None:
        assert config.latent_dim == 2

    def log_prob(self, z: Any, xp: Any = np) -> Any:
        squared = xp.sum(xp.square((z[:, None] - self.means) / self.std), axis=-1)
        return log_sum_exp(-0.5 * squared, xp) - math.log(4 * 2 * math.pi * self.std**2)

    def sample(self, n: int, latent_dim: int, rng: np.random.Generator) -> np.ndarray:
        noise = self.std * rng.standard_normal((n, latent_dim))
        return self.means[rng.integers(0, 4, n)] + noise

    def rate(self, z: Any, posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Rate:
        log_prior = self.log_prob(z, xp)
        return sampled_rate(log_prior, z, posterior_mean, posterior_log_var, xp)

    def circles(self) -> tuple[float, ...]:
        return ()


class LearnedMixture(Mixture):
    """A mixture whose means are learned. They start at the corners of a small square."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config)
        corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
        self.arrays = {"means": 0.1 * np.array(corners, np.float32)}

    @property
    def means(self) -> Any:
        return self.arrays["means"]

    def circles(self) -> tuple[float, ...]:
        """A circle through the first mean, so that pages show what was learned."""
        return (float(np.hypot(*self.means[0])),)


class TwoHills(Mixture):
    """A mixture of two normal distributions in each dimension. It is factorised."""

    factorised = True

    def __init__(self, config: RunConfig) -> None:
        del config

    def log_prob_per_dim(self, z: Any, xp: Any) -> Any:
        squared = xp.square((z[..., None] - np.array([-1, 1], np.float32)) / self.std)
        log_sums = log_sum_exp(xp.reshape(-0.5 * squared, (-1, 2)), xp)
        return xp.reshape(log_sums, z.shape) - math.log(2 * math.sqrt(2 * math.pi) * self.std)

    def log_prob(self, z: Any, xp: Any = np) -> Any:
        return xp.sum(self.log_prob_per_dim(z, xp), axis=-1)

    def sample(self, n: int, latent_dim: int, rng: np.random.Generator) -> np.ndarray:
        hills = rng.choice([-1.0, 1.0], (n, latent_dim))
        return hills + self.std * rng.standard_normal((n, latent_dim))

    def rate(self, z: Any, posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Rate:
        log_prior = self.log_prob_per_dim(z, xp)
        return sampled_rate(log_prior, z, posterior_mean, posterior_log_var, xp)


def log_sum_exp(values: Any, xp: Any) -> Any:
    """log(sum(exp(values))) over the last axis, (n, k) -> (n,)."""
    highest = xp.max(values, axis=1, keepdims=True)
    return highest[:, 0] + xp.log(xp.sum(xp.exp(values - highest), axis=1))


def integrated_rate(prior: Any, mean: np.ndarray, log_var: np.ndarray) -> float:
    """KL(q || p) of one posterior (2,) in a plane, by the trapezoidal rule on a grid."""
    std = np.exp(0.5 * log_var)
    sides = [np.linspace(m - 8 * s, m + 8 * s, 401) for m, s in zip(mean, std, strict=True)]
    z = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 2)
    log_q = -0.5 * (np.square((z - mean) / std) + log_var + math.log(2 * math.pi)).sum(axis=1)
    integrand = np.exp(log_q) * (log_q - prior.log_prob(z))
    return float(np.trapezoid(np.trapezoid(integrand.reshape(401, 401), sides[1]), sides[0]))
