"""Pixels in [0, 1] under independent Bernoulli distributions."""

from __future__ import annotations

from typing import Any

import numpy as np


def distortion(logits: Any, x: Any, xp: Any = np) -> Any:
    """-log p(x|z) of a Bernoulli decoder, from logits, summed over the pixels.

    On grey pixels this is a cross-entropy, not a likelihood: its floor is above 0, so never
    compare it with numbers on binarised images.

    Args:
        logits: (n, pixels), before the sigmoid: no pixel saturates, unlike log(sigmoid).
        x: (n, pixels), in [0, 1].
        xp: array module, `numpy` or `keras.ops`.

    Returns:
        (n,), nats an image.
    """
    log_one_plus_exp = xp.maximum(logits, 0.0) + xp.log1p(xp.exp(-xp.abs(logits)))
    return xp.sum(log_one_plus_exp - x * logits, axis=-1)
