"""Tell which axis of an array counts the images, and which are height, width and colour."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vae_core.data.upload.limits import FEWEST_IMAGES, SIZES
from vae_core.sandbox import RefusedError

GREY, COLOUR = 1, 3  # channels
LOOKED_AT = 200  # images of which neighbouring pixels are compared
CLEARLY = 1.2  # so many times as rough is clearly rougher
LONGEST = 8  # the largest ratio of the sides of an image
NARROWEST = 4  # pixels of an image that is not square: three may be colours
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
    labels: tuple[int, ...],
    read: Callable[[], np.ndarray],
    axes: tuple[int, ...] | None = None,
) -> tuple[Layout, str]:
    """Return the layout of an array of images, and a sentence if it is not the usual one.

    Args:
        shown: name of the file, for error messages.
        name: of the array.
        shape: of the array.
        labels: number of labels, which is the number of images, the likelier one first; empty if
            there are none.
        read: reads the array. If its shape can be read in two ways, the one whose neighbouring
            pixels are more alike is taken.
        axes: the order of axes that another array of the file has; None to find it.

    Raises:
        RefusedError: the array has no shape of images, or two that are equally likely.
    """
    possible = [way for way in _possible(shape) if axes in (None, way.axes)]
    if not possible and axes is not None and _possible(shape):
        raise RefusedError(
            f"{shown}: {name} of shape {shape} has its axes in another order than the images "
            "before it: save both alike."
        )
    if not possible:
        raise RefusedError(f"{shown}: {name} has the shape {shape}. {_needed(shape)}")
    by_labels = [[way for way in possible if way.count == count] for count in labels]
    fitting = next(filter(None, by_labels), []) if labels else possible
    if not fitting:
        cure = "Save one per image."
        if labels[0] in shape[1:]:
            cure = "Save it with the images along the first axis."
        raise RefusedError(
            f"{shown}: {name} of shape {shape} has {possible[0].in_words}, and there are "
            f"{labels[0]:,} labels. {cure}"
        )
    enough = [layout for layout in fitting if layout.count >= FEWEST_IMAGES] or fitting
    best = min(layout.aspect for layout in enough)
    likely = [layout for layout in enough if layout.aspect <= LIKELY * best]
    chosen = likely[0]
    strip = len(shape) == 3 and chosen.aspect > 1 and min(chosen.image_shape) < NARROWEST
    if chosen.aspect > LONGEST or strip:
        raise RefusedError(
            f"{shown}: {name} of shape {shape} would be {chosen.in_words}: images that long are "
            "not accepted. Save it with the images along the first axis."
        )
    rivals = (
        [] if shape[-1] == GREY else [way for way in likely[1:] if way.axes[0] != chosen.axes[0]]
    )
    if axes is not None:
        return chosen, ""
    if rivals:
        smoother = _smoother(chosen, rivals[0], read())
        if smoother is None:
            raise RefusedError(
                f"{shown}: {name} of shape {shape} may be {chosen.in_words} or "
                f"{rivals[0].in_words}: save it with the images along the first axis, and with "
                "labels."
            )
        return smoother, (
            f"{name} {shape} was read as {smoother.in_words}, because neighbouring pixels are then "
            "more alike."
        )
    if not chosen.first_counts:
        place = {1: "second", 2: "third"}.get(chosen.axes[0], "")
        place = "last" if chosen.axes[0] == len(shape) - 1 else place
        return chosen, (
            f"The {place} axis of {name} {shape} counts the images: it was read as "
            f"{chosen.in_words}."
        )
    return chosen, ""


def _smoother(one: Layout, other: Layout, array: np.ndarray) -> Layout | None:
    """Return the layout in which neighbouring pixels are more alike; None if neither clearly is."""
    rough = [_roughness(layout, array) for layout in (one, other)]
    if rough[0] * CLEARLY < rough[1]:
        return one
    return other if rough[1] * CLEARLY < rough[0] else None


def _roughness(layout: Layout, array: np.ndarray) -> float:
    """Return the mean difference of neighbouring pixels in up to `LOOKED_AT` images."""
    some = np.linspace(0, layout.count - 1, min(layout.count, LOOKED_AT)).astype(int)
    images = layout.images(array.take(some, axis=layout.axes[0])).astype(np.float64)
    return float(np.mean([np.abs(np.diff(images, axis=axis)).mean() for axis in (1, 2)]))


def can_be_images(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape can hold enough images of an accepted size."""
    return any(
        way.count >= FEWEST_IMAGES and min(way.image_shape[:2]) >= SIZES[0] and way.aspect < LONGEST
        for way in _possible(shape)
    )


def _possible(shape: tuple[int, ...]) -> list[Layout]:
    """Return all ways to read an array of this shape as images, the usual one first.

    The images of an unusual way have at least `SIZES[0]` pixels per side.
    """
    return [
        way for way in _orders(shape) if way.first_counts or min(way.image_shape[:2]) >= SIZES[0]
    ]


def _orders(shape: tuple[int, ...]) -> list[Layout]:
    """Return all orders of the axes in which an array of this shape holds images."""
    long = [length for length in shape[1:] if length > 1]
    if len(shape) > 2 and len(long) == 1:  # flat rows with axes of length 1
        side = math.isqrt(long[0])
        rows_first = Layout(shape[0], (side, side), tuple(range(len(shape))))
        return [rows_first] if _is_square(long[0]) else []
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
    if d in (GREY, COLOUR):
        ways.append(Layout(c, (a, b) if d == GREY else (a, b, d), (2, 0, 1, 3)))
    if a == GREY:
        ways.append(Layout(b, (c, d), (1, 2, 3, 0)))
    if b == COLOUR and a == c != d:  # (h, 3, w, n), where (n, 3, h, w) would not be square
        ways.append(Layout(d, (a, c, b), (3, 0, 2, 1)))
    return ways


def _is_square(length: int) -> bool:
    return length > 1 and math.isqrt(length) ** 2 == length


def _needed(shape: tuple[int, ...]) -> str:
    """Return a sentence on the shapes that can be read, with a cure for a usual other one."""
    if len(shape) == 4 and 4 in (shape[1], shape[3]):
        return "Leave the fourth channel (alpha) out: an image has 1 or 3 channels."
    if len(shape) == 4 and 2 in (shape[1], shape[3]):
        return "Images have 1 or 3 channels, not 2: keep one of them."
    if len(shape) in (4, 5) and min(shape[2:4]) >= SIZES[0]:
        rest = ", ".join(map(str, shape[2:]))
        return (
            f"It may hold {shape[0]} films of {shape[1]} frames, or the other way round: make "
            f"images of the frames with x.reshape(-1, {rest})."
        )
    if len(shape) < 2:
        return "It holds single numbers, such as labels: images need (n, height, width)."
    if len(shape) == 2 and shape[1] % 3 == 0 and _is_square(shape[1] // 3):
        side = math.isqrt(shape[1] // 3)
        return (
            f"Its rows may be colour images of {side}x{side}: reshape it to (n, 3, {side}, {side}) "
            f"or (n, {side}, {side}, 3)."
        )
    return "Images need the shape (n, height, width), (n, height, width, 3) or (n, height · width)."
