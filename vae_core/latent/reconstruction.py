"""The same images through a run: what comes out."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np


class Networks(Protocol):
    """What decodes and encodes a run; `vae_core.inference.images.Inference` does."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """posterior_mean and posterior_log_var (n, d) of images (n, size, size)."""
        ...

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Pixel probabilities (n, size, size) of latents z (n, d)."""
        ...


class Reconstruction(NamedTuple):
    """What a run makes of some images; see `reconstruct`."""

    at_mean: np.ndarray
    std: np.ndarray


def reconstruct(
    networks: Networks, images: np.ndarray, samples: int = 32, seed: int = 0
) -> Reconstruction:
    """The same images through a run: what comes out, and how much it varies with the sample.

    Latent coordinates mean nothing across runs, images do: this is what a comparison over β may
    set side by side. All runs see the same noise.

    Args:
        networks: of the run.
        images: (n, size, size).
        samples: z sampled from the posterior of each image.
        seed: of the noise.

    Returns:
        Decoded pictures (n, size, size): of the posterior mean, and the standard deviation of each
        pixel over the samples.
    """
    mean, log_var = networks.encode(images)
    n, d = mean.shape
    noise = np.random.default_rng(seed).standard_normal((samples, n, d)).astype(np.float32)
    z = mean + np.exp(0.5 * log_var) * noise
    decoded = networks.decode(z.reshape(-1, d)).reshape(samples, *images.shape)
    return Reconstruction(networks.decode(mean), decoded.std(axis=0))
