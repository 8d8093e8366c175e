"""Values under independent normal distributions of one fixed width.

The decoder gives the mean of each value; sigma is a setting. With the usual objective, only
beta * sigma^2 matters: distortion + beta * rate has the same minimum as squared error / 2 +
beta * sigma^2 * rate. Rybkin et al. (2021), "Simple and Effective VAE Training with Calibrated
Decoders".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vae_core.config import RunConfig


class Gaussian:
    """See `vae_core.model.likelihoods.Likelihood`; the decoder gives a mean for each value.

    log_prob is a log-density. The distortion is below 0 if the density is above 1, and it can't be
    compared with a cross-entropy.
    """

    numbers = 1
    activation = "linear"
    nats = "log-density"
    of_binary = False

    def __init__(self, config: RunConfig) -> None:
        self.sigma = config.sigma

    def log_prob(self, params: Any, x: Any, xp: Any = np) -> Any:
        """log p(x|z) (n,): -squared error / (2 sigma^2) - log(sigma sqrt(2 pi)) for each value."""
        log_scale = math.log(self.sigma * math.sqrt(2 * math.pi))
        return -xp.sum(xp.square(x - params[..., 0]) / (2 * self.sigma**2) + log_scale, axis=-1)

    def mean(self, params: Any, xp: Any = np) -> Any:
        del xp
        return params[..., 0]

    def params_of(self, mean: np.ndarray) -> np.ndarray:
        return mean.astype(np.float64)[..., None]

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return self.mean(params) + self.sigma * rng.standard_normal(params.shape[:-1])

    def blank(self, values: int) -> float:
        """The distortion of white decoded as black, without log sigma, which may be negative."""
        return values / (2 * self.sigma**2)

    def least_distortion(self, x: np.ndarray) -> np.ndarray:
        """The distortion if the mean is x: log(sigma sqrt(2 pi)) for each value."""
        return np.full(len(x), x.shape[1] * math.log(self.sigma * math.sqrt(2 * math.pi)))
