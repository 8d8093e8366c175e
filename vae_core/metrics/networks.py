"""What the metrics ask of a model."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Networks(Protocol):
    """What `measure` asks of a model; `vae_core.model.vae.VAE` has it."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """posterior_mean and posterior_log_var (n, d) of images (n, size, size)."""
        ...

    def decode_logits(self, z: np.ndarray) -> np.ndarray:
        """Logits (n, pixels) of latents z (n, d)."""
        ...
