"""Priors p(z): one file each, one line in the registry.

A member is a class that is built from the config and does what `Prior` says.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from vae_core.config import RunConfig
from vae_core.registry import Registry

PRIORS = Registry(
    "prior",
    "vae_lab.priors",
    {"standard_normal": "vae_core.model.priors.standard_normal:StandardNormal"},
)


class Prior(Protocol):
    """p(z), with the same distribution for each latent dimension or not."""

    def log_prob(self, z: np.ndarray) -> np.ndarray:
        """log p(z) (n,) of latents (n, d), nats."""
        ...

    def sample(self, n: int, latent_dim: int, rng: np.random.Generator) -> np.ndarray:
        """n latents (n, d) float64."""
        ...

    def rate_per_dim(self, posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
        """KL(q(z|x) || p(z)) of each latent dimension, in closed form.

        Args:
            posterior_mean: (..., d).
            posterior_log_var: (..., d), natural log of the variance.
            xp: array module, `numpy` or `keras.ops`.

        Returns:
            (..., d), nats.
        """
        ...

    def circles(self) -> tuple[float, ...]:
        """Radii about 0 at which a plane of two latent dimensions shows it."""
        ...


def of(config: RunConfig) -> Prior:
    """The prior that the config asks for.

    Raises:
        ConfigError: there is none of that name.
    """
    prior: Prior = PRIORS[config.prior](config)
    return prior


def names(kind: str | None = None) -> tuple[str, ...]:
    """All priors, for data of any kind."""
    del kind
    return tuple(PRIORS)
