"""The objectives of Higgins et al. (2017) and Burgess et al. (2018): distortion + beta * rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_core.config import RunConfig


def elbo(distortion: Any, rate: Any) -> Any:
    """-(distortion + rate), nats an image: free of β, so it compares runs of several β."""
    return -(distortion + rate)


def loss(distortion: Any, rate: Any, beta: Any, capacity: Any = None, xp: Any = np) -> Any:
    """What training minimises: distortion + beta * rate, or beta * |rate - capacity|.

    A plain number 0 for `beta` leaves the rate out of the graph altogether: it then runs off,
    and 0 * inf must not turn the loss into nan.
    """
    if isinstance(beta, int | float) and beta == 0:
        return distortion
    penalty = rate if capacity is None else xp.abs(rate - capacity)
    return distortion + beta * penalty


def terms(config: RunConfig) -> tuple[str, ...]:
    """What training reports of each batch, by name: an autoencoder has no rate."""
    return ("loss", "distortion", "rate") if config.has_rate else ("loss", "distortion")
