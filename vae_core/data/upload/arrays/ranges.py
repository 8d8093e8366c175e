"""Compare the range of pixels among images, and among the parts of a split."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from vae_core.sandbox import RefusedError

APART = 50  # images whose brightest pixels differ by this factor have another white
MANY = 0.1  # share of images that are no exceptions


@dataclass
class Range:
    """The pixels of the images of one array.

    Attributes:
        dtype: of the array.
        lowest, brightest: the least and the greatest pixel.
        images: number of images.
        fractions_of_one: images whose pixels are fractions up to 1.
        bright: images with a pixel of at least `APART`.
    """

    dtype: np.dtype[Any]
    lowest: float = math.inf
    brightest: float = -math.inf
    images: int = 0
    fractions_of_one: int = 0
    bright: int = 0

    def add(self, images: np.ndarray) -> None:
        """Add images (k, ...) of finite pixels."""
        flat = images.reshape(len(images), -1)
        most = flat.max(axis=1)
        self.lowest = min(self.lowest, float(flat.min()))
        self.brightest = max(self.brightest, float(most.max()))
        self.images += len(images)
        if images.dtype.kind == "f":
            unit = flat[(most <= 1) & (most > 0)]
            self.fractions_of_one += int((unit != np.rint(unit)).any(axis=1).sum())
            self.bright += int((most >= APART).sum())


def check_ranges(shown: str, ranges: list[tuple[str, Range]]) -> None:
    """Refuse images, or parts of a split, whose pixels have another white or black.

    Parts of one type of integers may be darker or brighter as a whole.

    Args:
        shown: name of the file, for error messages.
        ranges: name of an array, and its range.

    Raises:
        RefusedError: many images have 1 as white, and many others 255; or two parts differ.
    """
    for name, found in ranges:
        if min(found.fractions_of_one, found.bright) > MANY * found.images:
            raise RefusedError(
                f"{shown}: {found.fractions_of_one:,} images of {name} have pixels from 0 to 1, "
                f"and {found.bright:,} up to {found.brightest:g}: save all of them alike."
            )
    visible = [(name, found) for name, found in ranges if found.brightest > 0]
    for name, other in visible[1:]:
        first, one = visible[0]
        if one.dtype == other.dtype and one.dtype.kind != "f":
            continue
        whites = sorted((one.brightest, other.brightest))
        signed = [found.lowest < -found.brightest / 2 for found in (one, other)]
        unsigned = [found.lowest >= 0 for found in (one, other)]
        if whites[1] > APART * whites[0] or (any(signed) and any(unsigned)):
            raise RefusedError(
                f"{shown}: the pixels of {first} lie between {one.lowest:g} and "
                f"{one.brightest:g}, and those of {name} between {other.lowest:g} and "
                f"{other.brightest:g}: save both alike."
            )
