"""Find which pixel value of a set is black and which is white."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# A cubic resize overshoots the range of its input by some percent.
OVERSHOOT = 0.2
NEAR = 0.01  # a pixel so near to -0.5 or 0.5 is the end of that range
DARKEST = -0.75  # pixels from -1 to 1 have one below; without it they may be differences to a mean
FEWEST_GREYS = 16  # fractions below it would be rounded to so few grey levels of 255
DEPTHS = (10, 12, 14, 16)  # usual bits of a pixel above 8


@dataclass(frozen=True)
class Scale:
    """The values that are read as black and as white, and a sentence that says so if needed."""

    black: float
    white: float
    note: str = ""

    def grey(self, values: np.ndarray) -> np.ndarray:
        """Convert pixels of any shape to uint8: black is 0, white is 255, the rest is clipped."""
        share = (np.asarray(values, np.float64) - self.black) * (255 / (self.white - self.black))
        return np.clip(np.rint(share), 0, 255).astype(np.uint8)


def scale_of(lowest: float, brightest: float, fractions: bool) -> Scale | None:
    """Return the scale of a set of pixels; None if it can't be told.

    Args:
        lowest, brightest: the least and the greatest pixel of all images.
        fractions: whether a pixel is not a whole number.
    """
    unit = is_up_to_1(brightest, fractions)
    if unit and lowest >= -OVERSHOOT:
        if lowest < 0 or brightest > 1:
            return Scale(0, 1, _clipped(lowest, brightest, 1))
        note = "No pixel was above 1, so 1 was read as white."
        if brightest < 64 / 255:
            note += (
                f" The brightest one is {brightest:g}: if that should be white, scale the pixels."
            )
        return Scale(0, 1, note)
    if unit and abs(lowest + 0.5) < NEAR and abs(brightest - 0.5) < NEAR:
        note = "The pixels lie between -0.5 and 0.5, so -0.5 was read as black and 0.5 as white."
        return Scale(-0.5, 0.5, note)
    if unit and -1 - OVERSHOOT <= lowest <= DARKEST:
        return Scale(
            -1,
            1,
            f"The pixels lie between {lowest:g} and {brightest:g}, so -1 was read as black and 1 "
            "as white.",
        )
    if fractions and brightest < FEWEST_GREYS:
        return None
    if lowest >= 0 and brightest <= 255:
        if brightest < 64:
            return Scale(
                0,
                255,
                f"The brightest pixel is {brightest:g} of 255: if that should be white, "
                "scale the pixels to 0 to 255, or to 0 to 1.",
            )
        return Scale(0, 255)
    overshoots = fractions or lowest < 0
    if overshoots and lowest >= -OVERSHOOT * 255 and 64 <= brightest <= (1 + OVERSHOOT) * 255:
        return Scale(0, 255, _clipped(lowest, brightest, 255))
    if -128 <= lowest <= -64 and brightest <= 127 and not fractions:
        note = "The pixels lie between -128 and 127, so -128 was read as black and 127 as white."
        return Scale(-128, 127, note)
    if brightest > 255 and lowest >= -OVERSHOOT * brightest:
        return _deep(lowest, brightest, fractions)
    return None


def is_up_to_1(brightest: float, fractions: bool) -> bool:
    """Return whether 1 is white; fractions may lie a little above it after a resize."""
    return brightest <= 1 or (fractions and brightest <= 1 + OVERSHOOT)


def _clipped(lowest: float, brightest: float, white: int) -> str:
    beyond = [f"below 0 (to {lowest:g})"] if lowest < 0 else []
    beyond += [f"above {white} (to {brightest:g})"] if brightest > white else []
    return f"Some pixels are {' and '.join(beyond)}: they were clipped to 0 to {white}."


def _deep(lowest: float, brightest: float, fractions: bool) -> Scale:
    """Return the scale of pixels of more than 8 bits, which may overshoot their range."""
    for bits in DEPTHS:
        white = 2**bits - 1
        if lowest < 0 and white / 2 < brightest <= white * (1 + OVERSHOOT):
            return Scale(0, white, _clipped(lowest, brightest, white))
    bits = next((bits for bits in DEPTHS if brightest < 2**bits), 0)
    if bits and not fractions and brightest >= 2 ** (bits - 1):
        white = 2**bits - 1
        return Scale(
            0,
            white,
            f"The brightest pixel is {brightest:,.0f}, so {white:,} ({bits} bits) was read as "
            "white.",
        )
    return Scale(0, brightest, f"The brightest pixel, {brightest:,.6g}, was read as white.")
