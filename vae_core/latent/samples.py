"""Choose latents and items to show: samples of the prior or the aggregate posterior, and images."""

from __future__ import annotations

import numpy as np

from vae_core.latent.coverage import squared_distances
from vae_core.latent.planes import noise_transforms
from vae_core.model.priors import Prior
from vae_core.model.priors.standard_normal import StandardNormal


def prior_samples(n: int, latent_dim: int, seed: int = 0, prior: Prior | None = None) -> np.ndarray:
    """Draw n latents (n, d) float32 from a prior, by default N(0, I)."""
    z = (prior or StandardNormal()).sample(n, latent_dim, np.random.default_rng(seed))
    return z.astype(np.float32)


def spread_over_labels(labels: np.ndarray, n: int) -> np.ndarray:
    """Return the indices of n images: the first of each label, then the second of each, and so on.

    Args:
        labels: (m,).
        n: number of images; all are returned if there are fewer.
    """
    rank_in_label = np.zeros(len(labels), int)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        rank_in_label[members] = np.arange(len(members))
    return np.lexsort((labels, rank_in_label))[:n]


def aggregate_posterior_samples(
    n: int, posterior_mean: np.ndarray, posterior_log_var: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Draw n latents (n, d) from the aggregate posterior: from the posteriors of random images.

    Makhzani et al. (2016), "Adversarial Autoencoders", eq. 1. Compare pictures decoded from these
    latents with pictures decoded from `prior_samples` to see the holes: places the prior samples
    from, but where no image lies, so that the decoder never learned them.

    Args:
        n: number of samples.
        posterior_mean, posterior_log_var: (m, d), posteriors of held-out images.
        seed: for the choice of images and for the noise.
    """
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(posterior_mean), n)
    std = np.exp(0.5 * posterior_log_var[rows])
    noise = rng.standard_normal(std.shape)
    return (posterior_mean[rows] + std * noise).astype(np.float32)


def most_typical(points: np.ndarray, labels: np.ndarray, label: int) -> int:
    """Return the row of the point that is nearest to the mean of all points with its label.

    The mean itself may lie where there are no points, such as between two clusters of one label.

    Args:
        points: (n, d).
        labels: (n,); at least one is `label`.
        label: the label to search.
    """
    members = np.flatnonzero(labels == label)
    centre = points[members].mean(axis=0, keepdims=True, dtype=np.float64)
    return int(members[squared_distances(points[members], centre)[:, 0].argmin()])


def fitted_normal_samples(n: int, points: np.ndarray, seed: int = 0) -> np.ndarray:
    """Draw n samples (n, d) from the normal distribution fitted to points (m, d).

    This is the simplest density to sample a trained autoencoder from; Ghosh et al. (2020), "From
    Variational to Deterministic Autoencoders", section 4. The noise is that of `prior_samples`.
    """
    covariance = np.atleast_2d(np.cov(points.astype(np.float64), rowvar=False))
    spread = noise_transforms(covariance[None])[0]
    return (points.mean(axis=0) + prior_samples(n, points.shape[1], seed) @ spread.T).astype(
        np.float32
    )
