"""The standard normal prior N(0, I)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vae_core.config import RunConfig


def rate_per_dim(posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
    """KL(q(z|x) || N(0, 1)) of each latent dimension, in closed form.

    Args:
        posterior_mean: (..., d).
        posterior_log_var: (..., d), natural log of the variance.
        xp: array module, `numpy` or `keras.ops`.

    Returns:
        (..., d), nats; never below 0 but for rounding.
    """
    variance = xp.exp(posterior_log_var)
    return 0.5 * (xp.square(posterior_mean) + variance - 1.0 - posterior_log_var)


def rate(posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
    """KL(q(z|x) || p(z)), summed over the latent dimensions: (..., d) -> (...), nats an image."""
    return xp.sum(rate_per_dim(posterior_mean, posterior_log_var, xp), axis=-1)


class StandardNormal:
    """See `vae_core.model.priors.Prior`."""

    def __init__(self, config: RunConfig | None = None) -> None:
        del config

    def log_prob(self, z: np.ndarray) -> np.ndarray:
        normaliser = 0.5 * z.shape[1] * math.log(2 * math.pi)
        return np.asarray(-0.5 * np.square(z).sum(axis=1) - normaliser)

    def sample(self, n: int, latent_dim: int, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((n, latent_dim))

    def rate_per_dim(self, posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
        return rate_per_dim(posterior_mean, posterior_log_var, xp)

    def circles(self) -> tuple[float, ...]:
        """One, two and three standard deviations."""
        return 1.0, 2.0, 3.0
