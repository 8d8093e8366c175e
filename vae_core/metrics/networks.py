"""The interface of a model that is measured."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Networks(Protocol):
    """A model of images that `measure` can measure, such as `vae_core.model.vae.VAE`."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return posterior_mean and posterior_log_var (n, d) of images (n, size, size)."""
        ...

    def decode_logits(self, z: np.ndarray) -> np.ndarray:
        """Return logits (n, pixels) of latents z (n, d)."""
        ...
