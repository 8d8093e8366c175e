"""Read parts of a data set for the pages, without loading all of it.

This module downloads nothing, because the usual loaders would import TensorFlow into the web
process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from vae_core.data import shapes, tokens
from vae_core.data.dataset import DatasetError, Factors, as_stored, scaled, with_channels
from vae_core.data.local_files import local_file, read_npz, rows_of_file
from vae_core.data.registry import load, own_file, source, stored
from vae_core.data.shapes import number_and_size, shape_factors

SMALL = 2000  # training items; data sets up to this size are read whole


def held_out(name: str, indices: Sequence[int]) -> np.ndarray:
    """Return the held-out items at some indices: (k, *item_shape) float32 in [0, 1].

    Raises:
        DatasetError: the data set is not on this machine, damaged, or has fewer images.
    """
    params = number_and_size(name)  # None unless the images are drawn from factors
    if params:
        rows = shape_factors(params[0])[1]  # the factors; only the selected images are drawn
    elif source(name).bundled:
        rows = load(name).x_test
    else:
        rows = with_channels(_local_arrays(name, "x_test")["x_test"])
    dims = 1 if params else len(source(name).item_shape)
    if len(rows) <= max(indices, default=0) or rows.ndim != 1 + dims:
        raise DatasetError(f"{name}: x_test holds other images than the run was trained with.")
    selected = rows[np.asarray(indices, int)]
    if params:
        selected = with_channels(shapes.draw(selected, params[1]))
    return selected if selected.dtype == np.float32 else scaled(selected)


def has_factors(name: str) -> bool:
    """Return whether the images of a data set were drawn from known factors."""
    try:
        return number_and_size(name) is not None
    except DatasetError:
        return False


def held_out_factors(name: str) -> Factors | None:
    """Return the known factors of the held-out images; None if the data set has none."""
    params = number_and_size(name)
    return Factors(shapes.FACTORS, shape_factors(params[0])[1]) if params else None


def texts(name: str, part: str, sha256: str | None = None) -> list[str]:
    """Return the texts of a data set.

    Args:
        name: of the data set.
        part: `train`, or `test` for the held-out texts.
        sha256: the content's hash that a run has recorded; None accepts any content.

    Raises:
        DatasetError: the data set holds images or other texts, or is not on this machine.
    """
    data = stored(name)
    if not data.vocabulary:
        raise DatasetError(f"{name} holds images, not texts.")
    if sha256 not in (None, data.sha256):
        raise DatasetError(f"{name} holds other texts than the run was trained with.")
    return tokens.decode(data.x_train if part == "train" else data.x_test, data.vocabulary)


def training_chunks(name: str, chunk: int = 2000) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the training items in chunks: items (k, *item_shape) float32 and labels (k,).

    All 60,000 images of MNIST at once would take 190 MB as floats.

    Raises:
        DatasetError: the data set is not on this machine or damaged.
    """
    if params := number_and_size(name):
        factors = shape_factors(params[0])[0]
        for start in range(0, len(factors), chunk):
            rows = factors[start : start + chunk]
            yield scaled(with_channels(shapes.draw(rows, params[1]))), rows[:, 0]
        return
    dataset_source = source(name)
    if dataset_source.bundled:
        data = load(name)
        for start in range(0, len(data.x_train), chunk):
            yield data.x_train[start : start + chunk], data.y_train[start : start + chunk]
        return
    parts: Iterable[np.ndarray]
    if dataset_source.train_images <= SMALL:
        images, labels = _local_arrays(name, "x_train", "y_train").values()
        parts = np.split(images, range(chunk, len(images), chunk))
    else:
        labels = _local_arrays(name, "y_train")["y_train"]
        parts = rows_of_file(_local_path(name), "x_train", chunk)
    start = 0
    for part in parts:
        part_labels = labels[start : start + len(part)]
        images = with_channels(part)
        shape = (len(part_labels), *dataset_source.item_shape)
        if images.shape != shape or part_labels.ndim != 1:
            break
        yield images if part.dtype == np.float32 else scaled(images), part_labels.astype(np.int64)
        start += len(part)
    if start != len(labels):
        raise DatasetError(f"{name}: x_train holds other images than the run was trained with.")


def _local_path(name: str) -> Path:
    """Return the path of a data set's file; raise `DatasetError` if it is not on this machine."""
    path = own_file(name) or local_file(f"{name}.npz")
    if path is None:
        raise DatasetError(
            f"The images of {name} are not on this machine: put {name}.npz into a folder, and "
            "set VAE_LAB_DATA to that folder."
        )
    return path


def _local_arrays(name: str, *keys: str) -> dict[str, np.ndarray]:
    """Read arrays of a data set's file; raise `DatasetError` if it is not on this machine."""
    path = _local_path(name)
    dataset_source = source(name)
    if dataset_source.train_images > SMALL:
        return read_npz(path, *keys)
    data = dataset_source.load()  # only its loader knows the layout of this file
    arrays = {key: getattr(data, key) for key in keys}
    return {key: as_stored(x) if x.ndim == 4 else x for key, x in arrays.items()}
