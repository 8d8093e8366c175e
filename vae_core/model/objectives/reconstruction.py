"""The objective of an autoencoder: the distortion, because an autoencoder has no rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_core.config import RunConfig
from vae_core.model.objectives import Terms
from vae_core.model.schedules import Step


class Reconstruction:
    """See `vae_core.model.objectives.Objective`."""

    parts = ("loss", "distortion")

    def __init__(self, config: RunConfig) -> None:
        del config

    def loss(self, terms: Terms, step: Step, xp: Any = np) -> Any:
        del step, xp
        return terms.distortion

    def highest(self, distortion: float) -> float:
        return distortion
