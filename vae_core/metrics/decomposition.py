"""Split the rate into mutual information, total correlation and dimension-wise KL."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from vae_core.metrics.bounds import log_mean_exp
from vae_core.model.priors import Prior

PAIRED_IMAGES = 5000  # at most; each one is compared with all others
PAIRS_BUDGET = 2e8  # largest n * n * d

# If the mutual information is nearer to its limit log n than this (nats), n items are too few.
UNRESOLVED = 1.0


class RateParts(NamedTuple):
    """The three parts of the rate, nats per image; see `rate_parts`."""

    mutual_information: float
    total_correlation: float
    dimension_wise_kl: float


def rate_parts(
    posterior_mean: np.ndarray,
    posterior_log_var: np.ndarray,
    rng: np.random.Generator,
    prior: Prior,
) -> RateParts:
    """Split the rate into mutual information + total correlation + dimension-wise KL.

    Chen et al. (2018), "Isolating Sources of Disentanglement in VAEs", eq. 2. The aggregate
    posterior q(z) is exact for these images: the mixture of their n posteriors. One z is sampled
    per image. The noise is standardised to mean 0 and variance 1 in each dimension, which makes
    the entropy of the posteriors exact too. The parts add up to the rate, apart from rounding.

    The mutual information (here between z and the index of the image) is at most log n. Near that
    limit the posteriors of the n images hardly overlap, and the other two parts no longer estimate
    their values for the whole distribution of images.

    Args:
        posterior_mean, posterior_log_var: (n, d); the time grows as n * n * d.
        rng: for the samples.
        prior: p(z). If it is not factorised, the dimension-wise KL is that of the product of the
            marginals of q(z) from p(z).
    """
    mean = posterior_mean.astype(np.float64)
    log_var = posterior_log_var.astype(np.float64)
    n, d = mean.shape
    noise = rng.standard_normal((n, d))
    if n > 1:
        noise = (noise - noise.mean(axis=0)) / noise.std(axis=0)
    z = mean + np.exp(0.5 * log_var) * noise
    log_2pi = math.log(2 * math.pi)
    scale = np.exp(-0.5 * log_var).T
    offset = -0.5 * (log_var + log_2pi).T
    log_q = np.empty(n)
    log_q_dims = np.empty((n, d))
    chunk = max(1, 2_000_000 // n)
    for start in range(0, n, chunk):
        rows = slice(start, start + chunk)
        joint = np.zeros((len(z[rows]), n))
        for j in range(d):
            log_density = offset[j] - 0.5 * np.square((z[rows, j, None] - mean[:, j]) * scale[j])
            log_q_dims[rows, j] = log_mean_exp(log_density, axis=1)
            joint += log_density
        log_q[rows] = log_mean_exp(joint, axis=1) if d > 1 else log_q_dims[rows, 0]
    log_posterior = -0.5 * (1 + log_2pi + log_var).sum(axis=1)
    log_prior = log_posterior - prior.rate(z, mean, log_var).total
    independent = log_q_dims.sum(axis=1).mean()
    return RateParts(
        float(log_posterior.mean() - log_q.mean()),
        float(log_q.mean() - independent),
        float(independent - log_prior.mean()),
    )
