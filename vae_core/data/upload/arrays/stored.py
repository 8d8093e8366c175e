"""An array in a file, read when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Stored:
    """An array in a file, read when it is used.

    Attributes:
        shape, dtype: of the array.
        whole: reads all of it.
        chunks: reads some rows at a time, in order; None if it can only be read whole.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    whole: Callable[[], np.ndarray]
    chunks: Callable[[], Iterator[np.ndarray]] | None = None


def in_memory(array: np.ndarray) -> Stored:
    """Return an array that was already read."""
    return Stored(array.shape, array.dtype, lambda: array)
