"""Priors p(z): one file each, one line in the registry.

A member is a class that is built from the config and has the methods of `Prior`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
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
        arrays: name -> numbers (float32) that training learns together with the networks; empty for
            a fixed prior. A new member has its first values here. Training puts its own variables
            in their place. The learned values are stored in arrays.npz, so that pages read them
            without Keras. The methods read `self.arrays` each time they are called.
        factorised: is p(z) a product of one density for each latent dimension? Otherwise the rate
            has no parts per dimension, and only its sum is reported.
    """

    factorised: bool
    arrays: Mapping[str, Any]

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


STORED = "prior_{}"  # the key of one of the prior's arrays in arrays.npz


def of(config: RunConfig, arrays: Mapping[str, Any] | None = None) -> Prior | None:
    """The prior that the config names; None for an autoencoder, which has none.

    Args:
        arrays: to use in place of the first values of `Prior.arrays`.

    Raises:
        ConfigError: no prior has that name.
    """
    if not config.has_rate:
        return None
    prior: Prior = PRIORS[config.prior](config)
    if arrays is not None:
        prior.arrays = arrays
    return prior


def stored(prior: Prior | None) -> dict[str, np.ndarray]:
    """The prior's arrays by their keys in arrays.npz."""
    return {STORED.format(name): values for name, values in (prior.arrays if prior else {}).items()}


def learned(config: RunConfig, read: Callable[[], Mapping[str, np.ndarray]]) -> Prior | None:
    """The prior of a run with the numbers that training has learned.

    Args:
        config: the run's.
        read: reads the run's arrays.npz or snapshot.npz; called only if the prior has arrays.

    Raises:
        ConfigError: no prior has that name.
        RunError: raised by `read`.
    """
    prior = of(config)
    if prior is not None and prior.arrays:
        arrays = read()
        prior.arrays = {name: arrays[STORED.format(name)] for name in prior.arrays}
    return prior


def names(kind: str | None = None) -> tuple[str, ...]:
    """All priors; each can be used for any kind of data."""
    del kind
    return tuple(PRIORS)
