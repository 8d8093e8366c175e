"""A data set: arrays of items, labels and their names; and the checks of these arrays."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from vae_core.config import VaeLabError
from vae_core.data import text_items, tokens


class DatasetError(VaeLabError):
    """A data set is unknown, is not on this machine, or has invalid content."""


@dataclass(frozen=True)
class Dataset:
    """Images or vectors, with labels.

    Attributes:
        name: of the data set.
        x_train, x_test: images (n, h, w, c), with c = 1 for grey ones, or vectors (n, features);
            float32 in [0, 1]. x_test is held out.
        y_train, y_test: (n,) int64, index into label_names.
        label_names: one name per label.
        factors: (n, f) int64, the factors that x_test was drawn from; None if they are unknown.
        notes: sentences that say how a file of the user was read.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    label_names: tuple[str, ...]
    factors: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    kind: ClassVar[str] = "images"
    vocabulary: str = ""  # see `TextDataset`

    def __post_init__(self) -> None:
        for part, x in (("train", self.x_train), ("test", self.x_test)):
            if x.ndim == 3:
                raise DatasetError(
                    f"{self.name}: x_{part} must have the shape (n, h, w, c), with c = 1 for grey "
                    f"images, got {x.shape}."
                )

    @property
    def size(self) -> int:
        """The first number of `item_shape`: the pixels per side of a square image."""
        return int(self.x_train.shape[1])

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of an item: (h, w, c) of an image, (features,) of a vector, (length,) of a text."""
        return self.x_train.shape[1:]

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 of all arrays. A run records it with the name of its data set."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class TextDataset(Dataset):
    """Texts and labels.

    Attributes:
        x_train, x_test: (n, length) int32 tokens, see `vae_core.data.tokens`; x_test is held out.
            The longest text has length - 1 characters and an end token.
        vocabulary: the characters that tokens stand for, in order.
    """

    kind: ClassVar[str] = "text"

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 of all arrays and the vocabulary."""
        return hashlib.sha256((super().sha256 + self.vocabulary).encode()).hexdigest()


ALIGNMENT = 64  # bytes


def with_channels(images: np.ndarray) -> np.ndarray:
    """Return images as (n, h, w, c); files hold grey ones as (n, h, w). Vectors stay unchanged."""
    return images[..., None] if images.ndim == 3 else images


def as_stored(images: np.ndarray) -> np.ndarray:
    """Return images (n, h, w, c) as files hold them: grey ones as (n, h, w)."""
    return images[..., 0] if images.shape[-1] == 1 else images


def of_items(name: str, items: text_items.Items, notes: tuple[str, ...] = ()) -> TextDataset:
    """Return the data set that these items make."""
    return TextDataset(
        name=name,
        notes=notes,
        **items._asdict()
        | {"x_train": items.x_train.astype(np.int32), "x_test": items.x_test.astype(np.int32)},
    )


def checked(
    name: str,
    x_train: Any,
    y_train: Any,
    x_test: Any,
    y_test: Any,
    label_names: tuple[str, ...],
) -> Dataset:
    """Return a data set of images or vectors, with 8-bit values scaled to [0, 1].

    Args:
        name: of the data set.
        x_train, x_test: grey images (n, h, w) or (n, h, w, 1), colour images (n, h, w, 3), or
            vectors (n, features); uint8, or floats in [0, 1].
        y_train, y_test: (n,) whole numbers, index into label_names.
        label_names: one name per label.

    Raises:
        DatasetError: training can't use the arrays; one sentence says why.
    """
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if not (x.ndim in (2, 3) or (x.ndim == 4 and x.shape[3] in (1, 3))) or 0 in x.shape:
            raise DatasetError(
                f"{name}: x_{part} must be images of shape (n, h, w) or (n, h, w, 3), or vectors "
                f"of shape (n, features), got {x.shape}."
            )
        if x.dtype != np.uint8:
            _check_floats(name, part, x)
        if y.shape != (len(x),) or not np.issubdtype(y.dtype, np.integer):
            raise DatasetError(
                f"{name}: y_{part} must be {len(x)} whole-number labels, "
                f"got {y.dtype} of shape {y.shape}."
            )
        if y.min() < 0 or y.max() >= len(label_names):
            raise DatasetError(
                f"{name}: y_{part} must lie in 0 to {len(label_names) - 1}, "
                f"got {y.min()} to {y.max()}."
            )
    x_train, x_test = with_channels(x_train), with_channels(x_test)
    if x_train.shape[1:] != x_test.shape[1:]:
        raise DatasetError(
            f"{name}: x_train and x_test differ in the shape of an item, "
            f"{x_train.shape[1:]} and {x_test.shape[1:]}."
        )
    return Dataset(
        name,
        scaled(x_train),
        np.ascontiguousarray(y_train, np.int64),
        scaled(x_test),
        np.ascontiguousarray(y_test, np.int64),
        label_names,
    )


def _check_floats(name: str, part: str, x: np.ndarray) -> None:
    if not np.issubdtype(x.dtype, np.floating):
        raise DatasetError(f"{name}: x_{part} must be uint8 or float, got {x.dtype}.")
    if not np.isfinite(x).all():
        raise DatasetError(f"{name}: x_{part} has values that are not finite; remove them.")
    if x.min() < 0 or x.max() > 1:
        raise DatasetError(
            f"{name}: x_{part} must lie in [0, 1] (or be uint8), got {x.min():g} to {x.max():g}."
        )


def grey_squares(dataset: Dataset) -> Dataset:
    """Return the data set if it holds grey square images.

    Raises:
        DatasetError: it holds other images, or vectors.
    """
    if dataset.item_shape != (dataset.size, dataset.size, 1):
        raise DatasetError(
            f"{dataset.name}: the images must be grey squares, got items of shape "
            f"{dataset.item_shape}."
        )
    return dataset


def scaled(values: np.ndarray) -> np.ndarray:
    """Return values as float32 in [0, 1]; 8-bit values are divided by 255.

    The copy starts on a 64-byte boundary, so that TensorFlow shares its memory.
    """
    buffer = np.empty(values.size * 4 + ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT
    aligned = buffer[start : start + values.size * 4].view(np.float32).reshape(values.shape)
    scale = np.float32(255 if values.dtype == np.uint8 else 1)
    return np.divide(values, scale, out=aligned, casting="same_kind")


def items_of_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> text_items.Items:
    """Check the arrays of a file of texts, and return them.

    Args:
        path: the file, for error messages.
        arrays: those of `vae_core.data.own.OWN_KEYS`, and `vocabulary`.

    Raises:
        DatasetError: the tokens have the wrong shape, or are too large for the vocabulary.
    """
    vocabulary = str(arrays["vocabulary"])
    highest = tokens.FIRST + len(vocabulary)
    if any(
        arrays[key].ndim != 2 or arrays[key].max(initial=0) >= highest
        for key in ("x_train", "x_test")
    ):
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.")
    return text_items.Items(
        x_train=arrays["x_train"],
        y_train=arrays["y_train"].astype(np.int64),
        x_test=arrays["x_test"],
        y_test=arrays["y_test"].astype(np.int64),
        label_names=tuple(str(name) for name in arrays["label_names"]),
        vocabulary=vocabulary,
    )


class Factors(NamedTuple):
    """The factors that images were drawn from.

    Attributes:
        names: one per factor.
        values: (n, f) int64, one row per image.
    """

    names: tuple[str, ...]
    values: np.ndarray
