"""Pixels in [0, 1] under independent Bernoulli distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vae_core.config import RunConfig

# What float32 tells of a probability near 1: a pixel costs at most -log of this, 16.6 nats.
LEAST_PROBABILITY = 2.0**-24


class Bernoulli:
    """See `vae_core.model.likelihoods.Likelihood`; the decoder gives a logit a pixel.

    On grey pixels its nats are a cross-entropy, not a likelihood: the floor is above 0, so never
    compare them with numbers on binarised images.
    """

    activation = "sigmoid"
    nats = "cross-entropy"
    of_binary = True

    def __init__(self, config: RunConfig | None = None) -> None:
        del config

    def log_prob(self, params: Any, x: Any, xp: Any = np) -> Any:
        """log p(x|z) (n,), from logits: no pixel saturates, unlike log(sigmoid)."""
        log_one_plus_exp = xp.maximum(params, 0.0) + xp.log1p(xp.exp(-xp.abs(params)))
        return -xp.sum(log_one_plus_exp - x * params, axis=-1)

    def mean(self, params: np.ndarray) -> np.ndarray:
        return np.asarray(0.5 * (1 + np.tanh(0.5 * params)))  # a sigmoid that can't overflow

    def params_of(self, mean: np.ndarray) -> np.ndarray:
        """Logits float64; of probabilities within `LEAST_PROBABILITY` of 0 and 1 those there."""
        p = np.clip(mean.astype(np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
        return np.asarray(np.log(p) - np.log1p(-p))

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return (rng.random(params.shape) < self.mean(params)).astype(np.float32)

    def blank(self, pixels: int) -> float:
        """Of the grey picture: ln 2 a pixel."""
        return math.log(2) * pixels
