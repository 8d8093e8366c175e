"""Join many pictures into one."""

from __future__ import annotations

import numpy as np


def sheet(images: np.ndarray, columns: int, gap: int = 0) -> np.ndarray:
    """Join pictures into one, row by row. Empty places in the last row are black.

    Args:
        images: (n, h, w, c).
        columns: pictures per row.
        gap: width in pixels of the black border around each picture.

    Returns:
        (rows * (h + 2 gap), columns * (w + 2 gap), c).
    """
    images = np.pad(images, ((0, 0), (gap, gap), (gap, gap), (0, 0)))
    n, height, width, channels = images.shape
    rows = -(-n // columns)
    padded = np.zeros((rows * columns, height, width, channels), images.dtype)
    padded[:n] = images
    tiles = padded.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    return tiles.reshape(rows * height, columns * width, channels)
