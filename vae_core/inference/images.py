"""Encode and decode the images of a run without TensorFlow."""

from __future__ import annotations

import numpy as np

from vae_core.inference.session import run_session, sessions
from vae_core.model import likelihoods, priors
from vae_core.runs.run import Run


class Inference:
    """The networks of one run.

    Args:
        run: with exports, see `Run.viewable`.

    Attributes:
        item_shape: (h, w, c) of an image.

    Raises:
        RunError: an export is missing or damaged.
    """

    def __init__(self, run: Run) -> None:
        self.latent_dim = run.config.latent_dim
        self.prior = priors.of(run.config)
        self.likelihood = likelihoods.of(run.config)
        with sessions(run) as (self._encoder, self._decoder):
            self.item_shape = tuple(map(int, self._encoder.get_inputs()[0].shape[1:]))

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """posterior_mean and posterior_log_var, (n, d) float32, of images (n, h, w, c).

        An autoencoder's posteriors have no width: their log-variance is -inf.
        """
        mean, log_var = run_session(self._encoder, np.asarray(images, np.float32))
        return mean, log_var if self.prior else np.full_like(mean, -np.inf)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Means of the pixels (n, h, w, c) float32, of latents z (n, d)."""
        return self._decode(z)[0]

    def _decode(self, z: np.ndarray) -> list[np.ndarray]:
        """What decoder.onnx gives, see `VAE.exported_decoder`."""
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z must have the shape (n, {self.latent_dim}), got {z.shape}.")
        return run_session(self._decoder, z)

    def log_likelihood(self, images: np.ndarray, z: np.ndarray) -> np.ndarray:
        """log p(x|z) (n,) of images (n, h, w, c) and latents (n, d), nats an image.

        From the means, if decoder.onnx gives those alone. Under Bernoulli they end at
        `bernoulli.LEAST_PROBABILITY` from 0 and 1, so what a run stores differs from these only
        where it is surer of a pixel, and wrong.
        """
        means, *given = self._decode(z)
        if given:
            params = given[0].reshape(len(z), -1, self.likelihood.numbers)
        else:
            params = self.likelihood.params_of(means.reshape(len(z), -1))
        return np.asarray(self.likelihood.log_prob(params, images.reshape(len(images), -1)))
