"""The interface of a model that is measured."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vae_core.model.likelihoods import Likelihood
from vae_core.model.priors import Prior


class Networks(Protocol):
    """A model of images that `measure` can measure, such as `VAE` and `Inference`."""

    likelihood: Likelihood

    @property
    def prior(self) -> Prior | None:
        """p(z); None for an autoencoder."""
        ...

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return posterior_mean and posterior_log_var (n, d) of images (n, h, w, c)."""
        ...

    def log_likelihood(self, images: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return log p(x|z) (n,) of images (n, h, w, c) and latents (n, d)."""
        ...
