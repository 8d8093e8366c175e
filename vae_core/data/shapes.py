"""Pictures drawn from known factors: shape, scale, rotation, x and y."""

from __future__ import annotations

import functools
import re
from dataclasses import replace

import numpy as np

from vae_core.data import shapes
from vae_core.data.dataset import Dataset, DatasetError, checked
from vae_core.data.source import Source

SHAPES = ("square", "ellipse", "heart")


FACTORS = ("shape", "scale", "rotation", "x", "y")


SCALES = np.linspace(0.5, 1.0, 6)


ROTATIONS = np.linspace(0.0, 2 * np.pi, 40, endpoint=False)


LOOKS = (10, 20, 40)  # rotations of each shape that look different


PLACES = np.linspace(0.25, 0.75, 32)


COUNTS = (len(SHAPES), len(SCALES), len(ROTATIONS), len(PLACES), len(PLACES))


HALF_WIDTH = 0.17  # of a square at scale 1, as a share of the picture's side


def sample_factors(n: int, seed: int) -> np.ndarray:
    """n times the five factors (n, 5), as indices, drawn uniformly; no two give the same picture.

    A quarter turn of a square and half a turn of an ellipse change nothing: of such rotations one
    is kept, picked at random. No model can tell them apart, which bounds its scores on rotation.
    """
    rng = np.random.default_rng(seed)
    factors = rng.integers(0, COUNTS, size=(n + n // 5 + 10, len(COUNTS)))
    looks = factors.copy()
    looks[:, 2] %= np.array(LOOKS)[looks[:, 0]]
    _, first = np.unique(looks, axis=0, return_index=True)
    return factors[np.sort(first)[:n]]


def draw(factors: np.ndarray, size: int) -> np.ndarray:
    """The pictures (n, size, size), uint8, of factors (n, 5).

    A pixel's value is the share of it that the shape covers, from the distance of its centre to
    the outline. x grows to the right and y upwards.
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
        of_shape = shape == number
        distance[of_shape] = outline(u[of_shape], v[of_shape])
    covered = np.clip(0.5 - distance * unit * size, 0, 1)
    return np.rint(255 * covered).astype(np.uint8)


def _square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) - 1


def _ellipse(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """f / |∇f|, the first-order distance to f = 0 (Taubin, 1991)."""
    a, b = 1.3, 0.65
    f = np.square(u / a) + np.square(v / b) - 1
    return f / np.maximum(2 * np.hypot(u / a**2, v / b**2), 1e-6)


def _heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A square on its corner, and a disc on each of its two upper edges."""
    u, v = np.abs(u), v + 0.2
    corner = 1 / np.sqrt(2)
    square = (u + np.abs(v)) * corner - corner
    disc = np.hypot(u - 0.5, v - 0.5) - corner
    return np.minimum(square, disc)


SHAPES_NAME = re.compile(r"shapes(?:_([1-9][0-9]{0,8})_([1-9][0-9]{0,3}))?")


SHAPES_NUMBERS = (20, 50_000)  # of more the shapes with fewer looks would run out


SHAPES_SIZES = (8, 64)  # pixels a side


SHAPES_USUAL = (15_000, 32)  # number and size of `shapes`


def shapes_name(number: int, size: int) -> str:
    """The data set of so many shapes of so many pixels a side."""
    return "shapes" if (number, size) == SHAPES_USUAL else f"shapes_{number}_{size}"


def number_and_size(name: str) -> tuple[int, int] | None:
    """How many shapes a name asks for, and their pixels a side; None of a name of another kind.

    Raises:
        DatasetError: as many, or such large ones, are not drawn.
    """
    found = SHAPES_NAME.fullmatch(name)
    if not found:
        return None
    number, size = map(int, found.groups()) if found[1] else SHAPES_USUAL
    for value, (low, high) in ((number, SHAPES_NUMBERS), (size, SHAPES_SIZES)):
        if not low <= value <= high:
            raise DatasetError(
                f"{name}: shapes_NUMBER_SIZE takes {SHAPES_NUMBERS[0]} to {SHAPES_NUMBERS[1]:,} "
                f"pictures of {SHAPES_SIZES[0]} to {SHAPES_SIZES[1]} pixels a side."
            )
    return number, size


@functools.lru_cache(maxsize=4)
def shape_factors(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors of the training pictures and of the held-out ones, no two the same."""
    factors = shapes.sample_factors(number, seed=0)
    return factors[: -(number // 5)], factors[-(number // 5) :]


def shapes_source(name: str, number: int, size: int) -> Source:
    def load() -> Dataset:
        train, test = shape_factors(number)
        x_train, x_test = shapes.draw(train, size), shapes.draw(test, size)
        data = checked(name, x_train, train[:, 0], x_test, test[:, 0], shapes.SHAPES)
        return replace(data, factors=test)

    return Source(load, size, number - number // 5, bundled=True)
