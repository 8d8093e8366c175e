"""Tell which axis of an array counts the images, and which are height, width and colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vae_core.data.upload.limits import FEWEST_IMAGES, SIZES
from vae_core.sandbox import RefusedError

GREY, COLOUR = 1, 3  # channels
LIKELY = 2  # a layout whose images are longer than the least long ones by this factor is unlikely


@dataclass(frozen=True)
class Layout:
    """One way to read an array as images.

    Attributes:
        count: number of images.
        image_shape: (h, w), or (h, w, 3) with colour.
        axes: the order of the array's axes that gives (n, ...) with rows or channels last; the
            identity if the first axis counts the images.
    """

    count: int
    image_shape: tuple[int, ...]
    axes: tuple[int, ...]

    @property
    def first_counts(self) -> bool:
        """Whether the first axis counts the images."""
        return self.axes[0] == 0

    @property
    def aspect(self) -> float:
        """The longer side of an image, divided by the shorter one."""
        return max(self.image_shape[:2]) / min(self.image_shape[:2])

    @property
    def in_words(self) -> str:
        """Such as "60 images of 16x16", width by height."""
        height, width = self.image_shape[:2]
        return f"{self.count:,} images of {width}x{height}"

    def images(self, array: np.ndarray) -> np.ndarray:
        """Return an array with some or all images as (k, *image_shape)."""
        moved = array.transpose(self.axes)
        return moved.reshape(len(moved), *self.image_shape)


def layout_of(
    shown: str,
    name: str,
    shape: tuple[int, ...],
    labels: int | None,
    axes: tuple[int, ...] | None = None,
) -> tuple[Layout, str]:
    """Return the layout of an array of images, and a sentence if it is not the usual one.

    Args:
        shown: name of the file, for error messages.
        name: of the array.
        shape: of the array.
        labels: number of labels, which is the number of images; None if there are none.
        axes: the order of axes that another array of the file has; None to find it.

    Raises:
        RefusedError: the array has no shape of images, or two that are equally likely.
    """
    possible = [way for way in _possible(shape) if axes in (None, way.axes)]
    if not possible:
        raise RefusedError(f"{shown}: {name} has the shape {shape}. {_needed(shape)}")
    fitting = [layout for layout in possible if layout.count == labels] if labels else possible
    if not fitting:
        raise RefusedError(
            f"{shown}: {name} has {possible[0].in_words}, and there are {labels:,} labels."
        )
    enough = [layout for layout in fitting if layout.count >= FEWEST_IMAGES] or fitting
    best = min(layout.aspect for layout in enough)
    likely = [layout for layout in enough if layout.aspect <= LIKELY * best]
    chosen = likely[0]
    rivals = [layout for layout in likely[1:] if layout.first_counts != chosen.first_counts]
    if rivals and not _usual(chosen, shape):
        raise RefusedError(
            f"{shown}: {name} of shape {shape} may be {chosen.in_words} or "
            f"{rivals[0].in_words}: save it with the images along the first axis, and with labels."
        )
    if axes is not None:
        return chosen, ""
    if not chosen.first_counts:
        return chosen, (
            f"The last axis of {name} {shape} counts the images: it was read as {chosen.in_words}."
        )
    if rivals:
        return chosen, f"{name} {shape} was read as {chosen.in_words}."
    return chosen, ""


def _usual(layout: Layout, shape: tuple[int, ...]) -> bool:
    """Whether the first axis counts the images, as usual, and nothing speaks against it."""
    if not layout.first_counts:
        return False
    if len(shape) == 2:
        return SIZES[0] <= layout.image_shape[0]
    return layout.aspect == 1 or shape[0] > shape[-1]


def _possible(shape: tuple[int, ...]) -> list[Layout]:
    """Return all ways to read an array of this shape as images, the usual one first.

    The images of an unusual way have at least `SIZES[0]` pixels per side.
    """
    return [
        way for way in _orders(shape) if way.first_counts or min(way.image_shape[:2]) >= SIZES[0]
    ]


def _orders(shape: tuple[int, ...]) -> list[Layout]:
    """Return all orders of the axes in which an array of this shape holds images."""
    if len(shape) == 2:
        rows, columns = shape
        sides = {length: math.isqrt(length) for length in shape}
        ways = [
            Layout(rows, (sides[columns], sides[columns]), (0, 1)),
            Layout(columns, (sides[rows], sides[rows]), (1, 0)),
        ]
        lengths = (columns, rows)
        return [way for way, length in zip(ways, lengths, strict=True) if _is_square(length)]
    if len(shape) == 3:
        a, b, c = shape
        return [Layout(a, (b, c), (0, 1, 2)), Layout(c, (a, b), (2, 0, 1))]
    if len(shape) != 4:
        return []
    a, b, c, d = shape
    ways = []
    for channels, way in (
        (d, Layout(a, (b, c, d), (0, 1, 2, 3))),
        (b, Layout(a, (c, d, b), (0, 2, 3, 1))),
        (c, Layout(d, (a, b, c), (3, 0, 1, 2))),
        (a, Layout(d, (b, c, a), (3, 1, 2, 0))),
    ):
        if channels in (GREY, COLOUR):
            image_shape = way.image_shape if channels == COLOUR else way.image_shape[:2]
            ways.append(Layout(way.count, image_shape, way.axes))
    return ways


def _is_square(length: int) -> bool:
    return length > 1 and math.isqrt(length) ** 2 == length


def _needed(shape: tuple[int, ...]) -> str:
    """Return a sentence on the shapes that can be read, with a cure for a usual other one."""
    if len(shape) == 4 and 4 in (shape[1], shape[3]):
        return "Leave the fourth channel (alpha) out: an image has 1 or 3 channels."
    if len(shape) == 2 and shape[1] % 3 == 0 and _is_square(shape[1] // 3):
        side = math.isqrt(shape[1] // 3)
        return (
            f"Its rows may be colour images of {side}x{side}: reshape it to (n, 3, {side}, {side}) "
            f"or (n, {side}, {side}, 3)."
        )
    return "Images need the shape (n, height, width), (n, height, width, 3) or (n, height · width)."
