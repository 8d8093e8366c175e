"""Samples of posteriors."""

from __future__ import annotations

import numpy as np


def sampled(
    posterior_mean: np.ndarray, posterior_log_var: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """One latent of each posterior, (n, d)."""
    noise = rng.standard_normal(posterior_mean.shape)
    return posterior_mean + np.exp(0.5 * posterior_log_var) * noise
