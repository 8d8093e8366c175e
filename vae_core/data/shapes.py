"""The data sets `shapes`: pictures with the known factors shape, scale, rotation, x and y."""

from __future__ import annotations

import functools
import re
from dataclasses import replace

import numpy as np

from vae_core.data.dataset import Dataset, DatasetError, checked
from vae_core.data.source import Family, Source

SHAPES = ("square", "ellipse", "heart")
FACTORS = ("shape", "scale", "rotation", "x", "y")
SCALES = np.linspace(0.5, 1.0, 6)
ROTATIONS = np.linspace(0.0, 2 * np.pi, 40, endpoint=False)
# For each shape, how many of the rotations give different pictures.
DISTINCT_ROTATIONS = (10, 20, 40)
PLACES = np.linspace(0.25, 0.75, 32)
FACTOR_SIZES = (len(SHAPES), len(SCALES), len(ROTATIONS), len(PLACES), len(PLACES))
HALF_WIDTH = 0.17  # of a square at scale 1, in units of the picture's side


def sample_factors(n: int, seed: int) -> np.ndarray:
    """Draw n rows of factors (n, 5) uniformly, as indices; no two rows give the same picture.

    A quarter turn leaves a square as it is, and half a turn an ellipse. Of rotations that look the
    same, one is kept at random. No model can tell such rotations apart, so scores on rotation are
    limited.
    """
    rng = np.random.default_rng(seed)
    factors = rng.integers(0, FACTOR_SIZES, size=(n + n // 5 + 10, len(FACTOR_SIZES)))
    appearance = factors.copy()
    appearance[:, 2] %= np.array(DISTINCT_ROTATIONS)[appearance[:, 0]]
    _, first = np.unique(appearance, axis=0, return_index=True)
    return factors[np.sort(first)[:n]]


def draw(factors: np.ndarray, size: int) -> np.ndarray:
    """Draw the pictures (n, size, size) uint8 of factors (n, 5).

    A pixel's value is the share of the pixel that the shape covers, estimated from the distance
    between its centre and the outline. x grows to the right and y upwards.
    """
    images = np.empty((len(factors), size, size), np.uint8)
    for start in range(0, len(factors), 1000):
        rows = slice(start, start + 1000)
        images[rows] = _draw(factors[rows], size)
    return images


def _draw(factors: np.ndarray, size: int) -> np.ndarray:
    shape, scale, rotation, x, y = factors.T
    centres = (np.arange(size) + 0.5) / size
    right = centres[None, None, :] - PLACES[x][:, None, None]
    up = centres[None, ::-1, None] - PLACES[y][:, None, None]
    angle = ROTATIONS[rotation][:, None, None]
    unit = HALF_WIDTH * SCALES[scale][:, None, None]
    u = (np.cos(angle) * right + np.sin(angle) * up) / unit
    v = (np.cos(angle) * up - np.sin(angle) * right) / unit
    outlines = (_square, _ellipse, _heart)
    distance = np.empty_like(u)
    for number, outline in enumerate(outlines):
        rows = shape == number
        distance[rows] = outline(u[rows], v[rows])
    covered = np.clip(0.5 - distance * unit * size, 0, 1)
    return np.rint(255 * covered).astype(np.uint8)


def _square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the signed distance of points (u, v) to the outline: negative inside."""
    return np.maximum(np.abs(u), np.abs(v)) - 1


def _ellipse(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return f / |∇f|, the first-order signed distance to the outline f = 0 (Taubin, 1991)."""
    a, b = 1.3, 0.65
    f = np.square(u / a) + np.square(v / b) - 1
    return f / np.maximum(2 * np.hypot(u / a**2, v / b**2), 1e-6)


def _heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the signed distance to a heart: a square on its corner with a disc on two edges."""
    u, v = np.abs(u), v + 0.2
    corner = 1 / np.sqrt(2)
    square = (u + np.abs(v)) * corner - corner
    disc = np.hypot(u - 0.5, v - 0.5) - corner
    return np.minimum(square, disc)


SHAPES_NAME = re.compile(r"shapes(?:_([1-9][0-9]{0,8})_([1-9][0-9]{0,3}))?")
SHAPES_NUMBERS = (20, 50_000)  # there are not enough different pictures of squares for more
SHAPES_SIZES = (8, 64)  # pixels per side
SHAPES_USUAL = (15_000, 32)  # number and size of the data set `shapes`


def shapes_name(number: int, size: int) -> str:
    """Return the name of the data set with `number` shapes of `size` pixels per side."""
    return "shapes" if (number, size) == SHAPES_USUAL else f"shapes_{number}_{size}"


def number_and_size(name: str) -> tuple[int, int] | None:
    """Parse a name such as `shapes_1000_32`; None if it names no data set of shapes.

    Returns:
        The number of shapes, and their pixels per side.

    Raises:
        DatasetError: the number or the size is out of range.
    """
    match = SHAPES_NAME.fullmatch(name)
    if not match:
        return None
    number, size = map(int, match.groups()) if match[1] else SHAPES_USUAL
    for value, (low, high) in ((number, SHAPES_NUMBERS), (size, SHAPES_SIZES)):
        if not low <= value <= high:
            raise DatasetError(
                f"{name}: shapes_NUMBER_SIZE takes {SHAPES_NUMBERS[0]} to {SHAPES_NUMBERS[1]:,} "
                f"pictures of {SHAPES_SIZES[0]} to {SHAPES_SIZES[1]} pixels per side."
            )
    return number, size


FAMILY = Family((*SHAPES_NUMBERS, SHAPES_USUAL[0]), (*SHAPES_SIZES, SHAPES_USUAL[1]), shapes_name)


@functools.lru_cache(maxsize=4)
def shape_factors(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors of the training pictures (n, 5) and of the held-out pictures (m, 5)."""
    factors = sample_factors(number, seed=0)
    return factors[: -(number // 5)], factors[-(number // 5) :]


def shapes_source(name: str, number: int, size: int) -> Source:
    """Return the source that draws a data set of shapes; its labels are the shapes."""

    def load() -> Dataset:
        train, test = shape_factors(number)
        x_train, x_test = draw(train, size), draw(test, size)
        data = checked(name, x_train, train[:, 0], x_test, test[:, 0], SHAPES)
        return replace(data, factors=test)

    return Source(load, (size, size, 1), number - number // 5, bundled=True, family=FAMILY)
