"""Paths between two points of the latent space."""

from __future__ import annotations

import numpy as np

INTERPOLATIONS = ("linear", "spherical")


def interpolation(a: np.ndarray, b: np.ndarray, n: int, kind: str = "linear") -> np.ndarray:
    """Return n latents on a path from a to b, both included.

    `linear`: (1 - t) a + t b.

    `spherical`: along the arc around the origin (Shoemake, 1985, "Animating Rotation with
    Quaternion Curves"). White (2016), "Sampling Generative Networks", proposes it for latents: in
    many dimensions a straight line comes nearer to the origin than any sample of the prior. If a
    and b have the same or opposite directions, the straight line is used: no arc is unique.

    Args:
        a, b: (d,).
        n: at least 2.
        kind: one of `INTERPOLATIONS`.

    Returns:
        (n, d) float32.

    Raises:
        ValueError: kind is not one of `INTERPOLATIONS`.
    """
    if kind not in INTERPOLATIONS:
        raise ValueError(f"kind must be one of {', '.join(INTERPOLATIONS)}, got {kind!r}.")
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    t = np.linspace(0, 1, n)[:, None]
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    cosine = float(np.clip(a @ b / lengths, -1, 1)) if lengths > 0 else 1.0
    if kind == "linear" or abs(cosine) > 1 - 1e-9:
        return ((1 - t) * a + t * b).astype(np.float32)
    angle = np.arccos(cosine)
    weights = np.sin(np.hstack([1 - t, t]) * angle) / np.sin(angle)
    return (weights @ np.stack([a, b])).astype(np.float32)
