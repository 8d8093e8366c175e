"""Numbers about a trained run, in NumPy; each says where it comes from.

`measure` computes them all as training ends, from the held-out images alone; `METRICS` says what
each is called, in what unit, and which direction is better.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from vae_core import information, objective

ACTIVE_VARIANCE = 0.01
HIGH_RATE = 0.5  # nats
NEIGHBOURS = 10
BOUND_SAMPLES = (1, 5, 50)
# Subsets, so that measuring stays a matter of seconds: the bound decodes each image 2 x 50 times,
# the parts of the rate and the MMD compare all pairs.
BOUND_IMAGES = 500
PAIRED_IMAGES = 5000
PAIRS_BUDGET = 2e8  # n * n * d
UNRESOLVED = 1.0  # nats below log n
# Of the scores with known factors; so many trees take a second or two.
FOREST_IMAGES, FOREST_TREES, SPLIT_DIMS = 3000, 20, 16
CLASSES = 10  # a factor of more values is regressed
VOTES, GROUP = 5000, 64

LogLikelihood = Callable[[np.ndarray], np.ndarray]


class Metric(NamedTuple):
    """How a number is shown: unit, decimals, which direction is better, what it says."""

    title: str
    unit: str
    decimals: int
    better: str  # "higher", "lower" or "" where neither is
    text: str


_BOUND = (
    "Importance-weighted bound with k samples (Burda et al., 2016), on the same "
    f"{BOUND_IMAGES} held-out images at most for every run; k = 1 is their elbo, and it rises "
    "with k. "
)
_PARTS = (
    "Part of the rate (Chen et al., 2018, eq. 2), exact for the mixture of up to "
    f"{PAIRED_IMAGES:,} held-out posteriors; the three parts add up to the rate of those images. "
)
_RESOLVED = (
    "Left out where the mutual information is within a nat of its limit, the log of the number of "
    "images: so few posteriors can't resolve it then."
)

_DCI = (
    "Eastwood & Williams (2018), with random forests on posterior means. Only where the factors "
    "are known. "
)

# The order is that of the tables; the first four are what training itself reports.
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
        "E[-log p(x|z)] with z sampled from the posterior, summed over pixels. On grey pixels "
        "this is a cross-entropy, not a likelihood.",
    ),
    "rate": Metric("rate", "nats", 2, "", "KL(q(z|x) || p(z)), summed over latent dimensions."),
    "elbo": Metric(
        "elbo", "nats", 2, "higher", "-(distortion + rate): free of β, so it compares runs."
    ),
    "active_units": Metric(
        "active units",
        "",
        0,
        "",
        "Latent dimensions whose posterior mean has a variance over the images above "
        f"{ACTIVE_VARIANCE:g} (Burda et al., 2016).",
    ),
    "high_rate_units": Metric(
        f"units above {HIGH_RATE:g} nats",
        "",
        0,
        "",
        f"Latent dimensions with a rate above {HIGH_RATE:g} nats.",
    ),
    "mutual_information": Metric(
        "mutual information",
        "nats",
        2,
        "",
        _PARTS + "What z tells about which of these images x is; at most the log of their number.",
    ),
    "total_correlation": Metric(
        "total correlation",
        "nats",
        2,
        "",
        _PARTS + "How far the latent dimensions are from independent. " + _RESOLVED,
    ),
    "dimension_wise_kl": Metric(
        "dimension-wise KL",
        "nats",
        2,
        "",
        _PARTS
        + "How far each dimension of the aggregate posterior is from the prior. "
        + _RESOLVED,
    ),
    "mmd": Metric(
        "MMD²",
        "",
        4,
        "",
        "Squared maximum mean discrepancy of aggregate posterior and prior, kernel "
        "C / (C + |x - y|²) with C = 2d (Tolstikhin et al., 2018); unbiased, so near 0 it may be "
        "negative.",
    ),
    "knn_accuracy": Metric(
        "k-NN accuracy",
        "share",
        3,
        "higher",
        f"Share of held-out images whose label is that of most of their {NEIGHBOURS} nearest "
        "others in latent space.",
    ),
    "exact_match": Metric(
        "exact match",
        "share",
        3,
        "higher",
        "Share of held-out texts that come back letter for letter: posterior mean, decoded with "
        "the likeliest token at each step.",
    ),
    "token_accuracy": Metric(
        "token accuracy",
        "share",
        3,
        "higher",
        "Share of the characters and ends of held-out texts that come back at their place, decoded "
        "in the same way.",
    ),
    "novelty": Metric(
        "novelty",
        "share",
        3,
        "",
        "Share of 1,000 texts, z from the prior and each token drawn at temperature 1, that are "
        "not among the training texts; the others are copies.",
    ),
    "repeats": Metric(
        "repeats", "share", 3, "lower", "Share of those 1,000 texts that repeat another of them."
    ),
    **{
        f"iw_bound_{k}": Metric(
            f"bound, k = {k}",
            "nats",
            2,
            "higher",
            _BOUND + "On grey pixels the distortion is a cross-entropy, so this bounds no "
            "likelihood; the binarised one does. Of texts it is a lower bound on log p(x).",
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
    ),
    "dci_disentanglement": Metric(
        "DCI disentanglement",
        "share",
        3,
        "higher",
        _DCI + "1 where every latent dimension serves one factor alone, 0 where all serve all "
        "alike.",
    ),
    "dci_completeness": Metric(
        "DCI completeness",
        "share",
        3,
        "higher",
        _DCI + "1 where every factor is told by one latent dimension alone.",
    ),
    "dci_informativeness": Metric(
        "DCI informativeness",
        "share",
        3,
        "higher",
        _DCI + "1 less the error of telling the factors from all latent dimensions together, as a "
        "share of the error of guessing; free of how they lie in the dimensions.",
    ),
    "factor_vae_score": Metric(
        "FactorVAE score",
        "share",
        3,
        "higher",
        "Kim & Mnih (2018): of groups of images that share one factor, the share in which the "
        "latent dimension that varies least tells which factor it is. One over the number of "
        "factors is chance. Only where the factors are known.",
    ),
}
# Those that need known factors.
FACTOR_METRICS = (
    "mig",
    "dci_disentanglement",
    "dci_completeness",
    "dci_informativeness",
    "factor_vae_score",
)
NO_FACTORS = (
    "MIG, DCI and the FactorVAE score ask which latent dimension follows what a picture was made "
    "from: its shape, size, place. Of photographs and handwriting nobody knows that, so they are "
    "measured on `shapes` alone, whose pictures are drawn from known factors."
)


# What of these an autoencoder has: see `measure`.
AUTOENCODER_METRICS = (
    *("loss", "distortion", "knn_accuracy", "mig"),
    *("exact_match", "token_accuracy"),
)


class Networks(Protocol):
    """What `measure` asks of a model; `vae_core.vae.VAE` has it."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """posterior_mean and posterior_log_var (n, d) of images (n, size, size)."""
        ...

    def decode_logits(self, z: np.ndarray) -> np.ndarray:
        """Logits (n, pixels) of latents z (n, d)."""
        ...


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
            return -objective.distortion(networks.decode_logits(z), flat)

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
            objective.rate_per_dim(mean, log_var).mean(axis=0)
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


def sampled(
    posterior_mean: np.ndarray, posterior_log_var: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """One latent of each posterior, (n, d)."""
    noise = rng.standard_normal(posterior_mean.shape)
    return posterior_mean + np.exp(0.5 * posterior_log_var) * noise


def active_units(posterior_mean: np.ndarray, threshold: float = ACTIVE_VARIANCE) -> int:
    """Number of latent dimensions whose posterior mean varies with x.

    Burda, Grosse & Salakhutdinov (2016), "Importance Weighted Autoencoders", section 5.2:
    a unit u is active if Var_x(E_q(u|x)[u]) is above 0.01.

    Args:
        posterior_mean: (n, d), of held-out images.
        threshold: variance above which a unit counts.

    Returns:
        0 to d.
    """
    return int((np.var(posterior_mean, axis=0, dtype=np.float64) > threshold).sum())


def high_rate_units(rate_per_dim: np.ndarray, threshold: float = HIGH_RATE) -> int:
    """Number of latent dimensions with a rate above `threshold` nats.

    Our own count, to be set beside `active_units`, since the two disagree in instructive ways: a
    mean that moves a little with x makes a unit active at next to no rate, and a posterior that
    is the same narrow one for every x has a rate, paid for nothing, and is not active.

    Args:
        rate_per_dim: (d,), mean over held-out images, nats.
    """
    return int((np.asarray(rate_per_dim) > threshold).sum())


def binarised(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each pixel as 0 or 1, with its grey value as the probability of 1.

    Salakhutdinov & Murray (2008), "On the Quantitative Analysis of Deep Belief Networks".
    On such images the Bernoulli distortion is -log of a likelihood.
    """
    return (rng.random(images.shape) < images).astype(np.float32)


def importance_weighted_bounds(
    log_likelihood: LogLikelihood,
    posterior_mean: np.ndarray,
    posterior_log_var: np.ndarray,
    samples: Sequence[int],
    rng: np.random.Generator,
) -> dict[int, float]:
    """Bounds on log p(x) from k samples of the posterior, for several k.

    Burda, Grosse & Salakhutdinov (2016), eq. 8: L_k = E[log 1/k Σ_i p(x, z_i) / q(z_i|x)], with
    L_1 the elbo and L_k <= L_(k+1) <= log p(x). All k share one set of samples, cut into groups
    of k; as each group of one k is made of whole groups of the k before it, the estimates
    themselves rise with k, by Jensen's inequality.

    Args:
        log_likelihood: z (n, d) -> log p(x|z) (n,), row i for image i.
        posterior_mean, posterior_log_var: (n, d) of the n images.
        samples: the k, each a multiple of the one before.
        rng: of the samples.

    Returns:
        k -> mean over the images, nats.

    Raises:
        ValueError: a k is no multiple of the one before.
    """
    if any(large % small for small, large in itertools.pairwise(samples)):
        raise ValueError(f"each number of samples must be a multiple of the last, got {samples}.")
    mean = posterior_mean.astype(np.float64)
    log_var = posterior_log_var.astype(np.float64)
    log_weights = np.empty((samples[-1], len(mean)))
    for row in log_weights:
        noise = rng.standard_normal(mean.shape)
        z = mean + np.exp(0.5 * log_var) * noise
        log_prior = -0.5 * np.square(z).sum(axis=1)
        log_posterior = -0.5 * (np.square(noise) + log_var).sum(axis=1)  # both less d/2 log 2π
        row[:] = log_likelihood(z.astype(np.float32)) + log_prior - log_posterior
    return {
        k: float(_log_mean_exp(log_weights.reshape(-1, k, len(mean)), axis=1).mean())
        for k in samples
    }


class ImageBounds(NamedTuple):
    """What is known of log p(x) of one image x, nats; see `bounds_of_image`."""

    distortion: float
    rate: float
    bounds: dict[int, float]  # by the number of samples k

    @property
    def elbo(self) -> float:
        return float(objective.elbo(self.distortion, self.rate))


def bounds_of_image(
    networks: Networks,
    image: np.ndarray,
    samples: Sequence[int],
    groups: int,
    rng: np.random.Generator,
) -> ImageBounds:
    """Distortion, rate and the importance-weighted bounds of one image.

    Args:
        networks: the model.
        image: (size, size), each pixel 0 or 1, so that the distortion is -log of a likelihood.
        samples: the k, each a multiple of the one before; see `importance_weighted_bounds`.
        groups: of the most samples, over which the bounds are averaged.
        rng: of the samples.

    Returns:
        The distortion is the mean over all samples and the rate exact, so that the elbo differs a
        little from the bound of k = 1, whose rate is sampled.
    """
    mean, log_var = networks.encode(image[None])
    flat = image.reshape(1, -1)
    costs = []

    def log_likelihood(z: np.ndarray) -> np.ndarray:
        cost = objective.distortion(networks.decode_logits(z), flat)
        costs.append(cost.mean())
        return -cost

    bounds = importance_weighted_bounds(
        log_likelihood,
        np.repeat(mean, groups, axis=0),
        np.repeat(log_var, groups, axis=0),
        samples,
        rng,
    )
    rate = objective.rate(mean.astype(np.float64), log_var.astype(np.float64))
    return ImageBounds(float(np.mean(costs)), float(rate[0]), bounds)


class RateParts(NamedTuple):
    """The rate in three parts, nats an image; see `rate_parts`."""

    mutual_information: float
    total_correlation: float
    dimension_wise_kl: float


def rate_parts(
    posterior_mean: np.ndarray, posterior_log_var: np.ndarray, rng: np.random.Generator
) -> RateParts:
    """The rate as mutual information + total correlation + dimension-wise KL.

    Chen et al. (2018), "Isolating Sources of Disentanglement in VAEs", eq. 2, with the aggregate
    posterior q(z) exact for these images: the mixture of their n posteriors. One z an image is
    sampled; its noise has mean 0 and variance 1 in each dimension exactly, so that the entropy of
    the posteriors is exact too. The parts add up to the rate but for rounding, and the mutual
    information (here between z and the number of the image) is at most log n. Near that limit the
    posteriors of so few images no longer overlap, and the other two parts are no estimates of
    what they are for the whole distribution of images.

    Args:
        posterior_mean, posterior_log_var: (n, d); time and n * n * d.
        rng: of the samples.
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
            log_q_dims[rows, j] = _log_mean_exp(log_density, axis=1)
            joint += log_density
        log_q[rows] = _log_mean_exp(joint, axis=1) if d > 1 else log_q_dims[rows, 0]
    log_posterior = -0.5 * (1 + log_2pi + log_var).sum(axis=1)
    log_prior = -0.5 * (np.square(mean) + np.exp(log_var) + log_2pi).sum(axis=1)
    independent = log_q_dims.sum(axis=1).mean()
    return RateParts(
        float(log_posterior.mean() - log_q.mean()),
        float(log_q.mean() - independent),
        float(independent - log_prior.mean()),
    )


def _log_mean_exp(values: np.ndarray, axis: int) -> np.ndarray:
    top = values.max(axis=axis, keepdims=True)
    mean = np.log(np.exp(values - top).mean(axis=axis))
    return mean + np.squeeze(top, axis=axis)


def mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Squared maximum mean discrepancy of two samples, unbiased.

    Gretton et al. (2012), "A Kernel Two-Sample Test", eq. 3, with the inverse multiquadratic
    kernel k(x, y) = C / (C + |x - y|²), C = 2d, of Tolstikhin et al. (2018), "Wasserstein
    Auto-Encoders", section 4. Its heavy tails see points far from the prior, which a Gaussian
    kernel does not.

    Args:
        x, y: (n, d) and (m, d), each at least two points.

    Returns:
        0 where the distributions are the same, but for noise of either sign; at most 2.
    """
    x, y = (points.astype(np.float64) for points in (x, y))

    def kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
        c, total = 2 * a.shape[1], 0.0
        for start in range(0, len(a), 500):  # all pairs of 5,000 points would take 200 MB a step
            rows = a[start : start + 500]
            squared = np.square(rows).sum(axis=1)[:, None] + np.square(b).sum(axis=1)
            squared -= 2 * rows @ b.T
            total += float((c / (c + np.maximum(squared, 0))).sum())
        return total

    def mean_of_pairs(a: np.ndarray) -> float:  # each with another: with itself it is 1
        return (kernel_sum(a, a) - len(a)) / (len(a) * (len(a) - 1))

    between = kernel_sum(x, y) / (len(x) * len(y))
    return mean_of_pairs(x) + mean_of_pairs(y) - 2 * between


def knn_accuracy(points: np.ndarray, labels: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Share of points whose label is that of most of their k nearest others (leave one out).

    The k-nearest-neighbour rule of Cover & Hart (1967), "Nearest Neighbor Pattern
    Classification"; among equals the smaller label wins.

    Args:
        points: (n, d), posterior means of held-out images.
        labels: (n,), whole numbers from 0.

    Returns:
        0 to 1.
    """
    from sklearn.neighbors import NearestNeighbors  # 2 s and 80 MB: only where used

    k = min(k, len(points) - 1)
    nearest = NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)
    votes = (labels[nearest][..., None] == np.arange(labels.max() + 1)).sum(axis=1)
    return float((votes.argmax(axis=1) == labels).mean())


def mutual_information_gap(codes: np.ndarray, factors: np.ndarray, bins: int = 20) -> float:
    """MIG: how much more the best latent dimension tells of a factor than the next best.

    Chen et al. (2018), "Isolating Sources of Disentanglement in VAEs", eq. 6: the gap between the
    two largest mutual informations of a factor with a dimension, over the factor's entropy; mean
    over the factors. Mutual information is that of histograms with `bins` equal bins of each
    dimension's range, as in Locatello et al. (2019), "Challenging Common Assumptions". Codes are
    sampled as in eq. 6, not posterior means: a mean that moves by a millionth of the posterior's
    width would count for all that it moves with.

    Args:
        codes: (n, d), sampled from the posteriors of images with known factors, d at least 2.
        factors: (n, f), whole numbers.

    Returns:
        0 to 1; a factor with one value counts as 0.
    """
    gaps = []
    for factor, entropy in zip(factors.T, entropies(factors), strict=True):
        values = np.unique(factor, return_inverse=True)[1]
        told = sorted(_binned_mutual_information(code, values, bins) for code in codes.T)
        gaps.append((told[-1] - told[-2]) / entropy if entropy > 0 else 0.0)
    return float(np.mean(gaps))


def mutual_informations(codes: np.ndarray, factors: np.ndarray, bins: int = 20) -> np.ndarray:
    """What each latent dimension tells of each factor: (d, f), nats.

    The histograms of `mutual_information_gap`. Of n points they find something in pure noise too,
    about (bins - 1) (values - 1) / 2n nats (Miller, 1955); so what they find with the factors
    shuffled over the images is taken off.

    Args:
        codes: (n, d), sampled from the posteriors.
        factors: (n, f), whole numbers.
    """
    rng = np.random.default_rng(0)
    found = np.empty((codes.shape[1], factors.shape[1]))
    for column, factor in enumerate(factors.T):
        values = np.unique(factor, return_inverse=True)[1]
        shuffled = rng.permutation(values)
        for row, code in enumerate(codes.T):
            by_chance = _binned_mutual_information(code, shuffled, bins)
            found[row, column] = _binned_mutual_information(code, values, bins) - by_chance
    return np.maximum(found, 0)


def entropies(factors: np.ndarray) -> np.ndarray:
    """Entropy of each factor (f,), nats: the most that can be told of it."""
    shares = [np.unique(factor, return_counts=True)[1] / len(factor) for factor in factors.T]
    return np.array([information.entropy(p) for p in shares])


def _binned_mutual_information(code: np.ndarray, values: np.ndarray, bins: int) -> float:
    joint = np.histogram2d(code, values, bins=(bins, values.max() + 1))[0] / len(code)
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / product[seen])).sum())


class DCI(NamedTuple):
    """See `disentanglement`."""

    disentanglement: float
    completeness: float
    informativeness: float


def disentanglement(posterior_mean: np.ndarray, factors: np.ndarray, seed: int = 0) -> DCI:
    """Disentanglement, completeness and informativeness: how the factors lie in the dimensions.

    Eastwood & Williams (2018), "A Framework for the Quantitative Evaluation of Disentangled
    Representations". A random forest tells each factor from all dimensions; how much
    each dimension serves it, R (d, f), is the forest's decrease of impurity, 1 in all for each
    factor. Disentanglement is 1 less the entropy of a dimension's shares over the factors, in
    units of log f, weighted by what the dimension serves in all; completeness 1 less the entropy
    of a factor's shares over the dimensions, in units of log d. As informativeness is their error
    of telling the factors, relative to guessing: here it is 1 less that, so that 1 is best.

    A factor of up to `CLASSES` values is classified (error: the share of mistakes), one of more is
    regressed (root of the mean squared error), on one half of the images, the error is that on the
    other. Dimensions that are not active serve nothing.

    Args:
        posterior_mean: (n, d), d at least 2; of n the first `FOREST_IMAGES` at most are used.
        factors: (n, f), whole numbers; those with one value alone are left out.
        seed: of the forests.

    Returns:
        The first two 0 to 1, the third at most 1, and 0 or less where nothing is told; all are 0
        where no dimension is active, nan where all factors but one have one value, or n is below 4.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    n, d = min(len(factors), FOREST_IMAGES), posterior_mean.shape[1]
    half = n // 2
    active = np.var(posterior_mean, axis=0, dtype=np.float64) > ACTIVE_VARIANCE
    varied = [factor for factor in factors[:n].T if len(np.unique(factor[:half])) > 1]
    if len(varied) < 2:
        return DCI(math.nan, math.nan, math.nan)
    if not active.any():
        return DCI(0.0, 0.0, 0.0)
    x = posterior_mean[:n, active]
    serves = np.zeros((d, len(varied)))
    told = []
    for column, factor in enumerate(varied):
        y, unseen = factor[:half], factor[half:]
        classes = len(np.unique(factor)) <= CLASSES
        family = RandomForestClassifier if classes else RandomForestRegressor
        # Of all dimensions at a split, while they are few, or the useful one would often not be
        # there to choose; in leaves of several images, or the trees would end in splits on noise.
        forest = family(
            n_estimators=FOREST_TREES,
            max_features=min(SPLIT_DIMS, x.shape[1]),
            min_samples_leaf=5,
            random_state=seed,
        ).fit(x[:half], y)
        serves[active, column] = forest.feature_importances_
        if classes:
            values, counts = np.unique(y, return_counts=True)
            error = (forest.predict(x[half:]) != unseen).mean()
            guessed = (values[counts.argmax()] != unseen).mean()
        else:
            error = math.sqrt(np.square(forest.predict(x[half:]) - unseen).mean())
            guessed = math.sqrt(np.square(y.mean() - unseen).mean())
        told.append(1 - error / max(guessed, 1e-9))
    total = serves.sum()
    if not total:
        return DCI(0.0, 0.0, float(np.mean(told)))
    weights = serves.sum(axis=1) / total
    return DCI(
        float(weights @ (1 - _entropy_of_shares(serves))),
        float((1 - _entropy_of_shares(serves.T)).mean()),
        float(np.mean(told)),
    )


def _entropy_of_shares(rows: np.ndarray) -> np.ndarray:
    """Of each row (k,) of numbers that are not negative, as a share of log k; 1 of zeros."""
    k = rows.shape[1]
    total = rows.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, rows / np.where(total > 0, total, 1), 1 / k)
    return -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=1) / math.log(k)


def factor_vae_score(
    posterior_mean: np.ndarray, factors: np.ndarray, rng: np.random.Generator
) -> float:
    """How often the latent dimension that varies least tells which factor was held fixed.

    Kim & Mnih (2018), "Disentangling by Factorising", section 4: a factor and a value of it are
    drawn, and `GROUP` images that have this value; the dimension whose variance over them, divided
    by that over all images, is the smallest, gets a vote for the factor. Each dimension stands for
    the factor that most votes of one half gave it; the score is the share of the other half that
    it gets right. Dimensions that are not active are left out, as in the paper. The images are
    drawn from those there are, with replacement; a value that one image alone has is not fixed.

    Args:
        posterior_mean: (n, d).
        factors: (n, f), whole numbers; those with one value alone are left out.
        rng: of the votes.

    Returns:
        0 to 1; 0 where no dimension is active, nan where there are less than two factors.
    """
    variance = np.var(posterior_mean, axis=0, dtype=np.float64)
    active = variance > ACTIVE_VARIANCE
    groups = []  # of each factor, of each of its values: the images that have it
    for factor in factors.T:
        order = np.argsort(factor, kind="stable")
        starts = np.flatnonzero(np.diff(factor[order])) + 1
        members = [rows for rows in np.split(order, starts) if len(rows) > 1]
        if len(starts) and members:
            groups.append(members)
    if len(groups) < 2:
        return math.nan
    if not active.any():
        return 0.0
    codes = posterior_mean[:, active] / np.sqrt(variance[active])
    votes = np.zeros((2, codes.shape[1], len(groups)), int)
    for number in range(VOTES):
        fixed = int(rng.integers(len(groups)))
        same = groups[fixed][int(rng.integers(len(groups[fixed])))]
        group = codes[same[rng.integers(len(same), size=GROUP)]]
        votes[number % 2, group.var(axis=0).argmin(), fixed] += 1
    stands_for = votes[0].argmax(axis=1)
    return float(votes[1][np.arange(len(stands_for)), stands_for].sum() / votes[1].sum())
