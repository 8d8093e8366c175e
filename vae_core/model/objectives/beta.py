"""The objective of Higgins et al. (2017), "beta-VAE": distortion + beta * rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_core.config import RunConfig
from vae_core.model.objectives import Terms
from vae_core.model.schedules import Step


class Beta:
    """See `vae_core.model.objectives.Objective`.

    At beta = 0 nothing keeps the rate finite, and 0 * inf would make the loss nan. So the loss then
    leaves the rate out.
    """

    parts: tuple[str, ...] = ("loss", "distortion", "rate")

    def __init__(self, config: RunConfig) -> None:
        self.beta = config.beta

    def loss(self, terms: Terms, step: Step, xp: Any = np) -> Any:
        if self.beta == 0:
            return terms.distortion
        return terms.distortion + step.beta * self.penalty(terms, xp)

    def penalty(self, terms: Terms, xp: Any = np) -> Any:
        """The term that beta weighs (), nats per item. Subclasses override it."""
        del xp
        return terms.rate

    def highest(self, distortion: float) -> float:
        return distortion * max(1.0, self.beta)
