"""Metrics of how latent dimensions encode known factors: MIG, DCI, FactorVAE score."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from vae_core.metrics import information
from vae_core.metrics.units import ACTIVE_VARIANCE

FOREST_IMAGES, FOREST_TREES, SPLIT_DIMS = 3000, 20, 16  # takes a second or two
CLASSES = 10  # a factor with more values is regressed, not classified
VOTES, GROUP = 5000, 64


def mutual_information_gap(codes: np.ndarray, factors: np.ndarray, bins: int = 20) -> float:
    """Compute MIG: how much more the best latent dimension tells of a factor than the next best.

    Chen et al. (2018), "Isolating Sources of Disentanglement in VAEs", eq. 6. Each dimension has a
    mutual information with the factor. The gap is the largest minus the second largest, divided by
    the factor's entropy. MIG is the mean over the factors. Mutual information is computed from
    histograms with `bins` equal bins over each dimension's range, as in Locatello et al. (2019),
    "Challenging Common Assumptions".

    The codes are sampled, as in eq. 6. With posterior means, a dimension whose mean moves by a
    millionth of the posterior's width would count as fully informative.

    Args:
        codes: (n, d), samples of the posteriors, d at least 2.
        factors: (n, f), whole numbers.
        bins: bins of each histogram.

    Returns:
        0 to 1; a factor with a single value counts as 0.
    """
    gaps = []
    for factor, entropy in zip(factors.T, entropies(factors), strict=True):
        values = np.unique(factor, return_inverse=True)[1]
        shared = sorted(_binned_mutual_information(code, values, bins) for code in codes.T)
        gaps.append((shared[-1] - shared[-2]) / entropy if entropy > 0 else 0.0)
    return float(np.mean(gaps))


def mutual_informations(codes: np.ndarray, factors: np.ndarray, bins: int = 20) -> np.ndarray:
    """Compute the mutual information of each latent dimension with each factor: (d, f), nats.

    It uses the histograms of `mutual_information_gap`. On n points these report about
    (bins - 1) (values - 1) / 2n nats even for pure noise (Miller, 1955), so the value for shuffled
    factors is subtracted.

    Args:
        codes: (n, d), samples of the posteriors.
        factors: (n, f), whole numbers.
        bins: bins of each histogram.
    """
    rng = np.random.default_rng(0)
    information_table = np.empty((codes.shape[1], factors.shape[1]))
    for column, factor in enumerate(factors.T):
        values = np.unique(factor, return_inverse=True)[1]
        shuffled = rng.permutation(values)
        for row, code in enumerate(codes.T):
            by_chance = _binned_mutual_information(code, shuffled, bins)
            shared = _binned_mutual_information(code, values, bins)
            information_table[row, column] = shared - by_chance
    return np.maximum(information_table, 0)


def entropies(factors: np.ndarray) -> np.ndarray:
    """Compute the entropy (f,) of each factor, nats. No mutual information with it is larger.

    Args:
        factors: (n, f), whole numbers.
    """
    shares = [np.unique(factor, return_counts=True)[1] / len(factor) for factor in factors.T]
    return np.array([information.entropy(p) for p in shares])


def _binned_mutual_information(code: np.ndarray, values: np.ndarray, bins: int) -> float:
    """Compute the mutual information, nats, of a code (n,) in bins and values (n,) from 0 up."""
    joint = np.histogram2d(code, values, bins=(bins, values.max() + 1))[0] / len(code)
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    occurs = joint > 0
    return float((joint[occurs] * np.log(joint[occurs] / product[occurs])).sum())


class DCI(NamedTuple):
    """The three scores of `disentanglement`."""

    disentanglement: float
    completeness: float
    informativeness: float


def disentanglement(posterior_mean: np.ndarray, factors: np.ndarray, seed: int = 0) -> DCI:
    """Compute disentanglement, completeness and informativeness (DCI).

    Eastwood & Williams (2018), "A Framework for the Quantitative Evaluation of Disentangled
    Representations". For each factor a random forest predicts its value from all dimensions. A
    dimension's importance for the factor is the decrease of impurity that it brings in the forest.
    The importances form a matrix R (d, f) whose columns sum to 1.

    - Disentanglement: 1 - the entropy of a dimension's importances over the factors, in units of
      log f; then the mean over dimensions, weighted by their total importance.
    - Completeness: 1 - the entropy of a factor's importances over the dimensions, in units of
      log d; then the mean over factors.
    - Informativeness: 1 - the forest's error relative to guessing. (The paper reports the error.)

    A factor with at most `CLASSES` values is classified, and its error is the share of mistakes.
    One with more values is regressed, and its error is the root mean squared error. The forest is
    trained on one half of the images and tested on the other. Dimensions that are not active get
    importance 0.

    Args:
        posterior_mean: (n, d), d at least 2; the first `FOREST_IMAGES` rows at most are used.
        factors: (n, f), whole numbers; factors with a single value are left out.
        seed: for the forests.

    Returns:
        The first two lie in 0 to 1. The third is at most 1, and 0 or less if the forests are no
        better than guessing. All are 0 if no dimension is active, and nan if fewer than two
        factors vary or n is below 4.
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
    importances = np.zeros((d, len(varied)))
    informativeness = []
    for column, factor in enumerate(varied):
        y_train, y_test = factor[:half], factor[half:]
        classifies = len(np.unique(factor)) <= CLASSES
        forest_class = RandomForestClassifier if classifies else RandomForestRegressor
        # Each split chooses among up to SPLIT_DIMS dimensions. With fewer choices, the useful
        # dimension would often be missing. Leaves hold several images, because the last splits
        # would fit noise otherwise.
        forest = forest_class(
            n_estimators=FOREST_TREES,
            max_features=min(SPLIT_DIMS, x.shape[1]),
            min_samples_leaf=5,
            random_state=seed,
        ).fit(x[:half], y_train)
        importances[active, column] = forest.feature_importances_
        if classifies:
            values, counts = np.unique(y_train, return_counts=True)
            error = (forest.predict(x[half:]) != y_test).mean()
            guess_error = (values[counts.argmax()] != y_test).mean()
        else:
            error = math.sqrt(np.square(forest.predict(x[half:]) - y_test).mean())
            guess_error = math.sqrt(np.square(y_train.mean() - y_test).mean())
        informativeness.append(1 - error / max(guess_error, 1e-9))
    total = importances.sum()
    if not total:
        return DCI(0.0, 0.0, float(np.mean(informativeness)))
    weights = importances.sum(axis=1) / total
    return DCI(
        float(weights @ (1 - _entropy_of_shares(importances))),
        float((1 - _entropy_of_shares(importances.T)).mean()),
        float(np.mean(informativeness)),
    )


def _entropy_of_shares(rows: np.ndarray) -> np.ndarray:
    """Compute the entropy of each row's shares, divided by log k; 1 for a row of zeros.

    Args:
        rows: (n, k), at least 0.

    Returns:
        (n,), 0 to 1.
    """
    k = rows.shape[1]
    total = rows.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, rows / np.where(total > 0, total, 1), 1 / k)
    return -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=1) / math.log(k)


def factor_vae_score(
    posterior_mean: np.ndarray, factors: np.ndarray, rng: np.random.Generator
) -> float:
    """Compute how often the latent dimension that varies least tells which factor was fixed.

    Kim & Mnih (2018), "Disentangling by Factorising", section 4:

    1. Draw a factor, a value of it, and `GROUP` images with this value.
    2. Divide each dimension's variance over these images by its variance over all images. The
       dimension with the smallest ratio gets a vote for the factor.
    3. On one half of the votes, assign to each dimension the factor that it got most votes for.
       The score is the share of the other half that this assignment predicts.

    Dimensions that are not active are left out, as in the paper. Images are drawn from the data
    with replacement; a value that only one image has is never drawn.

    Args:
        posterior_mean: (n, d).
        factors: (n, f), whole numbers; factors with a single value are left out.
        rng: for the draws.

    Returns:
        0 to 1; 0 if no dimension is active, nan if fewer than two factors vary.
    """
    variance = np.var(posterior_mean, axis=0, dtype=np.float64)
    active = variance > ACTIVE_VARIANCE
    groups = []  # factor -> value -> rows of the images with this value
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
    assigned = votes[0].argmax(axis=1)
    return float(votes[1][np.arange(len(assigned)), assigned].sum() / votes[1].sum())
