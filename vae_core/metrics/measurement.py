"""Compute those metrics of a trained model that training itself does not report."""

from __future__ import annotations

import functools
import math

import numpy as np

from vae_core.metrics.bounds import (
    BOUND_IMAGES,
    BOUND_SAMPLES,
    binarise,
    importance_weighted_bounds,
)
from vae_core.metrics.catalogue import BINARY, FACTORS, LABELS, PRIOR, measurable
from vae_core.metrics.decomposition import PAIRED_IMAGES, PAIRS_BUDGET, UNRESOLVED, rate_parts
from vae_core.metrics.discrepancy import mmd
from vae_core.metrics.factors import disentanglement, factor_vae_score, mutual_information_gap
from vae_core.metrics.neighbours import NEIGHBOURS, knn_accuracy
from vae_core.metrics.networks import Networks
from vae_core.metrics.posterior_samples import sample_posteriors
from vae_core.metrics.units import active_units, high_rate_units
from vae_core.model.priors import Prior


def measure(
    networks: Networks,
    images: np.ndarray,
    labels: np.ndarray,
    factors: np.ndarray | None = None,
    seed: int = 0,
) -> dict[str, float]:
    """Compute those metrics of a trained model of images that training itself does not report.

    Args:
        networks: the model. For an autoencoder, which has no prior, all metrics that depend on the
            prior or on the scale of the latents are left out. (An autoencoder's latents have no
            fixed scale, because the decoder's first weights can undo any scaling. So no variance
            counts as small.) Metrics of neighbours and histograms don't depend on the scale.
        images: (n, h, w, c) in [0, 1], held out.
        labels: (n,).
        factors: (n, f) whole numbers, the known factors of the images; None if unknown.
        seed: for the subsets and all samples, so that the numbers can be reproduced.

    Returns:
        Name in `vae_core.metrics.catalogue.METRICS` -> value; values that are not finite are left
        out.
    """
    bounds_rng, parts_rng, mmd_rng, mig_rng, votes_rng = (
        np.random.default_rng([seed, purpose]) for purpose in range(5)
    )
    # Drawn first, so that all runs get the same images. Later draws depend on the run's d.
    subset = images[bounds_rng.permutation(len(images))[:BOUND_IMAGES]]
    binary = binarise(subset, bounds_rng)

    mean, log_var = networks.encode(images)
    d = mean.shape[1]
    prior = networks.prior
    given = given_needs(prior, labels)
    if networks.likelihood.of_binary:
        given.add(BINARY)
    if factors is not None and d > 1:
        given.add(FACTORS)
    names = measurable(given)
    metrics = latent_metrics(mean, log_var, labels, parts_rng, mmd_rng, prior)
    for bound, x in (("iw_bound", subset), ("iw_bound_binarised", binary)):
        if f"{bound}_{BOUND_SAMPLES[0]}" in names:
            assert prior is not None
            bounds = importance_weighted_bounds(
                functools.partial(networks.log_likelihood, x),
                *networks.encode(x),
                samples=BOUND_SAMPLES,
                rng=bounds_rng,
                prior=prior,
            )
            metrics |= {f"{bound}_{k}": value for k, value in bounds.items()}
    if "mig" in names:
        assert factors is not None
        metrics["mig"] = mutual_information_gap(sample_posteriors(mean, log_var, mig_rng), factors)
    if "factor_vae_score" in names:  # a run that has this metric also has DCI
        assert factors is not None
        dci = disentanglement(mean, factors, seed)
        metrics |= {f"dci_{name}": value for name, value in dci._asdict().items()}
        metrics["factor_vae_score"] = factor_vae_score(mean, factors, votes_rng)
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def given_needs(prior: Prior | None, labels: np.ndarray) -> set[str]:
    """Return which of `PRIOR` and `LABELS` of `vae_core.metrics.catalogue` are met."""
    return ({PRIOR} if prior else set()) | ({LABELS} if len(labels) > NEIGHBOURS else set())


def latent_metrics(
    mean: np.ndarray,
    log_var: np.ndarray,
    labels: np.ndarray,
    parts_rng: np.random.Generator,
    mmd_rng: np.random.Generator,
    prior: Prior | None,
) -> dict[str, float]:
    """Compute the metrics that need only latents, for any kind of data.

    Args:
        mean, log_var: (n, d), posteriors of held-out data.
        labels: (n,).
        parts_rng, mmd_rng: for the subsets and samples.
        prior: p(z); None for an autoencoder, see `measure`.

    Returns:
        Name in `vae_core.metrics.catalogue.METRICS` -> value.
    """
    n, d = mean.shape
    names = measurable(given_needs(prior, labels))
    metrics: dict[str, float] = {}
    if "high_rate_units" in names:
        assert prior is not None
        metrics["active_units"] = active_units(mean)
        z = sample_posteriors(mean, log_var, np.random.default_rng(0))
        rates = prior.rate(z, mean, log_var).per_dim
        if rates is not None:
            metrics["high_rate_units"] = high_rate_units(rates.mean(axis=0))
        pairs = min(n, PAIRED_IMAGES, int(math.sqrt(PAIRS_BUDGET / d)))
        subset = parts_rng.permutation(n)[:pairs]
        parts = rate_parts(mean[subset], log_var[subset], parts_rng, prior)
        metrics["mutual_information"] = parts.mutual_information
        if parts.mutual_information < math.log(pairs) - UNRESOLVED:
            metrics |= parts._asdict()
        if pairs > 1:
            z = sample_posteriors(mean[subset], log_var[subset], mmd_rng)
            metrics["mmd"] = mmd(z, prior.sample(len(z), d, mmd_rng))
    if "knn_accuracy" in names:
        metrics["knn_accuracy"] = knn_accuracy(mean, labels)
    return metrics
