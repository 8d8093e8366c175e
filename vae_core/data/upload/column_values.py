"""Judge what the fields of a column are: numbers, images, class numbers, parts of a split."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Sequence

import numpy as np

from vae_core.data.upload.csv_dialect import is_number, pixels_in
from vae_core.data.upload.limits import MOST_LABELS
from vae_core.data.upload.split_words import TRAIN, part_of

SAMPLED = 50  # fields of a column that its kind is told from


def kind_of(column: list[str]) -> str:
    """Return what most fields of a column are: `number`, `image`, or `text`."""
    filled = [field for field in column if field.strip()]
    numbers = [pixels_in(field) for field in filled[:SAMPLED]]
    if not numbers or 2 * sum(number == 1 for number in numbers) >= len(numbers):
        return "number"
    return "image" if 2 * sum(number > 1 for number in numbers) >= len(numbers) else "text"


def is_square(count: int) -> bool:
    """Return whether so many pixels form a square image, of more than one pixel."""
    return count > 1 and math.isqrt(count) ** 2 == count


def numbers(fields: Sequence[str]) -> np.ndarray:
    """Return fields as numbers (n,); what isn't a number becomes NaN."""
    return np.array(
        [float(f.replace(",", ".", 1)) if is_number(f) else np.nan for f in fields], np.float64
    )


def counts_up(fields: Sequence[str]) -> bool:
    """Return whether a column counts up by 1, perhaps anew in some rows."""
    values = numbers(fields)
    return len(values) > 2 and float(np.mean(np.diff(values) == 1)) >= 0.9


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


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return how closely two columns follow each other: 0 to 1; neighbouring pixels do."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or not a.std() or not b.std():
        return 0.0
    return float(abs(np.corrcoef(a, b)[0, 1]))


def is_held_out(part: str) -> bool | None:
    """Return whether a word such as `PublicTest` means held out; None if it names no part."""
    found, others = part_of(part)
    return None if found is None or others else found != TRAIN


def text_labels(labels: list[str]) -> np.ndarray:
    """Return labels (n,) as whole numbers if all are whole numbers, else as text.

    Quotation marks around all of them, as OpenML writes them, are removed; 007 stays as it is.
    """
    if all(len(label) > 1 and label[0] == label[-1] == "'" for label in labels):
        labels = [label[1:-1] for label in labels]
    if not any(re.match(r"[+-]?0\d", label) for label in labels):
        with contextlib.suppress(ValueError, OverflowError):
            found = np.array([label.replace(",", ".", 1) for label in labels], np.float64)
            if np.isfinite(found).all() and (found == np.rint(found)).all():
                return found.astype(np.int64)
    return np.array([label[:1000] for label in labels])
