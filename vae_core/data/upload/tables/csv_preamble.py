"""Tell the lines above a table, such as a title, from its header and its rows."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from vae_core import sandbox
from vae_core.data.upload.split_words import SPLIT_NAMES
from vae_core.data.upload.tables.column_names import EVERY_LABEL_NAME, key_of
from vae_core.data.upload.tables.image_cells import pixels_in
from vae_core.data.upload.tables.number_text import is_truth

Row = tuple[int, list[str]]  # number of its first line in the file, and its fields

FEWEST_COUNTED = 16  # a first row 0, 1, 2 ... of so many numbers is a header, not an image
MOST_HEADERS = 3  # rows with names, as pandas writes names of several levels
_COMMENT = ("#", "%")
_KNOWN_NAMES = {*EVERY_LABEL_NAME, *SPLIT_NAMES}


class Head(NamedTuple):
    """What is above the first row of data.

    Attributes:
        names: of the columns; None without a header.
        data: the rows of data.
        before: number of the last row above the data, 0 if there is none.
        notes: sentences on what was recognised.
    """

    names: list[str] | None
    data: list[Row]
    before: int
    notes: list[str]


def is_comment(fields: Sequence[str]) -> bool:
    """Return whether a row is a comment, as NumPy or MATLAB write it."""
    return fields[0].lstrip().startswith(_COMMENT)


def left_out(rows: Sequence[list[str]], what: str) -> str:
    """Return a sentence on rows that aren't read, `what` they are; it quotes the first."""
    text = " ".join(field.strip() for field in rows[0] if field.strip())
    quoted = repr(sandbox.display_text(text))
    if len(rows) == 1:
        return f"1 row {what.format(s='s')} was left out: {quoted}."
    return f"{len(rows):,} rows {what.format(s='')} were left out, the first {quoted}."


def split_head(found: list[Row]) -> Head:
    """Split the first rows of a file into what is above the table, the names, and the data."""
    counts = Counter(len(fields) for _, fields in found if not is_comment(fields))
    counts = counts or Counter(len(fields) for _, fields in found)  # labels may begin with #
    usual = counts.most_common(1)[0][0] if counts else 0
    lead = 0
    while lead < len(found) and _is_above(found, lead, usual):
        lead += 1
    names, row = _commented_names(found[:lead], found[lead:], usual)
    above = [fields for number, fields in found[:lead] if number != row]
    notes = [left_out(above, "above the table")] if above else []
    data = [r for r in found[lead:] if not is_comment(r[1]) or len(r[1]) == usual]
    before = found[lead - 1][0] if lead else 0
    if names is None:
        names, data, before, more = _header(data, before)
        notes += more
    return Head(names, data, before, notes)


def _is_above(found: list[Row], i: int, usual: int) -> bool:
    """Return whether a row is no part of the table: a comment, or a title of few cells."""
    fields = found[i][1]
    if is_comment(fields) and (len(fields) != usual or i + 1 == len(found)):
        return True
    if is_comment(fields):
        return _is_header([fields[0].lstrip(" #%"), *fields[1:]], [f for _, f in found[i + 1 :]])
    filled = [field for field in fields if field.strip()]
    if i + 1 == len(found) or any(key_of(f) in _KNOWN_NAMES for f in filled):
        return False
    if len(fields) >= usual:  # a spreadsheet fills the other cells of a title with nothing
        padded = usual > 3 and len(filled) <= max(1, usual // 8)
        return padded and not any(fields[len(filled) :]) and not pixels_in(filled[0])
    if usual > 3 and len(filled) <= max(1, usual // 4):
        return True
    # R names one column less, and in a table of two columns a title may look so.
    following = next((f for _, f in found[i + 1 :] if len(f) == usual), [])
    return bool(following) and not any(map(pixels_in, [*following, *filled]))


def _commented_names(lead: list[Row], data: list[Row], usual: int) -> tuple[list[str] | None, int]:
    """Return the names in a comment above the data, and the number of its row."""
    for number, fields in itertools.takewhile(lambda row: is_comment(row[1]), lead):
        names = [fields[0].lstrip().lstrip("#%"), *fields[1:]]
        if not names[0].strip() and len(names) == usual + 1:
            del names[0]  # `# label p0 p1` with blanks
        names = [name.strip() for name in names]
        if len(names) == usual > 1 and _is_header(names, [f for _, f in data]):
            return names, number
    return None, 0


def _header(data: list[Row], before: int) -> tuple[list[str] | None, list[Row], int, list[str]]:
    """Split rows into names and data; return also the number of the last header and notes."""
    if len(data) > 2 and (grid := _grid(data[0][1], data[1][1])):
        note = "The first 2 rows, which count the rows and the columns of the images, were read as "
        return grid, data[2:], data[1][0], [f"{note}the names of the columns."]
    if not data or not _is_header(data[0][1], [fields for _, fields in data[1:]]):
        return None, data, before, []
    names = [field.strip() for field in data[0][1]]
    before, notes, rest = data[0][0], [], data[1:]
    if names and all(field.isdigit() for field in names):
        notes.append(
            f"The first row, which counts from {names[0]} to {names[-1]}, was read as the "
            "names of the columns."
        )
    elif _is_mangled(names):
        notes.append(
            "The first row is an image that pandas took for the names of columns "
            f"({', '.join(names[:3])} ...): it was left out."
        )
        return None, rest, before, notes
    levels = 1
    while levels < MOST_HEADERS and len(rest) > 1 and _names_again(rest[0][1], rest[1:], names):
        # The lowest level that says something names a column.
        names = [
            low.strip() or high
            for high, low in itertools.zip_longest(names, rest[0][1], fillvalue="")
        ]
        before, rest, levels = rest[0][0], rest[1:], levels + 1
    if levels > 1:
        notes.append(f"The first {levels} rows were read as the names of the columns.")
    return names, rest, before, notes


def _grid(first: list[str], second: list[str]) -> list[str] | None:
    """Return names such as 0_1 if two rows hold the row and the column of each pixel."""
    side = math.isqrt(len(first))
    beside = len(first) - side**2
    if beside > 2 or side < 2 or len(first) != len(second):
        return None
    for start in (0, 1):
        counted = [str(start + i) for i in range(side)]
        for lead in {0, beside}:
            pixels = slice(lead, lead + side**2)
            if first[pixels] == [n for n in counted for _ in counted] and (
                second[pixels] == counted * side
            ):
                names = [a.strip() or b.strip() for a, b in zip(first, second, strict=True)]
                names[pixels] = map("_".join, zip(first[pixels], second[pixels], strict=True))
                return names
    return None


def _names_again(fields: list[str], data: list[Row], names: list[str]) -> bool:
    """Return whether a row below the header holds names, too, and is no row of data."""
    filled = [field for field in fields if field.strip()]
    if len(fields) != len(names) or len(fields) != len(data[0][1]) or not filled:
        return False
    if not any(pixels_in(field) for _, row in data[:MOST_HEADERS] for field in row):
        return False
    numbers = [field.strip() for field in filled if pixels_in(field)]
    if not numbers:  # a name of the index alone, or names; a row of data holds numbers
        return True
    return _counts(numbers) and len(set(names)) < len(names)


def _is_header(fields: Sequence[str], data: list[list[str]]) -> bool:
    """Return whether the first row holds names of columns."""
    filled = [field for field in fields if field.strip()]
    if 2 * sum(map(is_truth, filled)) > len(filled):  # a row of TRUE and FALSE
        return False
    texts = [key_of(field) for field in filled if not pixels_in(field)]
    numbers = [field.strip() for field in filled if pixels_in(field)]
    if not numbers or _is_mangled([field.strip() for field in fields]):
        return True
    if any(text in _KNOWN_NAMES for text in texts):
        return not any(
            text in (f.strip().lower() for f in row) for row in data[:20] for text in texts
        )
    return _counts(numbers)


def _counts(numbers: list[str]) -> bool:
    """Return whether many numbers count from 0 or 1."""
    start = int(numbers[0]) if numbers[0] in ("0", "1") else None
    return (
        start is not None
        and len(numbers) >= FEWEST_COUNTED
        and numbers == [str(start + i) for i in range(len(numbers))]
    )


def _is_mangled(fields: list[str]) -> bool:
    """Return whether names are numbers that pandas made different: 0, 0.1, 0.2, 255, 255.1."""
    seen: Counter[str] = Counter()
    changed = 0
    for field in fields:
        match = re.fullmatch(r"(.+)\.(\d+)", field)
        if match and seen[match[1]] and int(match[2]) == seen[match[1]]:
            seen[match[1]] += 1
            changed += 1
        else:
            seen[field] += 1
    return changed >= FEWEST_COUNTED
