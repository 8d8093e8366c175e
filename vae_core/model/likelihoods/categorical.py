"""The likelihood of texts: each token given the ones before it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

NATS = "log-mass"


def log_prob(logits: Any, tokens: Any, xp: Any = np) -> Any:
    """log p(x|z) of texts, summed over the characters and the end token; padding doesn't count.

    The probabilities of all strings add up to 1.

    Args:
        logits: (n, length, c + 1), of the end and the c characters, given the previous tokens.
        tokens: (n, length), see `vae_core.data.tokens`; 0 is padding.
        xp: array module, `numpy` or `keras.ops`.

    Returns:
        (n,), nats per text.
    """
    highest = xp.max(logits, axis=-1, keepdims=True)
    log_sum = highest[..., 0] + xp.log(xp.sum(xp.exp(logits - highest), axis=-1))
    classes = xp.arange(1, logits.shape[-1] + 1, dtype="int32")  # without padding
    true = xp.sum(xp.where(tokens[..., None] == classes, logits, 0.0), axis=-1)
    return -xp.sum(xp.where(tokens > 0, log_sum, 0.0) - true, axis=-1)


def blank(tokens: int) -> float:
    """ln 2 for each token, see `vae_core.model.likelihoods.Likelihood.blank`."""
    return math.log(2) * tokens
