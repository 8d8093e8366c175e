"""Distances between two sets of points, and the share of one set that lies near the other."""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 5


def coverage(reference: np.ndarray, points: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Return the share of the reference points that have one of `points` in their neighbourhood.

    Naeem et al. (2020), "Reliable Fidelity and Diversity Metrics for Generative Models", eq. 4.
    The neighbourhood of a reference point is the ball whose radius is the distance to its k-th
    nearest other reference point. The measure is not symmetric.

    Take samples of the prior as the reference and encoded images as the points: coverage is then
    the share of the prior's mass that lies near encoded images. The rest are holes.

    If both are n samples of one distribution, the expected value is the same for any distribution:
    1 - [(n-1)...(n-k)] / [(2n-1)...(2n-k)], about 1 - 2^-k (their appendix), 0.97 for k = 5.

    Args:
        reference: (n, d), n above k.
        points: (m, d).
        k: the k-th nearest neighbour sets the radius.

    Returns:
        0 to 1.

    Raises:
        ValueError: there are at most k reference points.
    """
    if len(reference) <= k:
        raise ValueError(f"coverage needs more than {k} reference points, got {len(reference)}.")
    covered = 0
    for rows in np.array_split(np.arange(len(reference)), -(-len(reference) // 500)):
        chunk = reference[rows]
        # Index 0 is the point itself, so index k is its k-th nearest other point.
        radius = np.partition(squared_distances(chunk, reference), k, axis=1)[:, k]
        covered += int((squared_distances(chunk, points).min(axis=1) <= radius).sum())
    return covered / len(reference)


# With at most this many dimensions, distances are sums of squared differences, which are exact.
# With more, they come from a matrix product, which is faster but loses digits.
EXACT_DIMS = 8
CANDIDATES = 4  # nearest points by single precision, whose exact distances are then computed


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the squared distances (n, m), at least 0, between points a (n, d) and b (m, d)."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape[1] <= EXACT_DIMS:
        return np.stack([np.subtract.outer(x, y) ** 2 for x, y in zip(a.T, b.T, strict=True)]).sum(
            axis=0
        )
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)
    return np.maximum(squares - 2 * a @ b.T, 0)


def nearest_distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the Euclidean distance (n,) of each of `points` (n, d) to the nearest of `others`.

    With many dimensions, all distances are computed in single precision first. Only those of the
    `CANDIDATES` nearest points are then computed exactly. That takes a third of the time.

    Args:
        points: (n, d).
        others: (m, d), at least one.
    """
    nearest_per_chunk = []
    for chunk in np.array_split(others, -(-len(others) // 2000)):
        if points.shape[1] <= EXACT_DIMS or len(chunk) <= CANDIDATES:
            nearest_per_chunk.append(squared_distances(points, chunk).min(axis=1))
            continue
        # |point - other|² without |point|², which is the same for all others.
        rough = np.einsum("ij,ij->i", chunk, chunk) - 2 * points @ chunk.T
        candidates = chunk[np.argpartition(rough, CANDIDATES, axis=1)[:, :CANDIDATES]]
        differences = candidates.astype(np.float64) - points[:, None]
        nearest_per_chunk.append(np.square(differences).sum(axis=-1).min(axis=1))
    return np.sqrt(np.min(nearest_per_chunk, axis=0))


def typical_gap(points: np.ndarray) -> float:
    """Return the median distance of points (n, d) to their nearest neighbour.

    A latent space has no unit of length. This distance serves as the unit for gaps, because it
    grows with the scale of the space.
    """
    nearest_per_chunk = []
    for rows in np.array_split(np.arange(len(points)), -(-len(points) // 500)):
        distances = squared_distances(points[rows], points)
        distances[np.arange(len(rows)), rows] = np.inf
        nearest_per_chunk.append(distances.min(axis=1))
    return float(np.median(np.sqrt(np.concatenate(nearest_per_chunk))))
