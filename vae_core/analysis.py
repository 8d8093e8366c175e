"""What to look at in a trained run: points of the latent space to decode, pictures to show."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np


def manifold(
    n: int,
    z: np.ndarray,
    dims: tuple[int, int] = (0, 1),
    spacing: str = "quantile",
    extent: float = 2.0,
) -> tuple[np.ndarray, np.ndarray]:
    """An n x n grid over two latent dimensions, the others held at `z`.

    Kingma & Welling (2014), figure 4: with `quantile` spacing the coordinates are the prior's
    quantiles at equal probabilities, so each picture stands for the same share of the prior;
    with `linear` they are equally spaced in -extent to extent.

    Args:
        n: pictures a side, at least 2.
        z: (d,), where the other dimensions stay; the prior's mean is 0.
        dims: the dimensions along the columns and the rows; the same twice makes one row
            repeat, which is what a single latent dimension has to show.
        spacing: `quantile` or `linear`.
        extent: largest coordinate, in standard deviations of the prior.

    Returns:
        axis: (n,), ascending coordinates.
        z: (n * n, d), row by row from the top, where the second coordinate is largest.
    """
    if spacing == "quantile":
        edge = NormalDist().cdf(extent)
        axis = np.array([NormalDist().inv_cdf(p) for p in np.linspace(1 - edge, edge, n)])
    elif spacing == "linear":
        axis = np.linspace(-extent, extent, n)
    else:
        raise ValueError(f"spacing must be 'quantile' or 'linear', got {spacing!r}.")
    grid = np.tile(np.asarray(z, np.float32), (n, n, 1))
    grid[..., dims[1]] = axis[::-1, None]
    grid[..., dims[0]] = axis[None, :]
    return axis, grid.reshape(n * n, -1)


def traversal(z: np.ndarray, dims: list[int], values: np.ndarray) -> np.ndarray:
    """Rows that move one latent dimension at a time and hold the others.

    Args:
        z: (d,), where the rows cross.
        dims: one row each.
        values: (n,), what the row's dimension takes in turn.

    Returns:
        (len(dims) * n, d), row by row.
    """
    rows = np.repeat(np.asarray(z, np.float32)[None], len(dims) * len(values), axis=0)
    rows = rows.reshape(len(dims), len(values), -1)
    for row, dim in zip(rows, dims, strict=True):
        row[:, dim] = values
    return rows.reshape(len(dims) * len(values), -1)


def sheet(images: np.ndarray, columns: int, gap: int = 0) -> np.ndarray:
    """One picture of many, row by row, with blanks at the end.

    Args:
        images: (n, h, w).
        columns: pictures a row.
        gap: black pixels around each picture, on every side.

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
