"""Recognise how a table in a text file is written: delimiter, comments, header, empty columns."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vae_core import sandbox
from vae_core.data.upload.limits import LONGEST_LINE
from vae_core.data.upload.tables.csv_preamble import Row, split_head
from vae_core.data.upload.tables.image_cells import is_abbreviated, pixels_in
from vae_core.data.upload.tables.number_text import is_number, is_truth
from vae_core.sandbox import RefusedError

BLANK = " "  # as a delimiter: any run of blanks
DELIMITERS = (",", ";", "\t", "|", BLANK)
GUESSED_LINES = 20  # lines that the delimiter is guessed from
SAMPLE_ROWS, SAMPLE_FIELDS = 200, 400_000  # rows that the columns are judged by, at most
_MANY = 1000  # numbers that an abbreviated array counts as


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
    lines = iter(lines)
    first = _first_lines(lines)
    named = re.fullmatch(r'\s*"?sep= ?([^\r\n])"?[,;\t ]*\s*', first[0], re.I) if first else None
    unused = named is not None and not any(named[1] in line for line in first[1:])
    delimiter = named[1] if named and not unused else _delimiter(first[bool(named) :], shown)
    found: list[Row] = []
    fields = 0
    ahead = itertools.chain([""] if named else [], first[1:] if named else first, lines)
    for row in rows(ahead, delimiter, shown):
        found.append(row)
        fields += len(row[1])
        if len(found) >= SAMPLE_ROWS or fields > SAMPLE_FIELDS:
            break
    names, data, before, notes = split_head(found)
    if named and unused:
        notes.append(
            f"The first line, {sandbox.display_text(first[0].strip())}, was not followed, because "
            "no row holds that delimiter."
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
                f"{len(names):,}: correct the names."
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


def _first_lines(lines: Iterator[str]) -> list[str]:
    """Return some lines; they end with a row, whose quoted cells may hold ends of lines."""
    first = list(itertools.islice(lines, GUESSED_LINES))
    marks, length = sum(line.count('"') for line in first), 0
    while marks % 2 and length < LONGEST_LINE and (line := next(lines, "")):
        first.append(line)
        marks, length = marks + line.count('"'), length + len(line)
    return first


def _delimiter(lines: list[str], shown: str) -> str:
    """Return the delimiter that gives the most numbers; a cell with an image counts as many."""

    def count(field: str) -> int:
        return _MANY if is_abbreviated(field) else pixels_in(field) or is_truth(field)

    def numbers(delimiter: str) -> tuple[int, int, int]:
        found = [fields for _, fields in rows(lines, delimiter, shown)]
        # A row of one field is no cell with an image, but a row with another delimiter.
        counts = (sum(map(count, f)) if len(f) > 1 else is_number(f[0]) for f in found)
        widths[delimiter] = {len(fields) for fields in found}
        return sum(counts), -len(widths[delimiter]), max(widths[delimiter], default=0)

    widths: dict[str, set[int]] = {}
    best = max(DELIMITERS, key=numbers)
    # With tabs as delimiters a blank may separate thousands.
    has_tabs = len(widths["\t"]) == 1 and widths["\t"] != {1}
    return "\t" if best == BLANK and has_tabs else best


def _is_empty(column: int, names: list[str] | None, data: list[Row]) -> bool:
    """Return whether a column has no name and holds nothing."""
    named = names is not None and column < len(names) and names[column]
    return not named and not any("".join(f[column : column + 1]).strip() for _, f in data)
