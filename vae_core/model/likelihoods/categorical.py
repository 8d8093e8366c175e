"""Tokens of texts, each given the ones before it."""

from __future__ import annotations

from typing import Any

import numpy as np


def sequence_distortion(logits: Any, tokens: Any, xp: Any = np) -> Any:
    """-log p(x|z) of texts: the cross-entropies of their tokens, summed up to the end of each.

    This is -log of a likelihood over all strings. Padding has none.

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
    return xp.sum(xp.where(tokens > 0, log_sum, 0.0) - true, axis=-1)
