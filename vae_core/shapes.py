"""Pictures drawn from known factors: shape, scale, rotation, x and y.

After the dSprites set (Matthey et al., 2017, "dSprites: Disentanglement testing Sprites dataset"):
the same factors, drawn here at any size, with smooth edges; nothing is downloaded.
"""

from __future__ import annotations

import numpy as np

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


# Signed distances to an outline, below 0 inside, in half widths of the square; what counts is that
# they are right near the outline.


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
