"""How known factors lie in the latent dimensions: MIG, DCI, FactorVAE score."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from vae_core.metrics import information
from vae_core.metrics.units import ACTIVE_VARIANCE

# Of the scores with known factors; so many trees take a second or two.
FOREST_IMAGES, FOREST_TREES, SPLIT_DIMS = 3000, 20, 16


CLASSES = 10  # a factor of more values is regressed


VOTES, GROUP = 5000, 64


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
