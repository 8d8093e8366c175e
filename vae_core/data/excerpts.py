"""Parts of a data set for the pages, read without loading all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from vae_core.data import shapes, tokens
from vae_core.data.dataset import DatasetError, Factors, TextDataset, scaled
from vae_core.data.local_files import local_file, read_npz, rows_of_file
from vae_core.data.olivetti_faces import FACES, split_faces
from vae_core.data.registry import load, own_file, source, stored
from vae_core.data.shapes import number_and_size, shape_factors


def held_out(name: str, indices: Sequence[int]) -> np.ndarray:
    """Some held-out images (k, size, size), for the pages.

    Of a file only these are kept, and nothing is downloaded: that would bring TensorFlow into the
    web process.

    Raises:
        DatasetError: the data set is not on this machine, damaged, or has fewer images.
    """
    drawn = number_and_size(name)
    if drawn:  # what is not asked for isn't drawn
        images = shape_factors(drawn[0])[1]
    elif source(name).bundled:
        images = load(name).x_test
    else:
        images = _local_arrays(name, "x_test")["x_test"]
    if len(images) <= max(indices, default=0) or images.ndim != (2 if drawn else 3):
        raise DatasetError(f"{name}: x_test holds other images than the run was trained with.")
    picked = images[np.asarray(indices, int)]
    if drawn:
        picked = shapes.draw(picked, drawn[1])
    return picked if picked.dtype == np.float32 else scaled(picked)


def has_factors(name: str) -> bool:
    """Is it known what the images of that data set were made from?"""
    try:
        return number_and_size(name) is not None
    except DatasetError:
        return False


def held_out_factors(name: str) -> Factors | None:
    """The known factors of the held-out images, for the pages; None of a set without any."""
    drawn = number_and_size(name)
    return Factors(shapes.FACTORS, shape_factors(drawn[0])[1]) if drawn else None


def texts(name: str, part: str, sha256: str | None = None) -> list[str]:
    """The texts of a data set for the pages: `train` or `test`, those held out.

    Args:
        sha256: of the content that is asked for, as a run has written it down; None of any.

    Raises:
        DatasetError: it holds images, or other texts, or is not on this machine.
    """
    data = stored(name)
    if not isinstance(data, TextDataset):
        raise DatasetError(f"{name} holds images, not texts.")
    if sha256 not in (None, data.sha256):
        raise DatasetError(f"{name} holds other texts than the run was trained with.")
    return tokens.decode(data.x_train if part == "train" else data.x_test, data.vocabulary)


def training_chunks(name: str, chunk: int = 2000) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The training images (k, size, size) and their labels (k,), some at a time, for the pages.

    As floats all 60,000 of MNIST would take 190 MB; as in `held_out` nothing is downloaded.

    Raises:
        DatasetError: the data set is not on this machine or damaged.
    """
    if drawn := number_and_size(name):
        factors = shape_factors(drawn[0])[0]
        for start in range(0, len(factors), chunk):
            rows = factors[start : start + chunk]
            yield scaled(shapes.draw(rows, drawn[1])), rows[:, 0]
        return
    found = source(name)
    parts: Iterable[np.ndarray]
    if found.bundled or name == FACES:
        if found.bundled:
            data = load(name)
            images, labels = data.x_train, data.y_train
        else:
            images, labels = _local_arrays(name, "x_train", "y_train").values()
        parts = np.split(images, range(chunk, len(images), chunk))
    else:
        labels = _local_arrays(name, "y_train")["y_train"]
        parts = rows_of_file(_local_path(name), "x_train", chunk)
    start = 0
    for part in parts:
        of_part = labels[start : start + len(part)]
        if part.shape[1:] != (found.size, found.size) or of_part.shape != part.shape[:1]:
            break
        yield part if part.dtype == np.float32 else scaled(part), of_part.astype(np.int64)
        start += len(part)
    if start != len(labels):
        raise DatasetError(f"{name}: x_train holds other images than the run was trained with.")


def _local_path(name: str) -> Path:
    """A data set's file, if it is on this machine."""
    path = own_file(name) or local_file(f"{name}.npz")
    if path is None:
        raise DatasetError(
            f"The images of {name} are not on this machine: put {name}.npz into a folder and "
            "name it in VAE_LAB_DATA to see them."
        )
    return path


def _local_arrays(name: str, *keys: str) -> dict[str, np.ndarray]:
    """Arrays of a data set's file, if it is on this machine."""
    path = _local_path(name)
    if name == FACES:
        parts = split_faces(read_npz(path, "images", "target"))
        return {key: parts[key] for key in keys}
    return read_npz(path, *keys)
