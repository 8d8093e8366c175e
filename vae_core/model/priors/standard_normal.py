"""The standard normal prior N(0, I)."""

from __future__ import annotations

from typing import Any

import numpy as np


def rate_per_dim(posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
    """KL(q(z|x) || N(0, 1)) of each latent dimension, in closed form.

    Args:
        posterior_mean: (..., d).
        posterior_log_var: (..., d), natural log of the variance.
        xp: array module, `numpy` or `keras.ops`.

    Returns:
        (..., d), nats; never below 0 but for rounding.
    """
    variance = xp.exp(posterior_log_var)
    return 0.5 * (xp.square(posterior_mean) + variance - 1.0 - posterior_log_var)


def rate(posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
    """KL(q(z|x) || p(z)), summed over the latent dimensions: (..., d) -> (...), nats an image."""
    return xp.sum(rate_per_dim(posterior_mean, posterior_log_var, xp), axis=-1)
