"""The likelihood of texts: each token is categorical, given the ones before it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vae_core.config import RunConfig


class Categorical:
    """See `vae_core.model.likelihoods.TextLikelihood`; the decoder gives logits.

    The probabilities of all strings add up to 1.
    """

    nats = "log-mass"

    def __init__(self, config: RunConfig | None = None) -> None:
        del config

    def log_prob(self, params: Any, tokens: Any, xp: Any = np) -> Any:
        highest = xp.max(params, axis=-1, keepdims=True)
        log_sum = highest[..., 0] + xp.log(xp.sum(xp.exp(params - highest), axis=-1))
        classes = xp.arange(1, params.shape[-1] + 1, dtype="int32")  # without padding
        true = xp.sum(xp.where(tokens[..., None] == classes, params, 0.0), axis=-1)
        return -xp.sum(xp.where(tokens > 0, log_sum, 0.0) - true, axis=-1)

    def blank(self, values: int) -> float:
        """ln 2 for each token."""
        return math.log(2) * values
