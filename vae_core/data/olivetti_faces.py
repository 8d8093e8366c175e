"""The Olivetti faces, 64x64."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vae_core.data.dataset import Dataset, DatasetError, checked, grey_squares
from vae_core.data.local_files import download_error, local_file, read_npz

FACES = "olivetti_faces"
PEOPLE = tuple(f"person {number}" for number in range(40))
FACES_HELD_OUT = 3  # pictures per person, of ten


def load_olivetti_faces() -> Dataset:
    """Load the Olivetti faces (AT&T Laboratories Cambridge): 400 pictures, ten of each person."""
    path = local_file(f"{FACES}.npz")
    arrays = read_npz(path, "images", "target") if path else _download_faces()
    return grey_squares(checked(FACES, **split_faces(arrays), label_names=PEOPLE))


def split_faces(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Hold out three pictures of each person, drawn by a fixed seed.

    The split is by picture, not by person: 28 people are too few to learn the faces of 12 others,
    and a score on the 12 would depend mostly on who they are. A run is therefore tested on new
    poses and expressions, not on new people.

    Pixels are scaled so that the darkest is 0 and the brightest 1, as in scikit-learn, so that the
    file and the download give the same numbers.

    Args:
        arrays: images (n, size, size) of any range, target (n,), the person's number.

    Returns:
        x_train, y_train, x_test, y_test.

    Raises:
        DatasetError: the arrays have other shapes.
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
    from sklearn.datasets import fetch_olivetti_faces  # 2 s and 80 MB: only where training runs

    try:
        faces = fetch_olivetti_faces()
    except Exception as error:  # urllib, ssl, hash and file errors all mean that there is no file
        raise download_error(FACES) from error
    return {"images": faces.images, "target": faces.target}
