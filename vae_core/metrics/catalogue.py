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
LABELS = "labels"  # and more than `NEIGHBOURS` items
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
    "Importance-weighted bound with k samples (Burda et al., 2016), measured on up to "
    f"{BOUND_IMAGES} held-out items, the same for every run. For k = 1 it is their elbo, and it "
    "rises with k. "
)

_PARTS = (
    "One of three parts of the rate (Chen et al., 2018, eq. 2), computed for up to "
    f"{PAIRED_IMAGES:,} held-out items. The parts add up to the rate of these items. The aggregate "
    "posterior is the mixture of their posteriors. "
)

_RESOLVED = (
    "Left out if the mutual information is within a nat of its limit, the log of the number of "
    "items, because then the items are too few to measure this part."
)

_DCI = (
    "Eastwood & Williams (2018), with random forests on posterior means. Measured only if the "
    "factors are known. "
)

# In the order of the tables. Training itself reports the first four.
METRICS = {
    "loss": Metric(
        "loss",
        "nats",
        2,
        "",
        "What training minimises: by default distortion + β · rate. β, and the C of the capacity "
        "schedule, are those at the end of the epoch.",
    ),
    "distortion": Metric(
        "distortion",
        "nats",
        2,
        "",
        "E[-log p(x|z)] with z sampled from the posterior, summed over pixels, or the characters "
        "of a text. Under bernoulli, it is a cross-entropy on grey pixels, not a likelihood.",
    ),
    "rate": Metric(
        "rate", "nats", 2, "", "KL(q(z|x) || p(z)), summed over latent dimensions.", needs=(PRIOR,)
    ),
    "elbo": Metric(
        "elbo",
        "nats",
        2,
        "higher",
        "-(distortion + rate). It doesn't contain β, so it can compare runs of different β.",
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
        _PARTS + "This one: how much z tells about which item it was encoded from; at most the "
        "log of the number of items.",
        needs=(PRIOR,),
    ),
    "total_correlation": Metric(
        "total correlation",
        "nats",
        2,
        "",
        _PARTS + "This one: how far the latent dimensions are from independent. " + _RESOLVED,
        needs=(PRIOR,),
    ),
    "dimension_wise_kl": Metric(
        "dimension-wise KL",
        "nats",
        2,
        "",
        _PARTS
        + "This one: how far each dimension of the aggregate posterior is from the prior. "
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
        f"Share of held-out items whose label is the commonest among their {NEIGHBOURS} nearest "
        "neighbours in latent space.",
        needs=(LABELS,),
    ),
    "exact_match": Metric(
        "exact match",
        "share",
        3,
        "higher",
        "Share of held-out texts that are reconstructed without any error. The posterior mean is "
        "decoded with the likeliest token at each step.",
        needs=(TOKENS,),
    ),
    "token_accuracy": Metric(
        "token accuracy",
        "share",
        3,
        "higher",
        "Share of the characters (and the end) of held-out texts that are reconstructed at their "
        "position, decoded as for exact match.",
        needs=(TOKENS,),
    ),
    "novelty": Metric(
        "novelty",
        "share",
        3,
        "",
        "Share of 1,000 sampled texts that are not among the training texts; the others are "
        "copies. z is sampled from the prior, and each token is drawn at temperature 1. A text "
        "that is cut off at the greatest length counts as new.",
        needs=(TOKENS, PRIOR),
    ),
    "repeats": Metric(
        "repeats",
        "share",
        3,
        "lower",
        "Share of the 1,000 sampled texts (see novelty) that repeat another of them.",
        needs=(TOKENS, PRIOR),
    ),
    **{
        f"iw_bound_{k}": Metric(
            f"bound, k = {k}",
            "nats",
            2,
            "higher",
            _BOUND + "For texts this is a lower bound on log p(x). For grey pixels under "
            "bernoulli it is not, because their distortion is a cross-entropy: see the binarised "
            "bound.",
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
            "this is a lower bound on log p(x). Never compare it with numbers on grey pixels.",
            needs=(PRIOR, BINARY),
        )
        for k in BOUND_SAMPLES
    },
    "mig": Metric(
        "MIG",
        "share",
        3,
        "higher",
        "Mutual information gap (Chen et al., 2018, eq. 6): how much more the best latent "
        "dimension tells about a known factor than the next best does. Measured only if the "
        "factors are known.",
        needs=(FACTORS,),
    ),
    "dci_disentanglement": Metric(
        "DCI disentanglement",
        "share",
        3,
        "higher",
        _DCI + "1 if every latent dimension is important for one factor only, 0 if every dimension "
        "is equally important for all factors.",
        needs=(FACTORS, PRIOR),
    ),
    "dci_completeness": Metric(
        "DCI completeness",
        "share",
        3,
        "higher",
        _DCI + "1 if a single latent dimension is important for each factor.",
        needs=(FACTORS, PRIOR),
    ),
    "dci_informativeness": Metric(
        "DCI informativeness",
        "share",
        3,
        "higher",
        _DCI + "1 - (error of predicting the factors from all latent dimensions together) / (error "
        "of guessing). It doesn't depend on which dimension encodes which factor.",
        needs=(FACTORS, PRIOR),
    ),
    "factor_vae_score": Metric(
        "FactorVAE score",
        "share",
        3,
        "higher",
        "Kim & Mnih (2018): the images of a group share the value of one factor. The score is the "
        "share of groups whose least varying latent dimension tells which factor they share. "
        "Guessing scores 1 / number of factors. Measured only if the factors are known.",
        needs=(FACTORS, PRIOR),
    ),
}


def measurable(given: Collection[str]) -> tuple[str, ...]:
    """Return the names of the metrics whose needs are all in `given`."""
    return tuple(name for name, metric in METRICS.items() if set(metric.needs) <= set(given))


def needing(need: str) -> tuple[str, ...]:
    """Return the names of the metrics that have this need."""
    return tuple(name for name, metric in METRICS.items() if need in metric.needs)


FACTOR_METRICS = needing(FACTORS)
AUTOENCODER_METRICS = measurable({LABELS, FACTORS, BINARY, TOKENS})

NO_FACTORS = (
    "MIG, DCI and the FactorVAE score measure whether each factor of a picture, such as its shape, "
    "size or place, has its own latent dimension. For photographs and handwriting nobody knows the "
    "factors. So the scores are measured only on `shapes`, whose pictures are drawn from known "
    "factors."
)
