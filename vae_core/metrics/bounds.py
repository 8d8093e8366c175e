"""Importance-weighted bounds on log p(x)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from vae_core.metrics.networks import Networks
from vae_core.model import objectives
from vae_core.model.priors import Prior

BOUND_SAMPLES = (1, 5, 50)

# The bounds use a subset, because they decode each image 50 times as it is and 50 times binarised.
BOUND_IMAGES = 500
LogLikelihood = Callable[[np.ndarray], np.ndarray]


def binarise(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw each pixel as 0 or 1, with its grey value as the probability of 1.

    Salakhutdinov & Murray (2008), "On the Quantitative Analysis of Deep Belief Networks".
    If each pixel is 0 or 1, the Bernoulli distortion is -log p(x|z). For grey pixels it is only a
    cross-entropy.

    Args:
        images: (n, h, w, c) in [0, 1].
        rng: for the draws.

    Returns:
        (n, h, w, c) float32, 0 or 1.
    """
    return (rng.random(images.shape) < images).astype(np.float32)


def importance_weighted_bounds(
    log_likelihood: LogLikelihood,
    posterior_mean: np.ndarray,
    posterior_log_var: np.ndarray,
    samples: Sequence[int],
    rng: np.random.Generator,
    prior: Prior,
) -> dict[int, float]:
    """Compute lower bounds on log p(x) from k samples of the posterior, for several k.

    Burda, Grosse & Salakhutdinov (2016), eq. 8: L_k = E[log 1/k Σ_i p(x, z_i) / q(z_i|x)], with
    L_1 the elbo and L_k <= L_(k+1) <= log p(x). All k share one set of samples, which is cut into
    groups of k. Each group of a larger k consists of whole groups of the smaller k, so by Jensen's
    inequality the estimates never fall as k grows.

    Args:
        log_likelihood: z (n, d) -> log p(x|z) (n,), row i for image i.
        posterior_mean, posterior_log_var: (n, d), posteriors of the n images.
        samples: the values of k, each a multiple of the one before.
        rng: for the samples.
        prior: p(z).

    Returns:
        For each k the mean over the images, nats.

    Raises:
        ValueError: a k is not a multiple of the one before.
    """
    if any(large % small for small, large in itertools.pairwise(samples)):
        raise ValueError(f"each k must be a multiple of the one before, got {samples}.")
    mean = posterior_mean.astype(np.float64)
    log_var = posterior_log_var.astype(np.float64)
    log_weights = np.empty((samples[-1], len(mean)))
    for row in log_weights:
        noise = rng.standard_normal(mean.shape)
        z = mean + np.exp(0.5 * log_var) * noise
        log_posterior = -0.5 * (np.square(noise) + log_var + math.log(2 * math.pi)).sum(axis=1)
        row[:] = log_likelihood(z.astype(np.float32)) + prior.log_prob(z) - log_posterior
    return {
        k: float(log_mean_exp(log_weights.reshape(-1, k, len(mean)), axis=1).mean())
        for k in samples
    }


class ImageBounds(NamedTuple):
    """Distortion, rate and lower bounds on log p(x) of one image x, nats; see `bounds_of_image`."""

    distortion: float
    rate: float
    bounds: dict[int, float]  # number of samples k -> bound

    @property
    def elbo(self) -> float:
        return float(objectives.elbo(self.distortion, self.rate))


def bounds_of_image(
    networks: Networks,
    image: np.ndarray,
    samples: Sequence[int],
    groups: int,
    rng: np.random.Generator,
) -> ImageBounds:
    """Compute distortion, rate and importance-weighted bounds of one image.

    The distortion is the mean over all samples. The rate is exact if the prior has a closed form of
    it. The bound of k = 1 always samples the rate, so it then differs a little from the elbo.

    Args:
        networks: the model, which must have a prior.
        image: (h, w, c), each pixel 0 or 1; see `binarise`.
        samples: the values of k, each a multiple of the one before; see
            `importance_weighted_bounds`.
        groups: how many times the largest k samples are drawn; the bounds are means over these.
        rng: for the samples.
    """
    prior = networks.prior
    assert prior is not None
    mean, log_var = networks.encode(image[None])
    distortions, rates = [], []

    def log_likelihood(z: np.ndarray) -> np.ndarray:
        rate = prior.rate(z, mean.astype(np.float64), log_var.astype(np.float64))
        rates.append(rate.total.mean())
        log_probs = networks.log_likelihood(image[None], z)
        distortions.append(-log_probs.mean())
        return log_probs

    bounds = importance_weighted_bounds(
        log_likelihood,
        np.repeat(mean, groups, axis=0),
        np.repeat(log_var, groups, axis=0),
        samples,
        rng,
        prior,
    )
    return ImageBounds(float(np.mean(distortions)), float(np.mean(rates)), bounds)


def log_mean_exp(values: np.ndarray, axis: int) -> np.ndarray:
    """Compute log(mean(exp(values))) along an axis without overflow."""
    top = values.max(axis=axis, keepdims=True)
    mean = np.log(np.exp(values - top).mean(axis=axis))
    return mean + np.squeeze(top, axis=axis)
