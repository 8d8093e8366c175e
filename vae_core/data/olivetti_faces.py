"""The Olivetti faces, 64x64."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vae_core.data.dataset import Dataset, DatasetError, checked
from vae_core.data.local_files import local_file, not_to_be_had, read_npz

FACES = "olivetti_faces"


PEOPLE = tuple(f"person {number}" for number in range(40))


FACES_HELD_OUT = 3  # of the ten pictures of each person


def load_olivetti_faces() -> Dataset:
    """The Olivetti faces (AT&T Laboratories Cambridge): 400 pictures, ten each of 40 people."""
    path = local_file(f"{FACES}.npz")
    arrays = read_npz(path, "images", "target") if path else _download_faces()
    return checked(FACES, **split_faces(arrays), label_names=PEOPLE)


def split_faces(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Three pictures of each person, drawn by a fixed seed, are held out.

    By picture, not by person: 28 people would be too few to draw the faces of 12 others, and what
    is held out of them would say more about who happens to be among the 12 than about the model.
    So what a run has not seen are poses and expressions, not people. The brightest pixel of all
    becomes 1, as in scikit-learn, so that both sources give the same numbers.

    Args:
        arrays: images (n, size, size) of any range, target (n,), the person.
    """
    images, target = arrays["images"], np.asarray(arrays["target"])
    if images.ndim != 3 or target.shape != images.shape[:1] or not images.size:
        raise DatasetError(
            f"{FACES}: images must be of shape (n, size, size) and target (n,), got "
            f"{images.shape} and {target.shape}."
        )
    images = images.astype(np.float32)
    images -= images.min()
    images /= max(float(images.max()), 1e-6)
    rng = np.random.default_rng(0)
    held_out = np.zeros(len(target), bool)
    for person in np.unique(target):
        held_out[rng.permutation(np.flatnonzero(target == person))[:FACES_HELD_OUT]] = True
    return {
        "x_train": images[~held_out],
        "y_train": target[~held_out],
        "x_test": images[held_out],
        "y_test": target[held_out],
    }


def _download_faces() -> dict[str, np.ndarray]:
    # Takes 2 s and 80 MB to import: only in the training process.
    from sklearn.datasets import fetch_olivetti_faces

    try:
        found = fetch_olivetti_faces()
    except Exception as error:  # urllib, ssl, hash and file errors alike mean: not to be had
        raise not_to_be_had(FACES) from error
    return {"images": found.images, "target": found.target}
