"""Which latents and which items to look at: samples of the prior and of the aggregate posterior."""

from __future__ import annotations

import numpy as np

from vae_core.latent.coverage import squared_distances
from vae_core.latent.planes import noise_transforms


def prior_samples(n: int, latent_dim: int, seed: int = 0) -> np.ndarray:
    """n latents (n, d) of the prior N(0, 1)."""
    noise = np.random.default_rng(seed).standard_normal((n, latent_dim))
    return noise.astype(np.float32)


def spread_over_labels(labels: np.ndarray, n: int) -> np.ndarray:
    """Indices of n images to show: the first of each label, then the second, and so on.

    Args:
        labels: (m,).
        n: fewer where there are fewer images.
    """
    turn = np.zeros(len(labels), int)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        turn[members] = np.arange(len(members))
    return np.lexsort((labels, turn))[:n]


def aggregate_posterior_samples(
    n: int, posterior_mean: np.ndarray, posterior_log_var: np.ndarray, seed: int = 0
) -> np.ndarray:
    """n latents (n, d) of the aggregate posterior: of the posteriors of images drawn at random.

    Makhzani et al. (2016), "Adversarial Autoencoders", eq. 1. Decoded beside `prior_samples` they
    show the holes: where the prior has mass, and no image was put, the decoder never learned.

    Args:
        n: how many.
        posterior_mean, posterior_log_var: (m, d), of held-out images.
        seed: of images and noise.
    """
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(posterior_mean), n)
    std = np.exp(0.5 * posterior_log_var[rows])
    noise = rng.standard_normal(std.shape)
    return (posterior_mean[rows] + std * noise).astype(np.float32)


def most_typical(points: np.ndarray, labels: np.ndarray, label: int) -> int:
    """Row of the point of that label nearest to the mean of its label.

    The mean itself may lie where there is nothing, as between the two parts of a torn cluster.

    Args:
        points: (n, d).
        labels: (n,), of which at least one is `label`.
        label: the cluster.
    """
    members = np.flatnonzero(labels == label)
    centre = points[members].mean(axis=0, keepdims=True, dtype=np.float64)
    return int(members[squared_distances(points[members], centre)[:, 0].argmin()])


def fitted_normal_samples(n: int, points: np.ndarray, seed: int = 0) -> np.ndarray:
    """n samples (n, d) of the normal distribution with the mean and covariance of points (m, d).

    The simplest density to sample an autoencoder from after the fact; Ghosh et al. (2020), "From
    Variational to Deterministic Autoencoders", section 4. The noise is that of `prior_samples`.
    """
    covariance = np.atleast_2d(np.cov(points.astype(np.float64), rowvar=False))
    spread = noise_transforms(covariance[None])[0]
    return (points.mean(axis=0) + prior_samples(n, points.shape[1], seed) @ spread.T).astype(
        np.float32
    )
