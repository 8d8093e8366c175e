"""Find the column of a table that says which rows are held out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.split_words import SPLIT_NAMES, TRAIN, part_of
from vae_core.data.upload.tables.column_names import EVERY_LABEL_NAME
from vae_core.data.upload.tables.column_values import LONGEST_PART, flags, is_held_out
from vae_core.data.upload.tables.sample import LEFT_OUT, Sample
from vae_core.sandbox import RefusedError

_BESIDE_PART = {"is", "in", "flag"}  # words beside the one of the part, such as is_test


class Split(NamedTuple):
    """The split of a table.

    Attributes:
        column: the column that says it.
        held_out: field -> whether its rows are held out.
    """

    column: int
    held_out: dict[str, bool]


def find_split(table: Sample) -> Split | None:
    """Return the column that says which rows are held out, None if there is none.

    Raises:
        RefusedError: a column with the name of a split holds another word.
    """
    for c in range(len(table.columns)):
        if split := _by_words(table, c) or _by_flags(table, c):
            return split
    return None


def _by_words(table: Sample, c: int) -> Split | None:
    """Return a split whose rows say train or test."""
    column = table.columns[c]
    known = sum(is_held_out(part) is not None for part in column)
    named = table.keys[c] in SPLIT_NAMES
    enough = 2 * known > len(column) if named else known == len(column)
    if table.kinds[c] != "text" or not enough or table.keys[c] in EVERY_LABEL_NAME:
        return None
    parts = table.whole([c])[0]
    held_out = {part: is_held_out(part) for part in set(parts)}
    if None in held_out.values() and not named:
        return None  # the names of some classes
    sure = {part: bool(held) for part, held in held_out.items() if held is not None}
    if len(sure) < len(held_out):
        row = next(i for i, part in enumerate(parts) if part not in sure)
        what = sandbox.display_text(parts[row].strip()) or "nothing"
        raise RefusedError(
            f"{table.shown}: {table.name(c)} splits the rows, and holds {what!r} in row "
            f"{row + 1:,} of the data: write train or test there."
        )
    if len(set(sure.values())) == 2:
        words = [sorted({part.strip() for part in sure if sure[part] == held}) for held in (0, 1)]
        table.notes.append(
            f"{table.name(c, True)} was used as the split: {', '.join(words[0])} for "
            f"training, {', '.join(words[1])} held out."
        )
        return Split(c, sure)
    table.notes.append(
        f"{table.name(c, True)}, which says {column[0].strip()} in every row, was left out."
    )
    table.kinds[c] = LEFT_OUT
    return None


def _by_flags(table: Sample, c: int) -> Split | None:
    """Return a split whose name says a part, such as is_test, and whose rows hold 0 or 1."""
    name = table.names[c].strip() if table.names else ""
    part, others = part_of(name) if len(name) <= LONGEST_PART else (None, [])
    if (
        part is None
        or not set(others) <= _BESIDE_PART
        or not np.isfinite(flags(table.columns[c])).all()
    ):
        return None
    fields = sorted(set(table.whole([c])[0]))
    values = flags(fields)
    if not np.isfinite(values).all() or len(set(values.tolist())) < 2:
        return None
    ones = next(field for field, flag in zip(fields, values, strict=True) if flag)
    use = "for training" if part == TRAIN else "held out"
    table.notes.append(f"{table.name(c, True)} was used as the split: {ones.strip()} is {use}.")
    return Split(
        c,
        {field: bool(flag) != (part == TRAIN) for field, flag in zip(fields, values, strict=True)},
    )
