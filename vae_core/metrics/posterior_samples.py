"""Samples of posteriors."""

from __future__ import annotations

import numpy as np


def sample_posteriors(
    posterior_mean: np.ndarray, posterior_log_var: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw one latent from each posterior.

    Args:
        posterior_mean, posterior_log_var: (n, d).
        rng: for the noise.

    Returns:
        (n, d).
    """
    noise = rng.standard_normal(posterior_mean.shape)
    return posterior_mean + np.exp(0.5 * posterior_log_var) * noise
