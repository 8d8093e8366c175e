"""The metrics: title, unit, source, which direction is better and what each needs."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from vae_core.metrics.bounds import BOUND_IMAGES, BOUND_SAMPLES
from vae_core.metrics.decomposition import PAIRED_IMAGES
from vae_core.metrics.neighbours import NEIGHBOURS
from vae_core.metrics.units import ACTIVE_VARIANCE, HIGH_RATE

# What a metric can need of a model and its data.
PRIOR = "a prior"  # and posteriors with a width; an autoencoder has neither
LABELS = "labels"  # of more items than `NEIGHBOURS`
FACTORS = "known factors"  # and two latent dimensions or more
BINARY = "a likelihood of binary pixels"
TOKENS = "tokens"


class Metric(NamedTuple):
    """How a metric is shown.

    Attributes:
        title: its name on the pages.
        unit: `nats`, `share`, or empty for counts and numbers without a unit.
        decimals: digits after the point.
        better: `higher`, `lower`, or empty if neither is better.
        text: what it measures and its source.
        needs: what a model and its data must have: `PRIOR`, `LABELS` and so on.
    """

    title: str
    unit: str
    decimals: int
    better: str
    text: str
    needs: tuple[str, ...] = ()


_BOUND = (
    "Importance-weighted bound with k samples (Burda et al., 2016), on the same "
    f"{BOUND_IMAGES} held-out images (or texts) at most for every run; k = 1 is their elbo, and it "
    "rises with k. "
)

_PARTS = (
    "Part of the rate (Chen et al., 2018, eq. 2), exact for the mixture of up to "
    f"{PAIRED_IMAGES:,} held-out posteriors; the three parts add up to the rate of these. "
)

_RESOLVED = (
    "Left out where the mutual information is within a nat of its limit, the log of their "
    "number: so few posteriors can't resolve it then."
)

_DCI = (
    "Eastwood & Williams (2018), with random forests on posterior means. Only where the factors "
    "are known. "
)

# In the order of the tables. Training itself reports the first four.
METRICS = {
    "loss": Metric(
        "loss",
        "nats",
        2,
        "",
        "What training minimises: distortion + β · rate, or β · |rate - C| under the capacity "
        "schedule, with β and C as they were after the epoch.",
    ),
    "distortion": Metric(
        "distortion",
        "nats",
        2,
        "",
        "E[-log p(x|z)] with z sampled from the posterior, summed over pixels, or the characters "
        "of a text. On grey pixels this is a cross-entropy, not a likelihood.",
    ),
    "rate": Metric(
        "rate", "nats", 2, "", "KL(q(z|x) || p(z)), summed over latent dimensions.", needs=(PRIOR,)
    ),
    "elbo": Metric(
        "elbo",
        "nats",
        2,
        "higher",
        "-(distortion + rate): free of β, so it compares runs.",
        needs=(PRIOR,),
    ),
    "active_units": Metric(
        "active units",
        "",
        0,
        "",
        "Latent dimensions whose posterior mean has a variance over the held-out data above "
        f"{ACTIVE_VARIANCE:g} (Burda et al., 2016).",
        needs=(PRIOR,),
    ),
    "high_rate_units": Metric(
        f"units above {HIGH_RATE:g} nats",
        "",
        0,
        "",
        f"Latent dimensions with a rate above {HIGH_RATE:g} nats.",
        needs=(PRIOR,),
    ),
    "mutual_information": Metric(
        "mutual information",
        "nats",
        2,
        "",
        _PARTS + "How much z tells about which of these items x is; at most the log of their "
        "number.",
        needs=(PRIOR,),
    ),
    "total_correlation": Metric(
        "total correlation",
        "nats",
        2,
        "",
        _PARTS + "How far the latent dimensions are from independent. " + _RESOLVED,
        needs=(PRIOR,),
    ),
    "dimension_wise_kl": Metric(
        "dimension-wise KL",
        "nats",
        2,
        "",
        _PARTS
        + "How far each dimension of the aggregate posterior is from the prior. "
        + _RESOLVED,
        needs=(PRIOR,),
    ),
    "mmd": Metric(
        "MMD²",
        "",
        4,
        "",
        "Squared maximum mean discrepancy of aggregate posterior and prior, kernel "
        "C / (C + |x - y|²) with C = 2d (Tolstikhin et al., 2018); unbiased, so near 0 it may be "
        "negative.",
        needs=(PRIOR,),
    ),
    "knn_accuracy": Metric(
        "k-NN accuracy",
        "share",
        3,
        "higher",
        f"Share of held-out data whose label is that of most of their {NEIGHBOURS} nearest "
        "others in latent space.",
        needs=(LABELS,),
    ),
    "exact_match": Metric(
        "exact match",
        "share",
        3,
        "higher",
        "Share of held-out texts that come back letter for letter: posterior mean, decoded with "
        "the likeliest token at each step.",
        needs=(TOKENS,),
    ),
    "token_accuracy": Metric(
        "token accuracy",
        "share",
        3,
        "higher",
        "Share of the characters and ends of held-out texts that come back at their place, decoded "
        "in the same way.",
        needs=(TOKENS,),
    ),
    "novelty": Metric(
        "novelty",
        "share",
        3,
        "",
        "Share of 1,000 texts, z from the prior and each token drawn at temperature 1, that are "
        "not among the training texts; the others are copies. One that has not ended at the length "
        "of the longest is new.",
        needs=(TOKENS, PRIOR),
    ),
    "repeats": Metric(
        "repeats",
        "share",
        3,
        "lower",
        "Share of those 1,000 texts that repeat another of them.",
        needs=(TOKENS, PRIOR),
    ),
    **{
        f"iw_bound_{k}": Metric(
            f"bound, k = {k}",
            "nats",
            2,
            "higher",
            _BOUND + "On grey pixels the distortion is a cross-entropy, so this bounds no "
            "likelihood; the binarised one does. Of texts it is a lower bound on log p(x).",
            needs=(PRIOR,),
        )
        for k in BOUND_SAMPLES
    },
    **{
        f"iw_bound_binarised_{k}": Metric(
            f"binarised bound, k = {k}",
            "nats",
            2,
            "higher",
            _BOUND + "Each pixel was drawn as 0 or 1 with its grey value as the probability, so "
            "this is a lower bound on log p(x); never compare it with numbers on grey pixels.",
            needs=(PRIOR, BINARY),
        )
        for k in BOUND_SAMPLES
    },
    "mig": Metric(
        "MIG",
        "share",
        3,
        "higher",
        "Mutual information gap (Chen et al., 2018, eq. 6): how much more of a known factor the "
        "best latent dimension tells than the next. Only where the factors are known.",
        needs=(FACTORS,),
    ),
    "dci_disentanglement": Metric(
        "DCI disentanglement",
        "share",
        3,
        "higher",
        _DCI + "1 where every latent dimension serves one factor alone, 0 where all serve all "
        "alike.",
        needs=(FACTORS, PRIOR),
    ),
    "dci_completeness": Metric(
        "DCI completeness",
        "share",
        3,
        "higher",
        _DCI + "1 where every factor is told by one latent dimension alone.",
        needs=(FACTORS, PRIOR),
    ),
    "dci_informativeness": Metric(
        "DCI informativeness",
        "share",
        3,
        "higher",
        _DCI + "1 less the error of telling the factors from all latent dimensions together, as a "
        "share of the error of guessing; free of how they lie in the dimensions.",
        needs=(FACTORS, PRIOR),
    ),
    "factor_vae_score": Metric(
        "FactorVAE score",
        "share",
        3,
        "higher",
        "Kim & Mnih (2018): of groups of images that share one factor, the share in which the "
        "latent dimension that varies least tells which factor it is. One over the number of "
        "factors is chance. Only where the factors are known.",
        needs=(FACTORS, PRIOR),
    ),
}


def measurable(given: Collection[str]) -> tuple[str, ...]:
    """Return the names of the metrics whose needs are all in `given`."""
    return tuple(name for name, metric in METRICS.items() if set(metric.needs) <= set(given))


def needing(need: str) -> tuple[str, ...]:
    """Return the names of the metrics that need this."""
    return tuple(name for name, metric in METRICS.items() if need in metric.needs)


FACTOR_METRICS = needing(FACTORS)
AUTOENCODER_METRICS = measurable({LABELS, FACTORS, BINARY, TOKENS})

NO_FACTORS = (
    "MIG, DCI and the FactorVAE score ask which latent dimension follows what a picture was made "
    "from: its shape, size, place. For photographs and handwriting nobody knows that, so they are "
    "measured only on `shapes`, whose pictures are drawn from known factors."
)
