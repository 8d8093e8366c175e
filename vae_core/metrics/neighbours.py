"""Predict labels from the nearest neighbours in the latent space."""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 10


def knn_accuracy(points: np.ndarray, labels: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Return the share of points whose label is the commonest of their k nearest neighbours.

    The k-nearest-neighbour rule of Cover & Hart (1967), "Nearest Neighbor Pattern
    Classification", leaving one out: a point is not its own neighbour. If labels are equally
    common, the smallest counts.

    Args:
        points: (n, d), posterior means of held-out images.
        labels: (n,), whole numbers from 0.

    Returns:
        0 to 1.
    """
    from sklearn.neighbors import NearestNeighbors  # 2 s and 80 MB to import

    k = min(k, len(points) - 1)
    nearest = NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)
    votes = (labels[nearest][..., None] == np.arange(labels.max() + 1)).sum(axis=1)
    return float((votes.argmax(axis=1) == labels).mean())
