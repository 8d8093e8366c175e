"""Values in [0, 1] under independent Bernoulli distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vae_core.config import RunConfig

# 1 minus the largest float32 below 1. So a value costs at most -log of this, 16.6 nats.
LEAST_PROBABILITY = 2.0**-24


class Bernoulli:
    """See `vae_core.model.likelihoods.Likelihood`; the decoder gives a logit for each value.

    On grey pixels the distortion is a cross-entropy, which never reaches 0. It can't be compared
    with distortions of binarised images.
    """

    numbers = 1
    activation = "sigmoid"
    nats = "cross-entropy"
    of_binary = True

    def __init__(self, config: RunConfig | None = None) -> None:
        del config

    def log_prob(self, params: Any, x: Any, xp: Any = np) -> Any:
        """log p(x|z) (n,), computed from logits; log(sigmoid) would saturate."""
        logits = params[..., 0]
        log_one_plus_exp = xp.maximum(logits, 0.0) + xp.log1p(xp.exp(-xp.abs(logits)))
        return -xp.sum(log_one_plus_exp - x * logits, axis=-1)

    def mean(self, params: Any, xp: Any = np) -> Any:
        return 0.5 * (1 + xp.tanh(0.5 * params[..., 0]))  # a sigmoid that can't overflow

    def params_of(self, mean: np.ndarray) -> np.ndarray:
        """The logits (n, D, 1) float64 of probabilities (n, D).

        Probabilities closer than `LEAST_PROBABILITY` to 0 or 1 are moved to that distance.
        """
        p = np.clip(mean.astype(np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
        return np.asarray(np.log(p) - np.log1p(-p))[..., None]

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return (rng.random(params.shape[:-1]) < self.mean(params)).astype(np.float32)

    def blank(self, values: int) -> float:
        """The distortion if each probability is 1/2: ln 2 for each value."""
        return math.log(2) * values

    def least_distortion(self, x: np.ndarray) -> np.ndarray:
        """The entropy of the grey values, taken as probabilities; 0 if all are 0 or 1."""
        p = x.astype(np.float64)
        entropy = -p * np.log(np.where(p > 0, p, 1)) - (1 - p) * np.log(np.where(p < 1, 1 - p, 1))
        return np.asarray(entropy.sum(axis=-1))
