"""Decide what each column of a table is: pixels, the label, the split, or nothing to learn from."""

from __future__ import annotations

import contextlib
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.csv_dialect import LABEL_NAMES, SPLIT_NAMES, is_number, pixels_in
from vae_core.data.upload.limits import MOST_LABELS, SIZES
from vae_core.sandbox import RefusedError

# A column of these names is the label only if none of the other names is there.
_WEAK_LABELS = ("category", "categories", "species", "letter", "name")
_INDEX = re.compile(r"|unnamed: \d+(_level_\d+)?|index|idx|id|#|nr|no|row|(image|img|row)[ _]?id")
_FILE_NAMES = ("filename", "file", "path", "image", "img", "image_name", "img_name", "image_path")
# The words for a row's part of the split, in lower-case letters; True: held out.
_PARTS = {
    **dict.fromkeys(("train", "training", "trn", "tr", "trainset"), False),
    **dict.fromkeys(("test", "testing", "tst", "te", "testset", "publictest", "privatetest"), True),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval", "evaluation"), True),
    **dict.fromkeys(("heldout", "holdout"), True),
}


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are, as indices.

    Attributes:
        pixels: in the order of the image's pixels, row by row; one column if a cell holds an image.
        in_cell: whether one cell holds an image.
        label, split: None if there is none.
        side: pixels per side.
        notes: sentences on how that was found.
    """

    pixels: tuple[int, ...]
    in_cell: bool
    label: int | None
    split: int | None
    side: int
    notes: tuple[str, ...]


def is_held_out(part: str) -> bool | None:
    """Return whether a word such as `PublicTest` means held out; None if it names no part."""
    return _PARTS.get(re.sub(r"[\W_]", "", part.lower()))


def text_labels(labels: list[str]) -> np.ndarray:
    """Return labels (n,) as whole numbers if all are whole numbers, else as text."""
    with contextlib.suppress(ValueError, OverflowError):
        numbers = np.array([label.replace(",", ".", 1) for label in labels], np.float64)
        if np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all():
            return numbers.astype(np.int64)
    return np.array([label[:1000] for label in labels])


def choose(
    shown: str,
    names: Sequence[str] | None,
    sample: Sequence[Sequence[str]],
    whole: Callable[[Sequence[int]], list[list[str]]],
) -> Columns:
    """Decide what each column of a table is.

    Args:
        shown: the file's name, for error messages.
        names: of the columns; None without a header.
        sample: fields of the first rows.
        whole: returns the fields of some columns in all rows; it reads the file once more.

    Raises:
        RefusedError: the pixels form no square, or the label can't be told.
    """
    return _Chooser(shown, names, sample, whole).choose()


class _Chooser:
    def __init__(
        self,
        shown: str,
        names: Sequence[str] | None,
        sample: Sequence[Sequence[str]],
        whole: Callable[[Sequence[int]], list[list[str]]],
    ) -> None:
        self.shown, self.names, self.whole = shown, names, whole
        self.columns = [list(column) for column in zip(*sample, strict=True)]
        self.keys = [name.strip().lower() for name in names or [""] * len(self.columns)]
        self.kinds = [_kind(column) for column in self.columns]
        self.notes: list[str] = []

    def choose(self) -> Columns:
        split = self._split()
        label = self._named_label(split)
        free = [c for c in range(len(self.columns)) if c not in (split, label)]
        cells = [c for c in free if self.kinds[c] == "image"]
        if cells:
            return self._in_cell(cells, free, label, split)
        pixels = self._named_pixels(free)
        if pixels:
            label = self._label_beside([c for c in free if c not in pixels], label)
            pixels = self._ordered(pixels)
        else:
            pixels, label = self._by_values(free, label)
        side = math.isqrt(len(pixels))
        if not side or side**2 != len(pixels):
            raise RefusedError(self._no_square(len(pixels), label is not None))
        return Columns(tuple(pixels), False, label, split, side, tuple(self.notes))

    def _split(self) -> int | None:
        """Find the column that says which rows are held out."""
        for c, column in enumerate(self.columns):
            known = sum(is_held_out(part) is not None for part in column)
            enough = (
                2 * known > len(column) if self.keys[c] in SPLIT_NAMES else known == len(column)
            )
            if self.kinds[c] != "text" or not enough or self.keys[c] in LABEL_NAMES:
                continue
            parts = self.whole([c])[0]
            held_out = Counter(is_held_out(part) for part in parts)
            if None in held_out and self.keys[c] not in SPLIT_NAMES:
                continue  # the names of some classes
            if None in held_out:
                row = next(i for i, part in enumerate(parts) if is_held_out(part) is None)
                what = sandbox.display_name(parts[row].strip()) or "nothing"
                raise RefusedError(
                    f"{self.shown}: {self._name(c)} splits the rows, and holds {what!r} in row "
                    f"{row + 1:,} of the data: write train or test there."
                )
            if len(held_out) == 2:
                words = {
                    h: sorted({p.strip() for p in parts if is_held_out(p) == h}) for h in (0, 1)
                }
                self.notes.append(
                    f"{self._name(c, True)} was used as the split: {', '.join(words[0])} for "
                    f"training, {', '.join(words[1])} held out."
                )
                return c
            self.notes.append(
                f"{self._name(c, True)}, which says {column[0].strip()} in every row, was left out."
            )
            self.kinds[c] = "left out"
        return None

    def _named_label(self, split: int | None) -> int | None:
        """Find the column whose name says that it is the label."""
        named = [
            c
            for c, key in enumerate(self.keys)
            if key in LABEL_NAMES and c != split and self.kinds[c] != "image"
        ]
        strong = [c for c in named if self.keys[c] not in _WEAK_LABELS]
        labels = strong or named
        if len(labels) > 1:
            raise RefusedError(self._which_label(labels))
        if not labels:
            return None
        if self.keys[labels[0]] not in ("label", "labels"):
            self.notes.append(f"{self._name(labels[0], True)} was read as the label.")
        return labels[0]

    def _in_cell(
        self, cells: list[int], free: list[int], label: int | None, split: int | None
    ) -> Columns:
        """Return the columns of a table with a whole image in one cell of each row."""
        if len(cells) > 1:
            names = " and ".join(map(self._name, cells[:2]))
            raise RefusedError(f"{self.shown} holds an image in both {names}: keep one of them.")
        label = self._label_beside([c for c in free if c not in cells], label)
        count = pixels_in(self.columns[cells[0]][0])
        side = math.isqrt(count)
        if side**2 != count:
            raise RefusedError(self._no_square(count, label is not None))
        return Columns((cells[0],), True, label, split, side, tuple(self.notes))

    def _named_pixels(self, free: list[int]) -> list[int]:
        """Find the columns whose names differ only in numbers, if they form a square."""
        groups: dict[str, list[int]] = {}
        for c in free:
            if self.keys[c]:
                key = re.sub(r"\d+", "", self.keys[c]).rstrip(" ._-")
                groups.setdefault(key, []).append(c)
        largest = max(groups.values(), key=len, default=[])
        is_most = 2 * len(largest) > len(free)
        return largest if is_most and math.isqrt(len(largest)) ** 2 == len(largest) > 1 else []

    def _ordered(self, pixels: list[int]) -> list[int]:
        """Put pixel columns in the order of the numbers in their names."""
        numbers = {c: tuple(map(int, re.findall(r"\d{1,9}", self.keys[c]))) for c in pixels}
        lengths = {len(n) for n in numbers.values()}
        if lengths not in ({1}, {2}) or len(set(numbers.values())) != len(pixels):
            return pixels
        ordered = sorted(pixels, key=lambda c: numbers[c])
        if ordered == pixels or pixels == sorted(pixels, key=lambda c: numbers[c][::-1]):
            return pixels  # or named x before y, and written in rows
        self.notes.append("The columns of pixels were ordered by the numbers in their names.")
        return ordered

    def _label_beside(self, others: list[int], label: int | None) -> int | None:
        """Find the label among the columns that are no pixels, and mention the rest."""
        left_out = []
        candidates = []
        for c in others:
            if self.kinds[c] == "left out":
                continue
            if self._numbers_rows(c):
                self.notes.append(f"{self._name(c, True)}, which numbers the rows, was left out.")
            elif label is not None or self.keys[c] in _FILE_NAMES or not self._may_be_label(c):
                left_out.append(self._name(c))
            else:
                candidates.append(c)
        if len(candidates) > 1:
            raise RefusedError(self._which_label(candidates))
        if candidates:
            label = candidates[0]
            self.notes.append(
                f"{self._name(label, True)} was read as the label: it is the only one beside the "
                "pixels."
            )
        if left_out:
            names, verb = ", ".join(left_out[:3]), "was" if len(left_out) == 1 else "were"
            more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
            self.notes.append(f"{names[0].upper()}{names[1:]}{more} {verb} left out.")
        return label

    def _by_values(self, free: list[int], label: int | None) -> tuple[list[int], int | None]:
        """Find pixels and the label by what the columns hold; return the pixels and the label."""
        if self.names is not None:
            indices = [c for c in free if _INDEX.fullmatch(self.keys[c]) and self._numbers_rows(c)]
            if indices:
                label = self._label_beside(indices, label)
            free = [c for c in free if c not in indices]
        free = [c for c in free if self.kinds[c] != "left out"]
        texts = [c for c in free if self.kinds[c] != "number"]
        pixels = [c for c in free if c not in texts]
        if not pixels:
            raise RefusedError(
                f"{self.shown} has no columns of numbers: each row must hold the pixels of a "
                "square image."
            )
        label = self._label_beside(texts, label) if texts else label
        if _is_square(len(pixels)):
            return pixels, label
        without_index = (
            [len(pixels) - 1] if label is not None else [len(pixels) - 1, len(pixels) - 2]
        )
        if any(map(_is_square, without_index)) and _counts_up(self.columns[pixels[0]]):
            self.notes.append(
                f"{self._name(pixels[0], True)}, which numbers the rows, was left out."
            )
            del pixels[0]
        if label is None and not _is_square(len(pixels)) and _is_square(len(pixels) - 1):
            label = self._first_or_last(pixels)
            pixels.remove(label)
        return pixels, label

    def _first_or_last(self, columns: list[int]) -> int:
        """Decide which of the first and the last column is the label, the other being a pixel."""
        if len(columns) < 4:
            return columns[0]
        ends = [columns[0], columns[1], columns[-1], columns[-2]]
        first, second, last, before_last = (_numbers(column) for column in self.whole(ends))
        scores = _looks_like_labels(first), _looks_like_labels(last)
        alike = _correlation(first, second), _correlation(last, before_last)
        chosen = None
        for i in (0, 1):
            sure = scores[i] and not scores[1 - i]
            better = scores[i] > scores[1 - i] > 0 and alike[i] < alike[1 - i]
            unlike = (
                scores[i] and scores[i] >= scores[1 - i] and alike[i] < 0.5 and alike[1 - i] > 0.8
            )
            if sure or better or unlike:
                chosen = i
        if chosen is None:
            raise RefusedError(
                f"{self.shown}: {len(columns):,} columns are one more than the pixels of a square "
                f"image, and both {self._name(columns[0])} and {self._name(columns[-1])} may be "
                "the label: name the columns in a first row, one of them label."
            )
        label, values = (columns[0], first) if chosen == 0 else (columns[-1], last)
        count = len(np.unique(values))
        which, other = ("first", "last") if chosen == 0 else ("last", "first")
        self.notes.append(
            f"The {which} column was read as the label: it holds {count} different whole "
            f"number{'s' if count > 1 else ''}, and the {other} column looks like a pixel."
        )
        return label

    def _numbers_rows(self, c: int) -> bool:
        """Return whether a column numbers the rows, by its name or by its values."""
        if self.kinds[c] != "number":
            return bool(self.keys[c]) and bool(_INDEX.fullmatch(self.keys[c]))
        distinct = len(set(self.columns[c])) == len(self.columns[c])
        named = self.names is not None and _INDEX.fullmatch(self.keys[c])
        return bool(named and (distinct or self.keys[c])) or _counts_up(self.columns[c])

    def _may_be_label(self, c: int) -> bool:
        if self.kinds[c] == "text":
            return True
        values = _numbers(self.columns[c])
        return bool((values == np.rint(values)).all())

    def _name(self, c: int, start: bool = False) -> str:
        """Return words for a column, for a sentence."""
        words = f"column {c + 1:,}"
        if self.names is not None and self.keys[c]:
            words = f"column {sandbox.display_name(self.names[c].strip())}"
        elif c in (0, len(self.columns) - 1):
            words = "the first column" if c == 0 else "the last column"
        return (
            words[0].upper() + words[1:]
            if start and words.startswith("the ")
            else (f"The {words}" if start else words)
        )

    def _which_label(self, candidates: list[int]) -> str:
        names = [self._name(c) for c in candidates[:3]]
        more = f" (and {len(candidates) - 3} more)" if len(candidates) > 3 else ""
        return (
            f"{self.shown}: {', '.join(names[:-1])} and {names[-1]}{more} may be the label: rename "
            "the right one to label, or leave the others out."
        )

    def _no_square(self, pixels: int, labels: bool) -> str:
        beside = " beside the label" if labels else ""
        side = math.isqrt(pixels // 3)
        if 3 * side**2 == pixels and side >= SIZES[0]:
            return (
                f"{self.shown} has {pixels:,} pixels per row{beside}, perhaps {side}x{side} in "
                "three colours: save grey pixels, or pictures in a .zip."
            )
        total = len(self.columns)
        if pixels != total:
            return f"{self.shown} has {pixels:,} pixels per row{beside}: they can't form a square."
        return (
            f"{self.shown} has {total:,} columns: each row must hold the pixels of a square image, "
            "and labels must be in a column named label."
        )


def _kind(column: list[str]) -> str:
    """Return what most fields of a column are: `number`, `image`, or `text`."""
    filled = [field for field in column if field.strip()]
    numbers = [pixels_in(field) for field in filled[:SAMPLED]]
    if not numbers or 2 * sum(number == 1 for number in numbers) >= len(numbers):
        return "number"
    return "image" if 2 * sum(number > 1 for number in numbers) >= len(numbers) else "text"


SAMPLED = 50  # fields of a column that its kind is told from


def _is_square(count: int) -> bool:
    return count > 0 and math.isqrt(count) ** 2 == count


def _numbers(fields: Sequence[str]) -> np.ndarray:
    """Return fields as numbers (n,); what isn't a number becomes NaN."""
    return np.array(
        [float(f.replace(",", ".", 1)) if is_number(f) else np.nan for f in fields], np.float64
    )


def _counts_up(fields: Sequence[str]) -> bool:
    """Return whether a column counts up by 1."""
    values = _numbers(fields)
    return len(values) > 2 and bool((np.diff(values) == 1).all())


def _looks_like_labels(values: np.ndarray) -> int:
    """Return 2 if a column looks like class numbers without gaps, 1 if with gaps, else 0."""
    if not np.isfinite(values).all() or not (values == np.rint(values)).all():
        return 0
    distinct = np.unique(values)
    if len(distinct) == 1:
        return int(distinct[0] != 0)  # a border pixel is often 0 in all images
    if len(distinct) > min(MOST_LABELS, len(values) / 2):
        return 0
    return 2 if distinct[-1] - distinct[0] + 1 == len(distinct) else 1


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return how closely two columns follow each other: 0 to 1; neighbouring pixels do."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or not a.std() or not b.std():
        return 0.0
    return float(abs(np.corrcoef(a, b)[0, 1]))
