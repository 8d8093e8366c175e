"""Recognise how a table in a text file is written: delimiter, comments, header, empty columns."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from vae_core import sandbox
from vae_core.data.upload.limits import LONGEST_LINE
from vae_core.sandbox import RefusedError

BLANK = " "  # as a delimiter: any run of blanks
DELIMITERS = (",", ";", "\t", "|", BLANK)
GUESSED_LINES = 20  # lines that the delimiter is guessed from
SAMPLE_ROWS, SAMPLE_FIELDS = 200, 400_000  # rows that the columns are judged by, at most
FEWEST_COUNTED = 16  # a first row 0, 1, 2 ... of so many numbers is a header, not an image

# Names of columns, in lower case.
LABEL_NAMES = (
    *("label", "labels", "class", "classes", "target", "targets", "y", "emotion", "digit"),
    *("class_label", "class label", "classlabel", "label_name", "class_name", "classname"),
    *("category", "categories", "species", "letter", "name"),
)
SPLIT_NAMES = ("usage", "split", "set", "subset", "partition", "dataset", "fold", "phase")
_NUMBER = re.compile(
    r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*|\s*[-+]?(?:nan|inf)\s*", re.I
)
_BETWEEN = re.compile(r"[\s,;]+")
FEWEST_IN_CELL = 9  # pixels, if one cell holds an image

Row = tuple[int, list[str]]  # number of its first line in the file, and its fields


@dataclass(frozen=True)
class Dialect:
    """How a table is written.

    Attributes:
        delimiter: one character.
        names: of the columns, as in the file; None without a header.
        columns: number of columns, without empty ones at the end.
        empty: number of columns at the end of each row that hold nothing.
        first_row: number of the first row of data.
        sample: the first rows of data, without the empty columns.
        notes: sentences on what was recognised.
    """

    delimiter: str
    names: list[str] | None
    columns: int
    empty: int
    first_row: int
    sample: list[list[str]]
    notes: tuple[str, ...] = ()


def is_number(field: str) -> bool:
    """Return whether a field is a number, with a decimal point or a decimal comma."""
    return bool(_NUMBER.fullmatch(field) or _NUMBER.fullmatch(field.replace(",", ".", 1)))


def cell_fields(cell: str) -> list[str]:
    """Split a cell that holds a whole image, such as `0 12 255` or `[0, 12, 255]`."""
    return _BETWEEN.split(cell.strip(" \t\r\n[]()"))


def pixels_in(field: str) -> int:
    """Return how many numbers a field holds: 1, or more if it is a whole image, or 0."""
    if is_number(field):
        return 1
    if len(field) < 2 * FEWEST_IN_CELL or field.lstrip()[:1] not in "[(-.0123456789":
        return 0
    fields = cell_fields(field)
    if len(fields) < FEWEST_IN_CELL or not all(map(_NUMBER.fullmatch, fields)):
        return 0
    return len(fields)


def rows(lines: Iterable[str], delimiter: str, shown: str) -> Iterator[Row]:
    """Split lines into rows of fields, as Python's csv module does; empty rows are left out."""
    number = length = 0

    def feed() -> Iterator[str]:
        nonlocal number, length
        for line in lines:
            number += 1
            length += len(line)
            if length > LONGEST_LINE:
                most = sandbox.format_bytes(LONGEST_LINE)
                raise RefusedError(
                    f"{shown}: row {start:,} is longer than {most}. Perhaps a quotation mark is "
                    "not closed."
                )
            yield line.replace("\t", " ").strip() + "\n" if delimiter == BLANK else line

    start = 1
    csv.field_size_limit(LONGEST_LINE)
    for fields in csv.reader(feed(), delimiter=delimiter, skipinitialspace=True):
        if fields and (len(fields) > 1 or fields[0].strip()) and any(map(str.strip, fields)):
            yield start, fields
        start, length = number + 1, 0


def guess(lines: Iterable[str], shown: str) -> Dialect:
    """Recognise the dialect of a table from its first lines.

    Raises:
        RefusedError: the table's first rows differ in their number of columns.
    """
    notes = []
    first = list(itertools.islice(lines, GUESSED_LINES))
    named = re.fullmatch(r'\s*"?sep=(.)"?[,;\t ]*\s*', first[0], re.I) if first else None
    delimiter = named[1] if named else _delimiter(first, shown)
    found: list[Row] = []
    fields = 0
    ahead = itertools.chain([""] if named else [], first[1:] if named else first, lines)
    for row in rows(ahead, delimiter, shown):
        found.append(row)
        fields += len(row[1])
        if len(found) >= SAMPLE_ROWS or fields > SAMPLE_FIELDS:
            break
    width = Counter(len(fields) for _, fields in found if not is_comment(fields))
    usual = width.most_common(1)[0][0] if width else 0
    names, before = _commented_names(found, usual)
    data = [row for row in found if not is_comment(row[1]) or len(row[1]) == usual]
    data = [row for row in data if row[0] > before]
    if names is None and data and _is_header(data[0][1], [fields for _, fields in data[1:]]):
        names, before = [field.strip() for field in data[0][1]], data[0][0]
        del data[0]
        if names and all(field.isdigit() for field in names):
            notes.append(
                f"The first row, which counts from {names[0]} to {names[-1]}, was read as the "
                "names of the columns."
            )
    columns = len(data[0][1]) if data else len(names or [])
    if names is not None and len(names) == columns - 1 and data and data[0][1][-1].strip():
        names.insert(0, "")  # as R writes it: the column of row names has no name
    empty = 0
    while data and empty < columns and _is_empty(columns - 1 - empty, names, data):
        empty += 1
    columns -= empty
    if empty == 1:
        notes.append("The last column, which is empty, was left out.")
    elif empty:
        notes.append(f"The last {empty} columns, which are empty, were left out.")
    if names is not None:
        while len(names) > columns and not names[-1]:
            names.pop()
        if len(names) != columns:
            raise RefusedError(
                f"{shown}: row {data[0][0]:,} has {columns:,} columns, but the first row names "
                f"{len(names):,}."
            )
    return Dialect(
        delimiter,
        names,
        columns,
        empty,
        data[0][0] if data else before + 1,
        [fields[:columns] for _, fields in data if len(fields) >= columns],
        tuple(notes),
    )


def is_comment(fields: Sequence[str]) -> bool:
    """Return whether a row is a comment, as NumPy writes it."""
    return fields[0].lstrip().startswith("#")


def _delimiter(lines: list[str], shown: str) -> str:
    """Return the delimiter that gives the most numbers; a cell with an image counts as many."""

    def numbers(delimiter: str) -> int:
        return sum(
            # A row of one field is no cell with an image, but a row with another delimiter.
            sum(map(pixels_in, fields)) if len(fields) > 1 else is_number(fields[0])
            for _, fields in rows(lines, delimiter, shown)
        )

    return max(DELIMITERS, key=numbers)


def _commented_names(found: list[Row], usual: int) -> tuple[list[str] | None, int]:
    """Return the names in a comment before the data, and the number of its row."""
    for number, fields in itertools.takewhile(lambda row: is_comment(row[1]), found):
        names = [fields[0].lstrip().lstrip("#"), *fields[1:]]
        if not names[0].strip() and len(names) == usual + 1:
            del names[0]  # `# label p0 p1` with blanks
        names = [name.strip() for name in names]
        if len(names) == usual > 1 and _is_header(names, [f for n, f in found if n > number]):
            return names, number
    return None, 0


def _is_header(fields: list[str], data: list[list[str]]) -> bool:
    """Return whether the first row holds names of columns."""
    texts = [field.strip().lower() for field in fields if not pixels_in(field) and field.strip()]
    numbers = [field.strip() for field in fields if pixels_in(field)]
    if not numbers:
        return True
    if any(text in LABEL_NAMES + SPLIT_NAMES for text in texts):
        return not any(
            text in (f.strip().lower() for f in row) for row in data[:20] for text in texts
        )
    start = int(numbers[0]) if numbers[0] in ("0", "1") else None
    return (
        start is not None
        and len(numbers) >= FEWEST_COUNTED
        and numbers == [str(start + i) for i in range(len(numbers))]
    )


def _is_empty(column: int, names: list[str] | None, data: list[Row]) -> bool:
    """Return whether a column has no name and holds nothing."""
    named = names is not None and column < len(names) and names[column]
    return not named and not any("".join(f[column : column + 1]).strip() for _, f in data)
