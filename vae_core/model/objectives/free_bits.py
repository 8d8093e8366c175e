"""Free bits: a latent dimension is penalised only if its rate is above a limit.

Kingma et al. (2016), "Improving Variational Inference with Inverse Autoregressive Flow", eq. 15,
with each latent dimension as a group of its own. Below the limit nothing pulls a posterior towards
the prior. This keeps dimensions from collapsing early.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_core.config import ConfigError, RunConfig
from vae_core.model import priors
from vae_core.model.objectives import Terms
from vae_core.model.objectives.beta import Beta


class FreeBits(Beta):
    """distortion + beta * sum over dimensions of max(free bits, rate of the dimension).

    As in the paper, the rate of a dimension is first averaged over the batch. The penalty is at
    least free_bits * d, even if the model has collapsed.

    Raises:
        ConfigError: the prior gives no rate for each latent dimension.
    """

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config)
        prior = priors.of(config)
        if prior is None or not prior.factorised:
            raise ConfigError(
                "free bits need the rate of each latent dimension, which the prior "
                f"{config.prior!r} doesn't give: choose another prior or objective."
            )
        self.free_bits = config.free_bits
        self.latent_dim = config.latent_dim

    def penalty(self, terms: Terms, xp: Any = np) -> Any:
        return xp.sum(xp.maximum(terms.rate_per_dim, self.free_bits))

    def highest(self, distortion: float) -> float:
        return super().highest(distortion) + self.beta * self.free_bits * self.latent_dim
