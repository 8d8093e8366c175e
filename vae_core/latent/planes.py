"""Planes through the latent space: grids, projections, densities, ellipses."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

SPACINGS = ("quantile", "linear")


def manifold(
    n: int,
    z: np.ndarray,
    dims: tuple[int, int] = (0, 1),
    spacing: str = "quantile",
    extent: float = 2.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return an n x n grid of latents over two dimensions, with the other dimensions fixed at `z`.

    Kingma & Welling (2014), figure 4. With `quantile` spacing the coordinates are the prior's
    quantiles at equal probabilities, so that each picture stands for the same share of the prior.
    With `linear` spacing they are equally spaced from -extent to extent.

    Args:
        n: pictures per side, at least 2.
        z: (d,), the values of the other dimensions; the prior's mean is 0.
        dims: the dimensions along the x axis and along the y axis. If both are the same, all rows
            are equal. A run with a single latent dimension needs this.
        spacing: one of `SPACINGS`.
        extent: largest coordinate, in standard deviations of the prior.

    Returns:
        axis: (n,), ascending coordinates.
        z: (n * n, d), row by row from the top, where the second coordinate is largest.

    Raises:
        ValueError: spacing is not one of `SPACINGS`.
    """
    if spacing == "quantile":
        edge = NormalDist().cdf(extent)
        axis = np.array([NormalDist().inv_cdf(p) for p in np.linspace(1 - edge, edge, n)])
    elif spacing == "linear":
        axis = np.linspace(-extent, extent, n)
    else:
        raise ValueError(f"spacing must be one of {', '.join(SPACINGS)}, got {spacing!r}.")
    grid = np.tile(np.asarray(z, np.float32), (n, n, 1))
    grid[..., dims[1]] = axis[::-1, None]
    grid[..., dims[0]] = axis[None, :]
    return axis, grid.reshape(n * n, -1)


def traversal(z: np.ndarray, dims: list[int], values: np.ndarray) -> np.ndarray:
    """Return latents in rows; each row changes one dimension of `z` and keeps the others.

    Args:
        z: (d,), the latent that all rows start from.
        dims: the dimension that changes, for each row.
        values: (n,), the values that it takes.

    Returns:
        (len(dims) * n, d), row by row.
    """
    rows = np.repeat(np.asarray(z, np.float32)[None], len(dims) * len(values), axis=0)
    rows = rows.reshape(len(dims), len(values), -1)
    for row, dim in zip(rows, dims, strict=True):
        row[:, dim] = values
    return rows.reshape(len(dims) * len(values), -1)


def dims_by_rate(rate_per_dim: np.ndarray) -> list[int]:
    """Return the latent dimensions in descending order of their rate.

    Args:
        rate_per_dim: (d,), nats per image.
    """
    return [int(dim) for dim in np.argsort(-np.asarray(rate_per_dim), kind="stable")]


class Projection(NamedTuple):
    """A plane through the latent space: the coordinates of z are (z - centre) · axis.

    The axes are orthonormal, so the prior N(0, I) stays round in the plane.

    Attributes:
        axes: (2, d), one direction per row.
        centre: (d,), the latent at the plane's origin.
    """

    axes: np.ndarray
    centre: np.ndarray

    def apply(self, z: np.ndarray) -> np.ndarray:
        """Project latents (n, d) to points (n, 2)."""
        return (z - self.centre) @ self.axes.T

    def covariances(self, posterior_log_var: np.ndarray) -> np.ndarray:
        """Project posteriors with log-variances (n, d) to covariances (n, 2, 2) in the plane."""
        variance = np.exp(posterior_log_var)
        return np.einsum("id,nd,jd->nij", self.axes, variance, self.axes)


def dims_plane(dims: tuple[int, int], latent_dim: int) -> Projection:
    """Return the plane spanned by two latent dimensions."""
    return Projection(np.eye(latent_dim)[list(dims)], np.zeros(latent_dim))


def principal_plane(posterior_mean: np.ndarray) -> tuple[Projection, np.ndarray]:
    """Return the plane in which the posterior means vary most, and its axes' shares of variance.

    The axes are the first two principal components, from the singular value decomposition of the
    centred means; Pearson (1901), "On lines and planes of closest fit to systems of points in
    space". The sign of a component is chosen so that its largest coordinate is positive.

    Args:
        posterior_mean: (n, d), d at least 2.

    Returns:
        The plane, whose first axis has the largest variance, and shares (2,), 0 to 1.
    """
    centre = posterior_mean.mean(axis=0, dtype=np.float64)
    _, singular, axes = np.linalg.svd(posterior_mean - centre, full_matrices=False)
    axes = axes[:2]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    variance = np.square(singular)
    share = variance[:2] / variance.sum() if variance.sum() > 0 else np.zeros(2)
    return Projection(axes * np.sign(largest), centre), share


def ellipses(
    centres: np.ndarray, covariances: np.ndarray, radius: float = 1.0, corners: int = 32
) -> np.ndarray:
    """Return the ellipses at `radius` standard deviations around normal distributions in the plane.

    Args:
        centres: (n, 2), the means.
        covariances: (n, 2, 2).
        radius: in standard deviations.
        corners: number of corners of the polygon that stands for an ellipse.

    Returns:
        (n, corners + 1, 2), polygons; the last point repeats the first.
    """
    angle = np.linspace(0, 2 * np.pi, corners + 1)
    circle = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return centres[:, None, :] + np.einsum("nik,ck->nci", noise_transforms(covariances), circle)


def noise_transforms(covariances: np.ndarray) -> np.ndarray:
    """Return matrices that turn standard normal noise into noise of the given covariances.

    Args:
        covariances: (n, k, k).

    Returns:
        (n, k, k).
    """
    variance, directions = np.linalg.eigh(covariances)
    return directions * np.sqrt(np.maximum(variance, 0))[:, None, :]


class Density(NamedTuple):
    """A density on a grid in the plane.

    Attributes:
        x, y: (bins,), centres of the cells.
        height: (bins, bins), one row per y; probability per unit of area.
    """

    x: np.ndarray
    y: np.ndarray
    height: np.ndarray


def aggregate_posterior_density(
    centres: np.ndarray,
    covariances: np.ndarray,
    bins: int = 80,
    samples: int = 200_000,
    seed: int = 0,
) -> Density:
    """Return a histogram of the aggregate posterior (the mean of all posteriors) in the plane.

    Samples are drawn in the plane, so time and memory don't grow with the latent dimensions. The
    grid leaves out 0.5 % of the samples at each side, because a single outlier would make all
    cells large.

    Args:
        centres: (n, 2), posterior means projected to the plane.
        covariances: (n, 2, 2), covariances of the posteriors in the plane.
        bins: cells per side.
        samples: number of samples in all.
        seed: for the choice of images and for the noise.
    """
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(centres), samples)
    noise = rng.standard_normal((samples, 2))
    points = centres[rows] + np.einsum("nik,nk->ni", noise_transforms(covariances)[rows], noise)
    low, high = np.quantile(points, [0.005, 0.995], axis=0)
    margin = np.maximum(0.1 * (high - low), 1e-6)
    edges = np.linspace(low - margin, high + margin, bins + 1).T
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=(edges[0], edges[1]))
    area = np.diff(edges[0])[0] * np.diff(edges[1])[0]
    x, y = (edges[:, :-1] + edges[:, 1:]) / 2
    return Density(x, y, counts.T / (samples * area))


def points_in_polygon(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Return which points lie in a polygon, by the even-odd rule.

    A point is inside if a ray from it crosses the polygon an odd number of times; Shimrat (1962),
    "Algorithm 112: Position of point relative to polygon". The polygon may cross itself; a region
    that it encloses twice is outside.

    Args:
        points: (n, 2).
        polygon: (m, 2), its corners in order; the last is joined to the first. With fewer than 3
            corners no point lies inside.

    Returns:
        (n,) bool.
    """
    odd = np.zeros(len(points), bool)
    if len(polygon) < 3:
        return odd
    order = np.argsort(points[:, 1])
    x, y = points[order].T
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        # The points beside this edge. A corner belongs to only one of its two edges.
        beside = slice(*np.searchsorted(y, sorted((y0, y1))))
        odd[beside] ^= x[beside] < x0 + (y[beside] - y0) / ((y1 - y0) or 1) * (x1 - x0)
    inside = np.empty_like(odd)
    inside[order] = odd
    return inside
