"""Models to measure: one that has learned nothing, and a run that ships."""

from __future__ import annotations

import numpy as np

from vae_core.model.likelihoods import Likelihood
from vae_core.model.likelihoods.bernoulli import Bernoulli
from vae_core.model.priors import Prior
from vae_core.model.priors.standard_normal import StandardNormal
from vae_core.runs.run import Run
from vae_core.runs.store import pretrained_store


class BlankModel:
    """An encoder equal to the prior and a decoder that gives 1/2 everywhere."""

    likelihood: Likelihood = Bernoulli()
    prior: Prior = StandardNormal()

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((len(images), 2)), np.zeros((len(images), 2))

    def log_likelihood(self, images: np.ndarray, z: np.ndarray) -> np.ndarray:
        logits, x = np.zeros((len(z), 16, 1)), images.reshape(len(images), -1)
        return np.asarray(self.likelihood.log_prob(logits, x))


def digits_run() -> Run:
    """A pretrained run on digits: mlp, 2 latent dimensions, β = 1."""
    return pretrained_store().get("digits-mlp-d2-beta1-seed0-37bd42db")
