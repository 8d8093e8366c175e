"""Controlled capacity: beta * |rate - C|, with C growing over the steps.

Burgess et al. (2018), "Understanding disentangling in beta-VAE", eq. 8.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_core.config import RunConfig
from vae_core.model.objectives import Terms
from vae_core.model.objectives.beta import Beta
from vae_core.model.schedules import Step


class Capacity(Beta):
    """distortion + beta * |rate - capacity|, chosen by the schedule `capacity`."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config)
        self.capacity = config.capacity

    def loss(self, terms: Terms, step: Step, xp: Any = np) -> Any:
        if self.beta == 0:
            return terms.distortion
        return terms.distortion + step.beta * xp.abs(terms.rate - step.capacity)

    def highest(self, distortion: float) -> float:
        """A rate near 0 is normal at first, and then |rate - C| is as large as C."""
        return super().highest(distortion) + self.beta * self.capacity
