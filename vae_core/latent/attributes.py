"""Latent arithmetic: the direction from one group of items to another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vae_core.latent.reconstruction import Networks


def attribute_vector(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The direction from one group of images to another: the difference of their means.

    Larsen et al. (2016), "Autoencoding beyond pixels using a learned similarity metric", section
    4.1; White (2016), "Sampling Generative Networks", section 3.2: what else differs between the
    groups (who wears glasses is often a man) is in the vector, too.

    Args:
        start, end: posterior means (n, d) and (m, d), at least one each.

    Returns:
        (d,) float32; z + 1 · vector takes the mean of `start` to that of `end`.
    """
    found = end.mean(axis=0, dtype=np.float64) - start.mean(axis=0, dtype=np.float64)
    return found.astype(np.float32)


class Halves(NamedTuple):
    """Two groups of images, halved: a vector is taken from one half, and shown on the other.

    Attributes:
        made_from, shown_on: the rows (n,) of each group, ascending.
        by_label: no label is in both halves.
    """

    made_from: tuple[np.ndarray, np.ndarray]
    shown_on: tuple[np.ndarray, np.ndarray]
    by_label: bool


LABELS_TO_HALVE = 4


def halves(a: np.ndarray, b: np.ndarray, labels: np.ndarray) -> Halves:
    """Halve two groups at random, the same each time.

    By label, if both groups have `LABELS_TO_HALVE` or more and each half gets images of both: else
    two pictures of one person that are all but the same could lie on both sides. Otherwise by
    image; of a single image nothing is left to be shown.

    Args:
        a, b: rows of images, (n,) and (m,), without a common one, at least one each.
        labels: of all images.
    """
    if min(len(np.unique(labels[a])), len(np.unique(labels[b]))) >= LABELS_TO_HALVE:
        found = np.unique(labels[np.concatenate([a, b])])
        for seed in range(100):
            order = np.random.default_rng(seed).permutation(found)
            first = order[: (len(order) + 1) // 2]
            made_from, shown_on = (
                tuple(np.sort(rows[np.isin(labels[rows], first, invert=i)]) for rows in (a, b))
                for i in (False, True)
            )
            if all(map(len, (*made_from, *shown_on))):
                return Halves((made_from[0], made_from[1]), (shown_on[0], shown_on[1]), True)
    (a1, a2), (b1, b2) = (_halved(rows) for rows in (a, b))
    return Halves((a1, b1), (a2, b2), False)


def _halved(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(np.sort(rows))
    middle = (len(order) + 1) // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


class Transfer(NamedTuple):
    """How far a vector moves pictures to the group it points to; see `transfer`.

    Attributes:
        before, after: share of the pictures, 0 to 1, that are nearer the mean of the group aimed
            at than that of their own: of the vector at strength 0, and at its strength.
        random: the same for vectors of its length between two images drawn at random.
        images: how many pictures.
    """

    before: float
    after: float
    random: float
    images: int


RANDOM_VECTORS = 8


def transfer(
    networks: Networks,
    z: np.ndarray,
    step: np.ndarray,
    own: np.ndarray,
    aim: np.ndarray,
    everything: np.ndarray,
) -> Transfer:
    """Do pictures with a vector added look like the other group to the run's own encoder?

    z + step is decoded and the picture encoded again, so it is the picture that is judged: in the
    latent space alone any z that is moved by the difference of two means changes sides.

    Args:
        networks: of the run.
        z: (n, d), posterior means of images that the vector was not taken from; at least one.
        step: (d,), the vector times its strength.
        own, aim: (d,), the mean of the images' own group and of the one aimed at.
        everything: (m, d), posterior means to draw random pairs from; noise would point mostly
            along dimensions that the decoder does not use.
    """
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, len(everything), (RANDOM_VECTORS, 2))
    others = (everything[pairs[:, 1]] - everything[pairs[:, 0]]).astype(np.float64)
    lengths = np.linalg.norm(others, axis=1, keepdims=True)
    others *= np.linalg.norm(step) / np.where(lengths > 0, lengths, 1)

    def share(moved: np.ndarray) -> float:
        mean, _ = networks.encode(networks.decode(moved.astype(np.float32)))
        nearer = np.square(mean - aim).sum(axis=1) < np.square(mean - own).sum(axis=1)
        return float(nearer.mean())

    return Transfer(
        before=share(z),
        after=share(z + step),
        random=float(np.mean([share(z + other) for other in others])),
        images=len(z),
    )


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    """The cosine of the angle between two vectors (d,), -1 to 1; 0 where one has no length."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths > 0 else 0.0
