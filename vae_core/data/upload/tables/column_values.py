"""Judge what the fields of a column are: numbers, images, class numbers, parts of a split."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vae_core.data.upload.limits import IMAGE_ENDINGS, MOST_LABELS
from vae_core.data.upload.split_words import TRAIN, part_of
from vae_core.data.upload.tables.image_cells import is_abbreviated, pixels_in
from vae_core.data.upload.tables.number_text import is_truth, number, truth

LONGEST_PART = 40  # characters of a word such as train
SAMPLED = 50  # fields of a column that its kind is told from
FILE_ENDINGS = (*IMAGE_ENDINGS, ".npy", ".dcm", ".mat", ".csv", ".txt", ".json", ".svg", ".nii")


def kind_of(column: list[str]) -> str:
    """Return what most fields of a column are: `number`, `truth`, `image`, `cut`, or `text`.

    `truth` is TRUE and FALSE; `cut` are arrays whose middle NumPy wrote as `...`.
    """
    filled = [field for field in column if field.strip()][:SAMPLED]
    numbers = [pixels_in(field) for field in filled]
    if 2 * sum(count == 1 for count in numbers) >= len(filled):
        return "number"
    if 2 * sum(count > 1 for count in numbers) >= len(filled):
        return "image"
    if all(map(is_truth, filled)):
        return "truth"
    return "cut" if any(map(is_abbreviated, filled)) else "text"


def is_square(count: int) -> bool:
    """Return whether so many pixels form a square image, of more than one pixel."""
    return count > 1 and math.isqrt(count) ** 2 == count


def numbers(fields: Sequence[str]) -> np.ndarray:
    """Return fields as numbers (n,); what isn't a number becomes NaN."""
    return np.array([number(field) for field in fields], np.float64)


def flags(fields: Sequence[str]) -> np.ndarray:
    """Return fields (n,) as 0 and 1, also words such as True; what is neither becomes NaN."""
    values = numbers(fields)
    for i in map(int, np.flatnonzero(~np.isfinite(values))):
        if (value := truth(fields[i])) is not None:
            values[i] = value
    return np.where((values == 0) | (values == 1), values, np.nan)


def counts_up(fields: Sequence[str], few: bool = False) -> bool:
    """Return whether a column counts up by 1, perhaps anew in some rows.

    Args:
        fields: of the column.
        few: whether it may do so with a few numbers again and again, as classes in turn do.
    """
    values = numbers(fields)
    if len(values) < 3 or float(np.mean(np.diff(values) == 1)) < 0.9:
        return False
    distinct = len(np.unique(values))
    return few or distinct > MOST_LABELS or 2 * distinct > len(values)


def looks_like_labels(values: np.ndarray) -> int:
    """Return 2 if a column looks like class numbers without gaps, 1 if with gaps, else 0."""
    if not np.isfinite(values).all() or not (values == np.rint(values)).all():
        return 0
    distinct = np.unique(values)
    if len(distinct) == 1:
        return int(distinct[0] != 0)  # a border pixel is often 0 in all images
    if len(distinct) > min(MOST_LABELS, len(values) / 2):
        return 0
    return 2 if distinct[-1] - distinct[0] + 1 == len(distinct) else 1


def is_border(values: np.ndarray, beside: np.ndarray) -> bool:
    """Return whether a column and the one beside it hold one and the same number in all rows."""
    return bool(np.isfinite(values).all() and (values == values[0]).all()) and bool(
        (beside == values[0]).all()
    )


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return how closely two columns follow each other: 0 to 1; neighbouring pixels do."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or not a.std() or not b.std():
        return 0.0
    return float(abs(np.corrcoef(a, b)[0, 1]))


def is_held_out(part: str) -> bool | None:
    """Return whether a word such as `PublicTest` means held out; None if it names no part."""
    found, others = part_of(part) if len(part) <= LONGEST_PART else (None, [])
    return None if found is None or others else found != TRAIN
