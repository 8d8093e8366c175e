"""The standard normal prior N(0, I)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from vae_core.config import RunConfig
from vae_core.model.priors import Rate


def rate_per_dim(posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
    """KL(q(z|x) || N(0, 1)) of each latent dimension, in closed form.

    Args:
        posterior_mean: (..., d).
        posterior_log_var: (..., d), natural log of the variance.
        xp: array module, `numpy` or `keras.ops`.

    Returns:
        (..., d), nats; at least 0, apart from rounding.
    """
    variance = xp.exp(posterior_log_var)
    return 0.5 * (xp.square(posterior_mean) + variance - 1.0 - posterior_log_var)


def rate(posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
    """KL(q(z|x) || N(0, I)), summed over latent dimensions: (..., d) -> (...), nats per item."""
    return xp.sum(rate_per_dim(posterior_mean, posterior_log_var, xp), axis=-1)


class StandardNormal:
    """See `vae_core.model.priors.Prior`. The rate has a closed form."""

    factorised = True
    arrays: Mapping[str, Any] = {}

    def __init__(self, config: RunConfig | None = None) -> None:
        del config

    def log_prob(self, z: Any, xp: Any = np) -> Any:
        normaliser = 0.5 * z.shape[1] * math.log(2 * math.pi)
        return -0.5 * xp.sum(xp.square(z), axis=1) - normaliser

    def sample(self, n: int, latent_dim: int, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((n, latent_dim))

    def rate(self, z: Any, posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Rate:
        del z
        per_dim = self.rate_per_dim(posterior_mean, posterior_log_var, xp)
        return Rate(xp.sum(per_dim, axis=-1), per_dim)

    def rate_per_dim(self, posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
        """The rate of each latent dimension (n, d), from posteriors (n, d)."""
        return rate_per_dim(posterior_mean, posterior_log_var, xp)

    def circles(self) -> tuple[float, ...]:
        """One and two standard deviations."""
        return 1.0, 2.0
