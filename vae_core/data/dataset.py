"""What a data set is: arrays, labels and their names."""

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
    """A data set is unknown, can't be had, or is not what it should be."""


@dataclass(frozen=True)
class Dataset:
    """Images and labels.

    Attributes:
        name: as asked for.
        x_train, x_test: (n, h, w, c) float32 in [0, 1], c is 1 for grey; x_test is held out.
        y_train, y_test: (n,) int64, index into label_names.
        label_names: one name a label.
        factors: (n, f) int64 of x_test, where what the images were made from is known.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    label_names: tuple[str, ...]
    factors: np.ndarray | None = None

    kind: ClassVar[str] = "images"
    vocabulary: str = ""  # of tokens, see `TextDataset`

    def __post_init__(self) -> None:
        for part, x in (("train", self.x_train), ("test", self.x_test)):
            if x.ndim == 3:
                raise DatasetError(
                    f"{self.name}: x_{part} must have the shape (n, h, w, c), with c = 1 for grey "
                    f"images, got {x.shape}."
                )

    @property
    def size(self) -> int:
        """Pixels a side; of texts, tokens of a row: one more than the longest has characters."""
        return int(self.x_train.shape[1])

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of an item: (h, w, c) of an image, (length,) of a text."""
        return self.x_train.shape[1:]

    @functools.cached_property
    def sha256(self) -> str:
        """Fingerprint of all arrays, stored with a run to tell what it was trained on."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class TextDataset(Dataset):
    """Texts and labels.

    Attributes:
        x_train, x_test: (n, length) int32 tokens, see `vae_core.data.tokens`; x_test is held out.
        vocabulary: the characters that tokens stand for.
    """

    kind: ClassVar[str] = "text"

    @functools.cached_property
    def sha256(self) -> str:
        """As of images, and of the vocabulary."""
        return hashlib.sha256((super().sha256 + self.vocabulary).encode()).hexdigest()


ALIGNMENT = 64  # bytes


def with_channels(images: np.ndarray) -> np.ndarray:
    """Return images as (n, h, w, c). Files hold grey ones as (n, h, w)."""
    return images[..., None] if images.ndim == 3 else images


def as_stored(images: np.ndarray) -> np.ndarray:
    """Return images (n, h, w, c) as files hold them: grey ones as (n, h, w)."""
    return images[..., 0] if images.shape[-1] == 1 else images


def of_items(name: str, items: text_items.Items) -> TextDataset:
    """Return the data set of texts."""
    return TextDataset(
        name=name,
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
    """Return a data set of grey square images, with 8-bit pixels scaled to [0, 1].

    Args:
        name: of the data set.
        x_train, x_test: (n, size, size) or (n, size, size, 1), uint8, or floats in [0, 1].
        y_train, y_test: (n,) whole numbers, index into label_names.
        label_names: one name a label.

    Raises:
        DatasetError: training can't use the arrays; one sentence says why.
    """
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        grey = x.ndim == 3 or (x.ndim == 4 and x.shape[3] == 1)
        if not grey or x.shape[1] != x.shape[2] or 0 in x.shape:
            raise DatasetError(
                f"{name}: x_{part} must be grey square images of shape (n, size, size), "
                f"got {x.shape}."
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
    if x_train.shape[1:3] != x_test.shape[1:3]:
        raise DatasetError(
            f"{name}: train and test images differ in size, "
            f"{x_train.shape[1:3]} and {x_test.shape[1:3]}."
        )
    return Dataset(
        name,
        scaled(with_channels(x_train)),
        np.ascontiguousarray(y_train, np.int64),
        scaled(with_channels(x_test)),
        np.ascontiguousarray(y_test, np.int64),
        label_names,
    )


def _check_floats(name: str, part: str, x: np.ndarray) -> None:
    if not np.issubdtype(x.dtype, np.floating):
        raise DatasetError(f"{name}: x_{part} must be uint8 or float, got {x.dtype}.")
    if not np.isfinite(x).all():
        raise DatasetError(f"{name}: x_{part} has pixels that are not finite; remove them.")
    if x.min() < 0 or x.max() > 1:
        raise DatasetError(
            f"{name}: x_{part} must lie in [0, 1] (or be uint8), got {x.min():g} to {x.max():g}."
        )


def scaled(images: np.ndarray) -> np.ndarray:
    """float32 in [0, 1], on a 64-byte boundary: TensorFlow then shares the memory."""
    buffer = np.empty(images.size * 4 + ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT
    aligned = buffer[start : start + images.size * 4].view(np.float32).reshape(images.shape)
    scale = np.float32(255 if images.dtype == np.uint8 else 1)
    return np.divide(images, scale, out=aligned, casting="same_kind")


def items_of_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> text_items.Items:
    """Texts of a file, checked.

    Args:
        arrays: `OWN_KEYS` and `vocabulary`.
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
    """What pictures were made from.

    Attributes:
        names: one a factor.
        values: (n, f) int64.
    """

    names: tuple[str, ...]
    values: np.ndarray
