"""Distances between points, and which share of them lies near others."""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 5


def coverage(reference: np.ndarray, points: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Share of the reference points that have one of `points` in their neighbourhood.

    Naeem et al. (2020), "Reliable Fidelity and Diversity Metrics for Generative Models", eq. 4: the
    neighbourhood of a reference point is the ball that reaches to its k-th nearest other reference
    point. With samples of the prior as the reference and encoded images as the points it is how
    much of the prior's mass lies near encoded images; what is left are the holes. It is not
    symmetric. Where both are n samples of one distribution, whatever that is, it is
    1 - [(n-1)...(n-k)] / [(2n-1)...(2n-k)] in the mean, about 1 - 2^-k (their appendix): 0.97 for
    k = 5.

    Args:
        reference: (n, d), n above k.
        points: (m, d); as many as there are reference points, for the value above.
        k: the neighbour that a neighbourhood reaches to.

    Returns:
        0 to 1.

    Raises:
        ValueError: there are too few reference points.
    """
    if len(reference) <= k:
        raise ValueError(f"coverage needs more than {k} reference points, got {len(reference)}.")
    covered = 0
    for rows in np.array_split(np.arange(len(reference)), -(-len(reference) // 500)):
        chunk = reference[rows]
        radius = np.partition(squared_distances(chunk, reference), k, axis=1)[:, k]  # 0: itself
        covered += int((squared_distances(chunk, points).min(axis=1) <= radius).sum())
    return covered / len(reference)


EXACT_DIMS = 8  # differences are taken one by one, where that is cheap


CANDIDATES = 4


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between points (n, d) and (m, d): (n, m), never below 0."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape[1] <= EXACT_DIMS:
        return np.stack([np.subtract.outer(x, y) ** 2 for x, y in zip(a.T, b.T, strict=True)]).sum(
            axis=0
        )
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)
    return np.maximum(squares - 2 * a @ b.T, 0)


def nearest_distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Euclidean distance of each of `points` (n, d) to the nearest of `others` (m, d): (n,).

    Of many dimensions a few that may be the nearest are found in single precision, in a third of
    the time, and those are measured.
    """
    found = []
    for chunk in np.array_split(others, -(-len(others) // 2000)):
        if points.shape[1] <= EXACT_DIMS or len(chunk) <= CANDIDATES:
            found.append(squared_distances(points, chunk).min(axis=1))
            continue
        rough = np.einsum("ij,ij->i", chunk, chunk) - 2 * points @ chunk.T
        nearest = chunk[np.argpartition(rough, CANDIDATES, axis=1)[:, :CANDIDATES]]
        apart = nearest.astype(np.float64) - points[:, None]
        found.append(np.square(apart).sum(axis=-1).min(axis=1))
    return np.sqrt(np.min(found, axis=0))


def typical_gap(points: np.ndarray) -> float:
    """Median distance of a point (n, d) to its nearest other: the unit in which gaps are told.

    A latent space has no unit of its own, least of all an autoencoder's; this one grows with it.
    """
    found = []
    for rows in np.array_split(np.arange(len(points)), -(-len(points) // 500)):
        distances = squared_distances(points[rows], points)
        distances[np.arange(len(rows)), rows] = np.inf
        found.append(distances.min(axis=1))
    return float(np.median(np.sqrt(np.concatenate(found))))
