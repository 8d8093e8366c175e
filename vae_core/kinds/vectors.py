"""The kind `vectors`: rows of numbers in [0, 1], such as scaled measurements."""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_core.data.dataset import Dataset
from vae_core.kinds.images import Images

MOST_FEATURES = 1 << 14  # more than the values of the largest image


class Vectors(Images):
    """Like `Images`, with another shape of an item and other words."""

    name = "vectors"
    may_have_factors = False
    item, items, an_item = "vector", "vectors", "a vector"

    def size_in_words(self, item_shape: tuple[int, ...]) -> str:
        (features,) = item_shape
        return f"{features:,} features"

    def can_be(self, item_shape: tuple[int, ...]) -> bool:
        return len(item_shape) == 1 and 1 <= item_shape[0] <= MOST_FEATURES

    def snapshot(
        self, vae: Any, dataset: Dataset, pictured: np.ndarray, z: np.ndarray
    ) -> dict[str, np.ndarray]:
        decoded = vae.decode(z)
        return {
            "vectors": dataset.x_test[pictured],
            "reconstructions": decoded[: len(pictured)],
            "prior_samples": decoded[len(pictured) :],
        }
