"""Count the latent dimensions that are in use."""

from __future__ import annotations

import numpy as np

ACTIVE_VARIANCE = 0.01
HIGH_RATE = 0.5  # nats


def active_units(posterior_mean: np.ndarray, threshold: float = ACTIVE_VARIANCE) -> int:
    """Count the latent dimensions whose posterior mean varies with x.

    Burda, Grosse & Salakhutdinov (2016), "Importance Weighted Autoencoders", section 5.2:
    a unit u is active if Var_x(E_q(u|x)[u]) is above 0.01.

    Args:
        posterior_mean: (n, d), posterior means of held-out images.
        threshold: variance above which a unit counts.

    Returns:
        0 to d.
    """
    return int((np.var(posterior_mean, axis=0, dtype=np.float64) > threshold).sum())


def high_rate_units(rate_per_dim: np.ndarray, threshold: float = HIGH_RATE) -> int:
    """Count the latent dimensions with a rate above `threshold` nats.

    This is our own count. It can differ from `active_units` in two ways. A unit whose mean varies
    only a little with x may be active with almost no rate. A unit whose posterior is narrow but the
    same for every x has a rate, but carries no information, so it is not active.

    Args:
        rate_per_dim: (d,), mean over held-out images, nats.
    """
    return int((np.asarray(rate_per_dim) > threshold).sum())
