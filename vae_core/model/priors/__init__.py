"""Priors p(z): one file each, one line in the registry.

A member is a class that is built from the config and has the methods of `Prior`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Protocol

import numpy as np

from vae_core.config import RunConfig
from vae_core.registry import Registry

PRIORS = Registry(
    "prior",
    "vae_lab.priors",
    {"standard_normal": "vae_core.model.priors.standard_normal:StandardNormal"},
)


class Rate(NamedTuple):
    """KL(q(z|x) || p(z)) of n items, nats.

    Attributes:
        total: (n,), summed over the latent dimensions.
        per_dim: (n, d), the rate of each latent dimension; None if the prior is not factorised.
    """

    total: Any
    per_dim: Any


class Prior(Protocol):
    """p(z).

    Attributes:
        factorised: is p(z) a product of one density for each latent dimension? Otherwise the rate
            has no parts per dimension, and only its sum is reported.
    """

    factorised: bool

    def log_prob(self, z: Any, xp: Any = np) -> Any:
        """log p(z) (n,) of latents (n, d), nats."""
        ...

    def sample(self, n: int, latent_dim: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n latents (n, d) float64."""
        ...

    def rate(self, z: Any, posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Rate:
        """KL(q(z|x) || p(z)) of each item, in closed form or estimated, see `sampled_rate`.

        Args:
            z: (n, d), one sample from each posterior. A closed form doesn't need it.
            posterior_mean: (n, d).
            posterior_log_var: (n, d), natural log of the variance.
            xp: array module, `numpy` or `keras.ops`.
        """
        ...

    def circles(self) -> tuple[float, ...]:
        """Radii around 0 of the circles that pages draw of the prior; () to draw none."""
        ...


def sampled_rate(
    log_prior: Any, z: Any, posterior_mean: Any, posterior_log_var: Any, xp: Any = np
) -> Rate:
    """Estimate the rate as log q(z|x) - log p(z), for a prior whose KL has no closed form.

    The estimate is unbiased. For a single item it can be negative.

    Args:
        log_prior: log p(z), (n,); of a factorised prior, log p of each latent dimension, (n, d).
        z, posterior_mean, posterior_log_var, xp: see `Prior.rate`.
    """
    noise = (z - posterior_mean) * xp.exp(-0.5 * posterior_log_var)
    log_posterior = -0.5 * (xp.square(noise) + posterior_log_var + math.log(2 * math.pi))
    if len(log_prior.shape) == 1:
        return Rate(xp.sum(log_posterior, axis=-1) - log_prior, None)
    per_dim = log_posterior - log_prior
    return Rate(xp.sum(per_dim, axis=-1), per_dim)


def of(config: RunConfig) -> Prior | None:
    """The prior that the config names; None for an autoencoder, which has none.

    Raises:
        ConfigError: no prior has that name.
    """
    return PRIORS[config.prior](config) if config.has_rate else None


def names(kind: str | None = None) -> tuple[str, ...]:
    """All priors; each can be used for any kind of data."""
    del kind
    return tuple(PRIORS)
