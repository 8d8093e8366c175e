"""Find the column of a table that holds the labels, or the columns of one-hot labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vae_core.data.upload.split_words import SPLIT_NAMES
from vae_core.data.upload.tables.column_names import (
    FILE_NAMES,
    LABEL_NAMES,
    WEAK_LABEL_NAMES,
)
from vae_core.data.upload.tables.column_values import (
    correlation,
    flags,
    is_border,
    looks_like_labels,
    numbers,
)
from vae_core.data.upload.tables.label_values import says_nothing
from vae_core.data.upload.tables.sample import LEFT_OUT, Sample
from vae_core.data.upload.wording import listed
from vae_core.sandbox import RefusedError

# A correlation below which two columns are no neighbouring pixels, and above which they are.
UNLIKE, ALIKE = 0.5, 0.8


class Label(NamedTuple):
    """The label of a table.

    Attributes:
        columns: one column, or several of which one holds a 1 in each row.
        classes: the names of several columns.
    """

    columns: tuple[int, ...]
    classes: tuple[str, ...] = ()

    def of_rows(self, fields: Sequence[Sequence[str]]) -> Sequence[str]:
        """Return the labels (k,) of some rows; `fields` are those of each of the columns."""
        if not self.classes:
            return fields[0]
        return [self.classes[i] for i in np.array(list(map(flags, fields))).argmax(axis=0)]


def named_label(table: Sample, split: int | None) -> Label | None:
    """Find the column whose name says that it is the label.

    Raises:
        RefusedError: two columns may be it.
    """
    named = [
        c
        for c, key in enumerate(table.keys)
        if c != split and table.kinds[c] not in ("image", "cut", LEFT_OUT)
        if key in LABEL_NAMES or (key in WEAK_LABEL_NAMES and not _names_rows(table, c))
    ]
    for c in list(named):
        if all(map(says_nothing, table.columns[c])) and all(map(says_nothing, table.whole([c])[0])):
            table.notes.append(f"{table.name(c, True)}, which holds nothing, was left out.")
            table.kinds[c] = LEFT_OUT
            named.remove(c)
    labels = [c for c in named if table.keys[c] in LABEL_NAMES] or named
    if not labels:
        return None
    c = _only(table, labels)
    if table.keys[c] not in ("label", "labels"):
        table.notes.append(f"{table.name(c, True)} was read as the label.")
    return Label((c,))


def label_beside(table: Sample, others: Sequence[int], label: Label | None) -> Label | None:
    """Find the label among the columns that are no pixels, and mention the rest.

    Args:
        table: the first rows.
        others: the columns that are no pixels.
        label: the label, if its name told it.

    Raises:
        RefusedError: several columns may be it.
    """
    left_out, candidates = [], []
    for c in others:
        if table.kinds[c] == LEFT_OUT:
            continue
        if table.numbers_rows(c):
            table.notes.append(f"{table.name(c, True)}, which numbers the rows, was left out.")
        elif label is not None or not _may_be_label(table, c):
            left_out.append(table.name(c))
        elif reason := _names_rows(table, c):
            table.notes.append(f"{table.name(c, True)}, which {reason}, was left out.")
        else:
            candidates.append(c)
    if len(candidates) > 1 and (one_hot := _one_hot(table, candidates)):
        label, candidates = one_hot, []
    if len(candidates) > 1:
        constant = [c for c in candidates if len(set(table.columns[c])) == 1]
        constant = [c for c in constant if len(set(table.whole([c])[0])) == 1]
        if len(constant) < len(candidates):
            left_out += map(table.name, constant)
            candidates = [c for c in candidates if c not in constant]
    if candidates:
        alone = len(candidates) == 1
        c = _only(table, candidates)
        label = Label((c,))
        why = ": it is the only one beside the pixels" if alone else ""
        table.notes.append(f"{table.name(c, True)} was read as the label{why}.")
    if left_out:
        names, verb = listed(left_out), "was" if len(left_out) == 1 else "were"
        table.notes.append(f"{names[0].upper()}{names[1:]} {verb} left out.")
    return label


def label_at_an_end(table: Sample, columns: Sequence[int]) -> Label:
    """Decide which of the first and the last column is the label, the other being a pixel.

    Args:
        table: the first rows.
        columns: the pixels and the label.

    Raises:
        RefusedError: it can't be told.
    """
    if len(columns) < 4:
        return Label((columns[0],))
    ends = [columns[0], columns[1], columns[-1], columns[-2]]
    first, second, last, before_last = (numbers(column) for column in table.whole(ends))
    chosen = _better_end(first, second, last, before_last)
    if chosen is None:
        raise RefusedError(
            f"{table.shown}: {len(columns):,} columns are one more than the pixels of a square "
            f"image, and both {table.name(columns[0])} and {table.name(columns[-1])} may be "
            "the label: name the columns in a first row, one of them label."
        )
    label, values = (columns[0], first) if chosen == 0 else (columns[-1], last)
    other = columns[-1] if chosen == 0 else columns[0]
    count = len(np.unique(values))
    holds = f"{count} different whole numbers" if count > 1 else "one whole number in all rows"
    table.notes.append(
        f"{table.name(label, True)} was read as the label: it holds {holds}, and "
        f"{table.name(other)} looks like a pixel."
    )
    return Label((label,))


def _better_end(
    first: np.ndarray, second: np.ndarray, last: np.ndarray, before_last: np.ndarray
) -> int | None:
    """Return 0 if the first column is the label, 1 if the last is; None if that can't be told."""
    scores = looks_like_labels(first), looks_like_labels(last)
    borders = is_border(first, second), is_border(last, before_last)
    alike = correlation(first, second), correlation(last, before_last)
    if borders[0] != borders[1]:
        # One side is a border of the picture, of one colour in all images.
        end = int(borders[0])
        values = (first, last)[end]
        is_corner = len(np.unique(values)) == 1 and values[0] in (0, 255, -1)
        is_pixel = is_corner or alike[end] > ALIKE
        return end if scores[end] and not is_pixel else None
    if all(borders):
        scores = 0, 0
    varied = [len(np.unique(values)) > 1 for values in (first, last)]
    chosen = None
    for i in (0, 1):
        other = (last, first)[i]
        # Beside a corner that is black in all images, or one class, the label is unlike a pixel.
        most = ALIKE if varied[1 - i] else UNLIKE
        sure = scores[i] and not scores[1 - i] and alike[i] < most
        better = scores[i] > scores[1 - i] > 0 and alike[i] < alike[1 - i]
        unlike = (
            scores[i] and scores[i] >= scores[1 - i] and alike[i] < UNLIKE and alike[1 - i] > ALIKE
        )
        # A corner that is white in all images, beside class numbers.
        corner = scores[i] == 2 and varied[i] and other[0] in (255, -1) and not varied[1 - i]
        if sure or better or unlike or (corner and alike[i] < ALIKE):
            chosen = i
    return chosen


def one_hot_end(table: Sample, columns: Sequence[int], count: int) -> Label | None:
    """Find one-hot labels in the first or the last `count` columns, which have no names."""
    for some in (columns[:count], columns[-count:]):
        values = np.array([flags(table.columns[c]) for c in some])
        if (values.sum(axis=0) == 1).all() and (values.sum(axis=1) > 0).sum() > 1:
            found = _one_hot(table, some)
            if found is not None:
                return found
    return None


def _one_hot(table: Sample, columns: Sequence[int]) -> Label | None:
    """Return one-hot labels if the columns hold 0 and 1 alone.

    Raises:
        RefusedError: a row has no 1, or several.
    """
    if not np.isfinite([flags(table.columns[c]) for c in columns]).all():
        return None
    values = np.array([flags(fields) for fields in table.whole(columns)])
    if not np.isfinite(values).all():
        return None
    classes = _class_names([table.names[c] if table.names else "" for c in columns])
    ones = values.sum(axis=0)
    wrong = np.flatnonzero(ones != 1)
    names = f"{table.name(columns[0])} to {table.name(columns[-1])}"
    if len(wrong) > 0.5 * len(ones):
        return None  # attributes
    if len(wrong):
        row = int(wrong[0])
        raise RefusedError(
            f"{table.shown}: {names} look like labels of which each row has one, but row "
            f"{row + 1:,} of the data has {ones[row]:.0f}. Give each row one, or leave them out."
        )
    table.notes.append(f"The labels were one-hot: of {names}, the one that holds 1 is the label.")
    return Label(tuple(columns), classes)


def _class_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of one-hot columns without what all begin with; numbers without names."""
    if not all(names):
        return tuple(map(str, range(len(names))))
    names = [name.strip() for name in names]
    letters = enumerate(zip(*names, strict=False))
    same = next((i for i, some in letters if len(set(some)) > 1), min(map(len, names)))
    start = names[0][:same]
    if not all(name[len(start) :].isdigit() for name in names):
        start = re.sub(r"[^_ .:-]*$", "", start)
    elif start and start[-1].isdigit():
        start = start.rstrip("0123456789")
    return tuple(name[len(start) :] for name in names)


def _may_be_label(table: Sample, c: int) -> bool:
    if table.keys[c] in FILE_NAMES:
        return False
    if table.keys[c] in SPLIT_NAMES and table.kinds[c] == "number":
        return False
    return table.kinds[c] != "number" or table.holds_whole_numbers(c)


def _names_rows(table: Sample, c: int) -> str:
    """Return how a column names the rows; an empty text if it may hold labels."""
    if table.kinds[c] == "text" and table.holds_files(c):
        return "holds names of files"
    if table.kinds[c] in ("text", "number") and table.differs(c):
        return "holds another value in most rows"
    return ""


def _only(table: Sample, candidates: list[int]) -> int:
    """Return the one column that may be the label; of two that say the same the one of texts.

    Raises:
        RefusedError: there are more.
    """
    texts = [c for c in candidates if table.kinds[c] == "text"]
    best = texts[0] if texts else candidates[0]
    others = [c for c in candidates if c != best]
    if all(table.are_the_same(best, c) for c in others):
        for c in others:
            table.kinds[c] = LEFT_OUT
            table.notes.append(
                f"{table.name(c, True)}, which says the same as {table.name(best)}, was left out."
            )
        return best
    names = listed([table.name(c) for c in candidates])
    raise RefusedError(
        f"{table.shown}: {names} may be the label: rename "
        "the right one to label, or leave the others out."
    )
