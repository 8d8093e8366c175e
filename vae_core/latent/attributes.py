"""Latent arithmetic: the direction from one group of items to another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vae_core.latent.reconstruction import Networks


def attribute_vector(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the direction from one group of images to another: the difference of their means.

    Larsen et al. (2016), "Autoencoding beyond pixels using a learned similarity metric", section
    4.1. The vector also holds whatever else differs between the groups: people with glasses are
    more often men, for example (White, 2016, "Sampling Generative Networks", section 3.2).

    Args:
        start, end: posterior means (n, d) and (m, d), at least one each.

    Returns:
        (d,) float32; adding it moves the mean of `start` to the mean of `end`.
    """
    difference = end.mean(axis=0, dtype=np.float64) - start.mean(axis=0, dtype=np.float64)
    return difference.astype(np.float32)


class Halves(NamedTuple):
    """The halves of two groups of images. One half makes the vector, the other shows its effect.

    Attributes:
        made_from: ascending rows (n,) that make the vector: of the first and of the second group.
        shown_on: ascending rows (n,) of the other half, in the same order of groups.
        by_label: True if no label is in both halves.
    """

    made_from: tuple[np.ndarray, np.ndarray]
    shown_on: tuple[np.ndarray, np.ndarray]
    by_label: bool


LABELS_TO_HALVE = 4  # with fewer labels in a group, images are divided without regard to them


def halves(a: np.ndarray, b: np.ndarray, labels: np.ndarray) -> Halves:
    """Split two groups in halves at random, always in the same way.

    All images of a label go to the same half, so that nearly equal pictures of one person are
    never in both. This needs at least `LABELS_TO_HALVE` labels in each group, and images of both
    groups in each half. Otherwise labels are ignored. The second half of a group of one image is
    empty.

    Args:
        a, b: rows of images, (n,) and (m,), at least one each; no row is in both.
        labels: (k,), the label of every image of the data set.
    """
    if min(len(np.unique(labels[a])), len(np.unique(labels[b]))) >= LABELS_TO_HALVE:
        distinct_labels = np.unique(labels[np.concatenate([a, b])])
        for seed in range(100):
            order = np.random.default_rng(seed).permutation(distinct_labels)
            first = order[: (len(order) + 1) // 2]
            made_from, shown_on = (
                tuple(np.sort(rows[np.isin(labels[rows], first, invert=i)]) for rows in (a, b))
                for i in (False, True)
            )
            if all(map(len, (*made_from, *shown_on))):
                return Halves((made_from[0], made_from[1]), (shown_on[0], shown_on[1]), True)
    (a1, a2), (b1, b2) = (_split_rows(rows) for rows in (a, b))
    return Halves((a1, b1), (a2, b2), False)


def _split_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(np.sort(rows))
    middle = (len(order) + 1) // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


class Transfer(NamedTuple):
    """How many pictures a vector moves to the group it points to; see `transfer`.

    A picture counts as moved if its encoding is nearer the mean of the target group than the mean
    of its own group.

    Attributes:
        before, after: share of the pictures that count as moved, 0 to 1, without the vector and
            with it.
        random: the same share for vectors of equal length between random pairs of images.
        images: number of pictures.
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
    all_means: np.ndarray,
) -> Transfer:
    """Measure how many pictures change groups when a vector is added to their latents.

    z + step is decoded, the picture is encoded again, and this encoding is judged. Judging z + step
    itself would be trivial: a step by the difference of two means takes nearly any z from one group
    to the other.

    Args:
        networks: the run's encoder and decoder.
        z: (n, d), posterior means of images that the vector was not made from; at least one.
        step: (d,), the vector times its strength.
        own, aim: (d,), the mean of the images' own group and that of the target group.
        all_means: (m, d), posterior means from which random pairs are drawn. Gaussian noise would
            mostly point along dimensions that the decoder ignores.
    """
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, len(all_means), (RANDOM_VECTORS, 2))
    random_steps = (all_means[pairs[:, 1]] - all_means[pairs[:, 0]]).astype(np.float64)
    lengths = np.linalg.norm(random_steps, axis=1, keepdims=True)
    random_steps *= np.linalg.norm(step) / np.where(lengths > 0, lengths, 1)

    def share_moved(latents: np.ndarray) -> float:
        mean, _ = networks.encode(networks.decode(latents.astype(np.float32)))
        nearer = np.square(mean - aim).sum(axis=1) < np.square(mean - own).sum(axis=1)
        return float(nearer.mean())

    return Transfer(
        before=share_moved(z),
        after=share_moved(z + step),
        random=float(np.mean([share_moved(z + random_step) for random_step in random_steps])),
        images=len(z),
    )


def cosine_similarity(a: np.ndarray, b: np.ndarray) -> float:
    """Return the cosine of the angle between two vectors (d,): -1 to 1, 0 if one is all zeros."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths > 0 else 0.0
