"""Labels of the nearest neighbours."""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 10


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
