"""Align the latent space of one run with that of another (Procrustes)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Alignment(NamedTuple):
    """A rotation or reflection, one scale and a shift that map a latent space onto a reference.

    Attributes:
        rotation: (d, d), orthogonal.
        scale: one factor for all dimensions.
        centre, reference_centre: (d,), the means of the two embeddings. `apply` maps the first mean
            to the second.
        unexplained: share of the reference's variance that remains as error, 0 to 1.
    """

    rotation: np.ndarray
    scale: float
    centre: np.ndarray
    reference_centre: np.ndarray
    unexplained: float

    def apply(self, z: np.ndarray) -> np.ndarray:
        """Map latents (n, d) of the aligned run to coordinates (n, d) of the reference."""
        return (z - self.centre) @ self.rotation * self.scale + self.reference_centre

    def undo(self, z: np.ndarray) -> np.ndarray:
        """Map coordinates (n, d) of the reference back to latents (n, d) of the aligned run."""
        if self.scale == 0:
            return np.tile(self.centre, (len(z), 1))
        return (z - self.reference_centre) / self.scale @ self.rotation.T + self.centre


def align(embedding: np.ndarray, reference: np.ndarray) -> Alignment:
    """Align a run's embedding with that of a reference run (Procrustes).

    Latent spaces of different runs differ by flips and permutations, which don't change the
    objective. They also differ by rotations, scales and shifts, which hardly change it or follow
    from β. The alignment removes all of these. Only differences in shape remain.

    Schönemann (1966), "A generalized solution of the orthogonal Procrustes problem", with the
    scale of Gower (1975), "Generalized Procrustes Analysis".

    Args:
        embedding: (n, d), posterior means.
        reference: (n, d), posterior means of the same n images in the reference run.

    Raises:
        ValueError: the shapes differ.
    """
    if embedding.shape != reference.shape:
        raise ValueError(
            "only embeddings of the same images in the same number of dimensions can be aligned, "
            f"got {embedding.shape} and {reference.shape}."
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
