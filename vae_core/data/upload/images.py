"""Collect images as grey squares of one size."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from vae_core.data.upload.limits import DEFAULT_SIZE, SIZES, Limits
from vae_core.data.upload.scale import OVERSHOOT, Scale, is_up_to_1, scale_of
from vae_core.sandbox import RefusedError

LUMA = np.array([0.299, 0.587, 0.114])  # of red, green and blue, ITU-R 601


@dataclass(frozen=True)
class Raw:
    """The content of a file apart from the images.

    Attributes:
        labels: one per image, numbers or texts; None if the file has none.
        label_names: the names that numbers in `labels` index.
        held_out: (n,) bool, whether an image is held out; None if the file doesn't say.
        notes: sentences on how the file was read.
    """

    labels: Sequence[Any] | np.ndarray | None
    label_names: tuple[str, ...] | None = None
    held_out: np.ndarray | None = None
    notes: tuple[str, ...] = ()


class _Part(NamedTuple):
    """Some images (k, h, w), before the range of the whole set is known.

    Attributes:
        images: uint8, or float32 if uint8 can't hold them.
        factor: `images` are the file's values times this.
        fixed: whether the values are 8-bit grey levels, whatever the other images hold.
    """

    images: np.ndarray
    factor: int
    fixed: bool

    def grey(self, scale: Scale) -> np.ndarray:
        """Convert to uint8."""
        direct = self.fixed or (scale.black, scale.white * self.factor) == (0, 255)
        if direct and self.images.dtype == np.uint8:
            return self.images
        return scale.grey(np.asarray(self.images, np.float64) / self.factor)


class Images:
    """Collects images as grey squares of one size, uint8.

    Which value is white is known only when all images are there, see `scale_of`. Until then, values
    from 0 to 1 are held times 255, so that images can be resized at once.

    Args:
        shown: name of the file, for error messages.
        size: pixels per side, or None for the size of the images in the file.
        limits: how many images and pixels are accepted.
    """

    def __init__(self, shown: str, size: int | None, limits: Limits) -> None:
        self.shown, self.size, self.limits = shown, size, limits
        self.own_size = size is None
        self.count = 0
        self._parts: list[_Part] = []
        self._lowest, self._brightest, self._fractions = math.inf, -math.inf, False
        self._source_shapes: Counter[tuple[int, int]] = Counter()
        self._colour = False
        self._above_one = self._fractions_of_one = 0  # pictures of more than 8 bits

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
            RefusedError: a pixel is not finite.
        """
        finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
        if not finite.all():
            raise RefusedError(
                f"{self.shown} has pixels that are no finite numbers, such as NaN, first in image "
                f"{self.count + int(finite.argmin()) + 1:,}. Leave such images out, or save the "
                "array after numpy.nan_to_num."
            )
        lowest, brightest = float(values.min()), float(values.max())
        fractions = values.dtype.kind == "f" and bool((values != np.rint(values)).any())
        self._lowest = min(self._lowest, lowest)
        self._brightest = max(self._brightest, brightest)
        self._fractions |= fractions
        colour = values.ndim == 4
        grey = values @ LUMA if colour else values.astype(np.float64)
        factor = 255 if is_up_to_1(brightest, fractions) and lowest >= -1 - OVERSHOOT else 1
        grey = grey * factor
        if grey.min() >= 0 and np.rint(grey.max()) <= 255:
            images = np.rint(grey).astype(np.uint8)
        else:
            images = grey.astype(np.float32)
        self._add_grey(_Part(images, factor, False), colour)

    def add_picture(self, picture: np.ndarray, colour: bool) -> None:
        """Add an image (h, w) from a picture file.

        Args:
            picture: uint8; or uint16 or float32, whose white is found from all such pictures.
            colour: whether the picture had colour.
        """
        self._colour |= colour
        if picture.dtype == np.uint8:
            self._add_grey(_Part(picture[None], 1, True), colour)
            return
        if picture.max() > 1 + OVERSHOOT:
            self._above_one += 1
        elif (picture != np.rint(picture)).any():
            self._fractions_of_one += 1
        self.add(picture[None])

    def _scale(self) -> Scale | None:
        if self._brightest < self._lowest:  # only picture files of 8 bits
            return Scale(0, 255)
        return scale_of(self._lowest, self._brightest, self._fractions)

    def _add_grey(self, part: _Part, colour: bool) -> None:
        images = part.images
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
            self._parts = [
                other._replace(images=_resized(other.images, DEFAULT_SIZE)) for other in self._parts
            ]
        self.expect(self.count)
        self._parts.append(part._replace(images=_resized(images, self.size)))

    def joined(self) -> np.ndarray:
        """Return all images (n, size, size) uint8. Call it once, because it releases them.

        Raises:
            RefusedError: the pixels have no usual range.
        """
        if self._above_one and self._fractions_of_one:
            raise RefusedError(
                f"{self.shown}: {self._fractions_of_one:,} images have pixels from 0 to 1, and "
                f"{self._above_one:,} up to {self._brightest:g}: save all of them alike."
            )
        parts, self._parts = self._parts, []
        scale = self._scale()
        if scale is None:
            raise RefusedError(
                f"{self.shown} has pixels from {self._lowest:g} to {self._brightest:g}: scale them "
                "to 0 to 255, or to 0 to 1."
            )
        parts.reverse()
        return np.concatenate([parts.pop().grey(scale) for _ in range(len(parts))])

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
        scale = self._scale()
        if scale is not None and scale.note:
            sentences.append(scale.note)
        return sentences


def _resized(images: np.ndarray, size: int) -> np.ndarray:
    """Resize images (k, h, w) of uint8 or float32 to (k, size, size)."""
    if images.shape[1:] == (size, size):
        return np.ascontiguousarray(images)
    resized = np.empty((len(images), size, size), images.dtype)
    for image, target in zip(images, resized, strict=True):
        picture = Image.fromarray(np.ascontiguousarray(image))
        target[:] = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR))
    return resized
