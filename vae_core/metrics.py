"""Numbers about a trained run, in NumPy; each says where it comes from."""

from __future__ import annotations

import numpy as np


def active_units(posterior_mean: np.ndarray, threshold: float = 0.01) -> int:
    """Number of latent dimensions whose posterior mean varies with x.

    Burda, Grosse & Salakhutdinov (2016), "Importance Weighted Autoencoders", section 5.2:
    a unit u is active if Var_x(E_q(u|x)[u]) is above 0.01.

    Args:
        posterior_mean: (n, d), of held-out images.
        threshold: variance above which a unit counts.

    Returns:
        0 to d.
    """
    return int((np.var(posterior_mean, axis=0, dtype=np.float64) > threshold).sum())


def informative_units(rate_per_dim: np.ndarray, threshold: float = 0.5) -> int:
    """Number of latent dimensions that carry more than `threshold` nats of rate.

    Stricter than `active_units`: a dimension may move with x and yet say next to nothing.

    Args:
        rate_per_dim: (d,), mean over held-out images, nats.
    """
    return int((np.asarray(rate_per_dim) > threshold).sum())
