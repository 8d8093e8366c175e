"""Encode and decode the images of a run without TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_core.inference.session import run_session, sessions
from vae_core.model import likelihoods, priors
from vae_core.runs.run import Run


class Inference:
    """The encoder and the decoder of one run.

    Args:
        run: a run with exports, see `Run.viewable`.

    Attributes:
        item_shape: (h, w, c) of an image.

    Raises:
        RunError: an export is missing or damaged.
    """

    def __init__(self, run: Run) -> None:
        self.latent_dim = run.config.latent_dim
        self.prior = priors.learned(run.config, run.arrays)
        self.likelihood = likelihoods.of(run.config)
        with sessions(run) as (self._encoder, self._decoder):
            self.item_shape = tuple(map(int, self._encoder.get_inputs()[0].shape[1:]))

    def items(self, x: Any) -> np.ndarray:
        """Check a user's images and convert them to (n, h, w, c), floats in [0, 1].

        Args:
            x: (n, h, w, c), floats in [0, 1] or uint8; grey images may also be (n, h, w).

        Raises:
            ValueError: x has another shape or range.
        """
        images = np.asarray(x)
        shapes = [self.item_shape]
        if len(self.item_shape) == 3 and self.item_shape[-1] == 1:
            shapes.append(self.item_shape[:2])
        if images.shape[1:] not in shapes:
            expected = " or ".join(f"(n, {', '.join(map(str, shape))})" for shape in shapes)
            raise ValueError(f"x must have the shape {expected}, got {images.shape}.")
        images = images.reshape(len(images), *self.item_shape)
        if images.dtype == np.uint8:
            images = images / np.float32(255)
        # Written so that nan is refused, too.
        if len(images) and not (images.min() >= 0 and images.max() <= 1):
            raise ValueError(
                f"x must lie in [0, 1] (or be uint8), got {images.min():g} to {images.max():g}."
            )
        return images

    def readable(self, decoded: np.ndarray) -> np.ndarray:
        """Convert the result of `decode` to what users expect. Images need no conversion."""
        return decoded

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return posterior_mean and posterior_log_var (n, d) float32 of images (n, h, w, c).

        An autoencoder's posteriors have no width: the log-variance is -inf.
        """
        mean, log_var = run_session(self._encoder, np.asarray(images, np.float32))
        return mean, log_var if self.prior else np.full_like(mean, -np.inf)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Return the means of the pixels (n, h, w, c) float32 for latents z (n, d)."""
        return self._decode(z)[0]

    def _decode(self, z: np.ndarray) -> list[np.ndarray]:
        """Run decoder.onnx; `VAE.exported_decoder` describes its outputs."""
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z must have the shape (n, {self.latent_dim}), got {z.shape}.")
        return run_session(self._decoder, z)

    def log_likelihood(self, images: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Compute log p(x|z) (n,) of images (n, h, w, c) and latents (n, d), nats per image.

        If decoder.onnx gives only means, the parameters are computed from them. Means of Bernoulli
        distributions are first moved to at least `bernoulli.LEAST_PROBABILITY` from 0 and 1. So
        the result differs from the run's stored numbers only where a mean is nearer than that to 0
        or 1 although the pixel is not.
        """
        means, *exported_params = self._decode(z)
        if exported_params:
            params = exported_params[0].reshape(len(z), -1, self.likelihood.numbers)
        else:
            params = self.likelihood.params_of(means.reshape(len(z), -1))
        return np.asarray(self.likelihood.log_prob(params, images.reshape(len(images), -1)))
