"""Tokens of texts, each given the ones before it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

NATS = "log-mass"


def log_prob(logits: Any, tokens: Any, xp: Any = np) -> Any:
    """log p(x|z) of texts: of their tokens, summed up to the end of each. Padding has none.

    It is a likelihood over all strings.

    Args:
        logits: (n, length, c + 1) of the end and the c characters, with each token's predecessors
            given.
        tokens: (n, length), see `vae_core.data.tokens`; 0 is padding.
        xp: array module, `numpy` or `keras.ops`.

    Returns:
        (n,), nats a text.
    """
    highest = xp.max(logits, axis=-1, keepdims=True)
    log_sum = highest[..., 0] + xp.log(xp.sum(xp.exp(logits - highest), axis=-1))
    classes = xp.arange(1, logits.shape[-1] + 1, dtype="int32")  # padding is none of them
    true = xp.sum(xp.where(tokens[..., None] == classes, logits, 0.0), axis=-1)
    return -xp.sum(xp.where(tokens > 0, log_sum, 0.0) - true, axis=-1)


def blank(tokens: int) -> float:
    """ln 2 a token, see `vae_core.model.likelihoods.Likelihood`."""
    return math.log(2) * tokens
