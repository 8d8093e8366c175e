"""Lay the latent space of one run on that of another (Procrustes)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Alignment(NamedTuple):
    """Rotation or reflection, one scale and a shift that lay a latent space on another.

    Attributes:
        rotation: (d, d), orthogonal.
        scale: one factor for all dimensions.
        centre, reference_centre: (d,), what is laid on what.
        unexplained: share of the reference's variance that stays after the alignment, 0 to 1.
    """

    rotation: np.ndarray
    scale: float
    centre: np.ndarray
    reference_centre: np.ndarray
    unexplained: float

    def apply(self, z: np.ndarray) -> np.ndarray:
        """Latents (n, d) of the aligned run in the coordinates of the reference."""
        return (z - self.centre) @ self.rotation * self.scale + self.reference_centre

    def undo(self, z: np.ndarray) -> np.ndarray:
        """Coordinates (n, d) of the reference as latents of the aligned run, to be decoded."""
        if self.scale == 0:
            return np.tile(self.centre, (len(z), 1))
        return (z - self.reference_centre) / self.scale @ self.rotation.T + self.centre


def align(embedding: np.ndarray, reference: np.ndarray) -> Alignment:
    """The Procrustes alignment of a run's embedding to that of a reference run.

    Latent spaces of different runs are flipped and permuted, which the objective does not see,
    and rotated, scaled and shifted, which it sees little of or is what β does: the alignment takes
    all of this away, to compare the shape that is left. Schönemann (1966), "A generalized solution
    of the orthogonal Procrustes problem", with the scale of Gower (1975), "Generalized Procrustes
    Analysis".

    Args:
        embedding: (n, d), posterior means.
        reference: (n, d), those of the same n images.

    Raises:
        ValueError: the shapes differ.
    """
    if embedding.shape != reference.shape:
        raise ValueError(
            "only embeddings of the same images in as many dimensions can be aligned, got "
            f"{embedding.shape} and {reference.shape}."
        )
    centre, reference_centre = (
        points.mean(axis=0, dtype=np.float64) for points in (embedding, reference)
    )
    x, y = embedding - centre, reference - reference_centre
    u, singular, vt = np.linalg.svd(x.T @ y)
    spread, reference_spread = float(np.square(x).sum()), float(np.square(y).sum())
    scale = float(singular.sum()) / spread if spread > 0 else 0.0
    explained = scale * float(singular.sum()) / reference_spread if reference_spread > 0 else 1.0
    return Alignment(u @ vt, scale, centre, reference_centre, max(0.0, 1.0 - explained))
