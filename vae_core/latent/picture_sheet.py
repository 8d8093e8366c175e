"""Join many pictures into one."""

from __future__ import annotations

import numpy as np


def sheet(images: np.ndarray, columns: int, gap: int = 0) -> np.ndarray:
    """Join pictures into one, row by row; missing places in the last row are black.

    Args:
        images: (n, h, w).
        columns: pictures per row.
        gap: width in pixels of the black border around each picture.

    Returns:
        (rows * (h + 2 gap), columns * (w + 2 gap)).
    """
    images = np.pad(images, ((0, 0), (gap, gap), (gap, gap)))
    n, height, width = images.shape
    rows = -(-n // columns)
    padded = np.zeros((rows * columns, height, width), images.dtype)
    padded[:n] = images
    tiles = padded.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    return tiles.reshape(rows * height, columns * width)
