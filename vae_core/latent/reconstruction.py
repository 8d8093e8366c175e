"""Reconstruct images with a run."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np


class Networks(Protocol):
    """A run's encoder and decoder, such as `vae_core.inference.images.Inference`."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return posterior_mean and posterior_log_var (n, d) of images (n, h, w, c)."""
        ...

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Return the means of the pixels (n, h, w, c) of latents z (n, d)."""
        ...


class Reconstruction(NamedTuple):
    """Pictures that a run reconstructs; see `reconstruct`.

    Attributes:
        at_mean: (n, h, w, c), decoded from the posterior means.
        std: (n, h, w, c), standard deviation of each pixel over samples of the posterior.
    """

    at_mean: np.ndarray
    std: np.ndarray


def reconstruct(
    networks: Networks, images: np.ndarray, samples: int = 32, seed: int = 0
) -> Reconstruction:
    """Reconstruct images, and measure how much the result varies with the sample of z.

    Latent coordinates can't be compared across runs, but pictures can. The noise is the same for
    all runs.

    Args:
        networks: the run's encoder and decoder.
        images: (n, h, w, c).
        samples: number of z drawn from the posterior of each image.
        seed: for the noise.
    """
    mean, log_var = networks.encode(images)
    n, d = mean.shape
    noise = np.random.default_rng(seed).standard_normal((samples, n, d)).astype(np.float32)
    z = mean + np.exp(0.5 * log_var) * noise
    decoded = networks.decode(z.reshape(-1, d)).reshape(samples, *images.shape)
    return Reconstruction(networks.decode(mean), decoded.std(axis=0))
