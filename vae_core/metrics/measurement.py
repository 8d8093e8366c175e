"""Measure a trained model: all metrics that training itself does not report."""

from __future__ import annotations

import math

import numpy as np

from vae_core.metrics.bounds import (
    BOUND_IMAGES,
    BOUND_SAMPLES,
    binarised,
    importance_weighted_bounds,
)
from vae_core.metrics.decomposition import PAIRED_IMAGES, PAIRS_BUDGET, UNRESOLVED, rate_parts
from vae_core.metrics.discrepancy import mmd
from vae_core.metrics.factors import disentanglement, factor_vae_score, mutual_information_gap
from vae_core.metrics.neighbours import NEIGHBOURS, knn_accuracy
from vae_core.metrics.networks import Networks
from vae_core.metrics.posterior_samples import sampled
from vae_core.metrics.units import active_units, high_rate_units
from vae_core.model.likelihoods import bernoulli
from vae_core.model.priors import standard_normal


def measure(
    networks: Networks,
    images: np.ndarray,
    labels: np.ndarray,
    factors: np.ndarray | None = None,
    seed: int = 0,
    has_rate: bool = True,
) -> dict[str, float]:
    """All metrics of a trained model that training itself does not report.

    Args:
        networks: the model.
        images: (n, size, size) in [0, 1], held out.
        labels: (n,).
        factors: (n, f) whole numbers, where what the images were made from is known.
        seed: of the subsets and of all samples, so that the numbers can be computed again.
        has_rate: False of an autoencoder. What needs a posterior or a prior is then left out, and
            so are the active units: scaling all latents and the decoder's first weights against
            it changes nothing, so no variance is small. Neighbours and histograms have no scale.

    Returns:
        By name, see `METRICS`; one that is no finite number is left out.
    """
    bounds_rng, parts_rng, mmd_rng, mig_rng, votes_rng = (
        np.random.default_rng([seed, purpose]) for purpose in range(5)
    )
    # First, so that all runs see the same images, binarised alike, however many dimensions.
    few = images[bounds_rng.permutation(len(images))[:BOUND_IMAGES]]
    binary = binarised(few, bounds_rng)

    mean, log_var = networks.encode(images)
    d = mean.shape[1]
    found = of_latents(mean, log_var, labels, parts_rng, mmd_rng, has_rate)
    bounded = (("iw_bound", few), ("iw_bound_binarised", binary)) if has_rate else ()
    for name, x in bounded:
        flat = x.reshape(len(x), -1)

        def log_likelihood(z: np.ndarray, flat: np.ndarray = flat) -> np.ndarray:
            return -bernoulli.distortion(networks.decode_logits(z), flat)

        bounds = importance_weighted_bounds(
            log_likelihood, *networks.encode(x), samples=BOUND_SAMPLES, rng=bounds_rng
        )
        found |= {f"{name}_{k}": value for k, value in bounds.items()}
    if factors is not None and d > 1:
        found["mig"] = mutual_information_gap(sampled(mean, log_var, mig_rng), factors)
        if has_rate:  # the others ask which dimensions are active
            dci = disentanglement(mean, factors, seed)
            found |= {f"dci_{name}": value for name, value in dci._asdict().items()}
            found["factor_vae_score"] = factor_vae_score(mean, factors, votes_rng)
    return {name: value for name, value in found.items() if math.isfinite(value)}


def of_latents(
    mean: np.ndarray,
    log_var: np.ndarray,
    labels: np.ndarray,
    parts_rng: np.random.Generator,
    mmd_rng: np.random.Generator,
    has_rate: bool = True,
) -> dict[str, float]:
    """Those of `measure` that ask for latents alone, whatever was encoded.

    Args:
        mean, log_var: (n, d), of the posteriors of held-out data.
        labels: (n,).
        parts_rng, mmd_rng: of the subsets and samples.
        has_rate: see `measure`.
    """
    n, d = mean.shape
    found: dict[str, float] = {}
    if has_rate:
        found["active_units"] = active_units(mean)
        found["high_rate_units"] = high_rate_units(
            standard_normal.rate_per_dim(mean, log_var).mean(axis=0)
        )
        pairs = min(n, PAIRED_IMAGES, int(math.sqrt(PAIRS_BUDGET / d)))
        subset = parts_rng.permutation(n)[:pairs]
        parts = rate_parts(mean[subset], log_var[subset], parts_rng)
        found["mutual_information"] = parts.mutual_information
        if parts.mutual_information < math.log(pairs) - UNRESOLVED:
            found |= parts._asdict()
        if pairs > 1:
            z = sampled(mean[subset], log_var[subset], mmd_rng)
            found["mmd"] = mmd(z, mmd_rng.standard_normal(z.shape))
    if n > NEIGHBOURS:
        found["knn_accuracy"] = knn_accuracy(mean, labels)
    return found
