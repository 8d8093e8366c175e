"""Turn images into grey squares of one size, and index their labels."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from vae_core import sandbox
from vae_core.data.upload.limits import DEFAULT_SIZE, MOST_LABELS, SIZES, Limits
from vae_core.sandbox import RefusedError


@dataclass(frozen=True)
class Raw:
    """The content of a file apart from the images.

    Attributes:
        labels: one per image, numbers or texts; None if the file has none.
        label_names: the names that numbers in `labels` index.
        train: number of training images, which come first; None if the file doesn't split them.
        notes: sentences on how the file was read.
        held_out: (n,) bool, for images in any order; None if the file doesn't split them so.
    """

    labels: Sequence[Any] | np.ndarray | None
    label_names: tuple[str, ...] | None = None
    train: int | None = None
    notes: tuple[str, ...] = ()
    held_out: np.ndarray | None = None


class Images:
    """Collects images as grey squares of one size, uint8.

    Args:
        shown: name of the file, for error messages.
        size: pixels per side, or None for the size of the images in the file.
        limits: how many images and pixels are accepted.
    """

    def __init__(self, shown: str, size: int | None, limits: Limits) -> None:
        self.shown, self.size, self.limits = shown, size, limits
        self.own_size = size is None
        self.count = 0
        self._parts: list[np.ndarray] = []
        self._brightest = 0.0
        self._unit_range = True  # no pixel is above 1 so far, so 1 counts as white
        self._source_shapes: Counter[tuple[int, int]] = Counter()
        self._colour = False

    def expect(self, count: int) -> None:
        """Refuse the file before its images are read, if there are too many.

        Raises:
            RefusedError: too many images, or too many pixels at this size.
        """
        if count > self.limits.images:
            raise RefusedError(
                f"{self.shown} holds more than {self.limits.images:,} images: leave some out."
            )
        pixels = count * (self.size or SIZES[0]) ** 2
        if pixels > self.limits.pixels:
            most = math.isqrt(self.limits.pixels // count)
            raise RefusedError(
                f"{self.shown}: {count:,} images of {self.size}x{self.size} pixels are too much; "
                f"choose a size of at most {most} pixels, or fewer images."
            )

    def add(self, values: np.ndarray) -> None:
        """Add images (k, h, w) or (k, h, w, 3) of any numeric type.

        Raises:
            RefusedError: a pixel is not finite, negative or above 255.
        """
        if not np.isfinite(values).all():
            raise RefusedError(f"{self.shown} has pixels that are no finite numbers, such as NaN.")
        lowest, brightest = float(values.min()), float(values.max())
        if lowest < 0:
            raise RefusedError(
                f"{self.shown} has negative pixels ({lowest:g}): scale them to 0 to 255, or to 0 "
                "to 1."
            )
        if brightest > 255:
            raise RefusedError(
                f"{self.shown} has pixels above 255 ({brightest:g}): scale them to 0 to 255, or to "
                "0 to 1."
            )
        self._brightest = max(self._brightest, brightest)
        if self._unit_range and brightest > 1:
            self._unit_range = False
            self._parts = [np.rint(part / 255).astype(np.uint8) for part in self._parts]
        if values.ndim == 4:
            values = values @ np.array([0.299, 0.587, 0.114])
        scaled = values.astype(np.float64) * 255 if self._unit_range else values
        self._add_grey(np.rint(scaled).astype(np.uint8), colour=values.ndim == 4)

    def add_picture(self, picture: np.ndarray, colour: bool) -> None:
        """Add an image (h, w) uint8 from a picture file."""
        self._unit_range = False
        self._brightest = 255.0
        self._add_grey(picture[None], colour)

    def _add_grey(self, images: np.ndarray, colour: bool) -> None:
        self._colour |= colour
        self.count += len(images)
        self._source_shapes[images.shape[1:]] += len(images)
        side = min(images.shape[1:])
        top, left = ((length - side) // 2 for length in images.shape[1:])
        images = images[:, top : top + side, left : left + side]
        if self.size is None:
            self.size = side if SIZES[0] <= side <= SIZES[1] else DEFAULT_SIZE
        elif self.own_size and self.size not in (side, DEFAULT_SIZE):
            self.size = DEFAULT_SIZE
            self._parts = [_resized(part, DEFAULT_SIZE) for part in self._parts]
        self.expect(self.count)
        self._parts.append(_resized(images, self.size))

    def joined(self) -> np.ndarray:
        """Return all images (n, size, size) uint8. Call it once, because it releases them."""
        parts, self._parts = self._parts, []
        return np.concatenate(parts)

    def notes(self) -> list[str]:
        """Return sentences that say how the images were changed."""
        sentences = []
        if self._colour:
            sentences.append("Colour became grey (luma of ITU-R 601).")
        sizes = list(self._source_shapes)
        if any(height != width for height, width in sizes):
            sentences.append("Images that are not square were cropped to the middle square.")
        if any(min(size) != self.size for size in sizes):
            heights, widths = zip(*sizes, strict=True)
            least, most = f"{min(widths)}x{min(heights)}", f"{max(widths)}x{max(heights)}"
            span = least if least == most else f"{least} to {most}"
            sentences.append(f"Images of {span} pixels were resized to {self.size}x{self.size}.")
        if self._brightest <= 1:
            sentences.append("No pixel was above 1, so 1 was read as white.")
        elif self._brightest < 64:
            sentences.append(
                f"The brightest pixel is {self._brightest:g} of 255: if that should be white, "
                "scale the pixels to 0 to 255, or to 0 to 1."
            )
        return sentences


def _resized(images: np.ndarray, size: int) -> np.ndarray:
    if images.shape[1] == size:
        return np.ascontiguousarray(images)
    resized = np.empty((len(images), size, size), np.uint8)
    for image, target in zip(images, resized, strict=True):
        picture = Image.fromarray(np.ascontiguousarray(image))
        target[:] = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR))
    return resized


def index_labels(
    shown: str,
    values: Sequence[Any] | np.ndarray | None,
    given: tuple[str, ...] | None,
    count: int,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Turn labels into indices and names.

    Args:
        shown: name of the file, for error messages.
        values: one label per image, numbers or text; None gives all images the label `all`.
        given: the names that numbers index, if the file has them.
        count: number of images.

    Returns:
        Indices (n,) uint8, and the names.

    Raises:
        RefusedError: the labels don't fit the images or the names, or there are too many.
    """
    if values is None:
        return np.zeros(count, np.uint8), ("all",)
    if len(values) != count:
        raise RefusedError(f"{shown} has {count:,} images and {len(values):,} labels.")
    array = np.asarray(values)
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.rint(array)).all():
        array = array.astype(np.int64)
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iuU":
        raise RefusedError(f"{shown} has labels that are neither whole numbers nor text.")
    if array.dtype.kind == "U":
        with contextlib.suppress(ValueError, OverflowError):
            array = array.astype(np.int64)  # so that 10 comes after 9
    distinct, labels = np.unique(array, return_inverse=True)
    if len(distinct) > MOST_LABELS:
        raise RefusedError(
            f"{shown} has {len(distinct):,} different labels: at most {MOST_LABELS} are accepted."
        )
    if given is not None:
        if array.dtype.kind == "U" or distinct[0] < 0 or distinct[-1] >= len(given):
            raise RefusedError(
                f"{shown}: with {len(given)} label_names the labels must be whole numbers from 0 "
                f"to {len(given) - 1}."
            )
        distinct = np.array(given)[distinct.astype(np.int64)]
    names = tuple(sandbox.clean_label(str(value)) for value in distinct)
    if len(set(names)) != len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise RefusedError(f"{shown} has two labels that both read {twice!r}: rename one.")
    return labels.astype(np.uint8), names
