"""Read images from the rows of a table in a text file: .csv or .tsv."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path

import numpy as np

from vae_core import sandbox
from vae_core.data.upload import emnist
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import CHUNK_BYTES
from vae_core.data.upload.tables.columns import Columns, choose
from vae_core.data.upload.tables.csv_dialect import guess, rows
from vae_core.data.upload.tables.csv_lines import read_lines
from vae_core.data.upload.tables.csv_preamble import Row, is_comment, left_out
from vae_core.data.upload.tables.csv_quotes import are_quoted, unquoted
from vae_core.data.upload.tables.image_cells import cell_fields
from vae_core.data.upload.tables.label_values import text_labels
from vae_core.data.upload.tables.pixel_numbers import PixelNumbers
from vae_core.sandbox import RefusedError


def read_csv(path: Path, images: Images) -> Raw:
    """Add the images of a table in a text file to `images`, and return their labels and split."""
    table = _Table(path, images)
    sample = table.dialect.sample
    if not sample:
        return Raw(None)
    columns = choose(images.shown, table.dialect.names, sample, table.whole)
    images.expect(1)
    labels: list[str] = []
    numbers: list[int] = []
    held_out: list[bool] = []
    pixels = PixelNumbers(images.shown, columns, _pixels(sample, columns))
    step = max(1, min(2000, CHUNK_BYTES // (8 * columns.side**2)))
    found = table.rows()
    while chunk := list(itertools.islice(found, step)):
        data = [fields for _, fields in chunk]
        if columns.label is not None:
            labels += columns.label.of_rows(
                [[fields[c] for fields in data] for c in columns.label.columns]
            )
            numbers += [number for number, _ in chunk]
        if columns.split is not None:
            held_out += [columns.split.held_out[fields[columns.split.column]] for fields in data]
        images.add(pixels.read([number for number, _ in chunk], _pixels(data, columns)))
    values: np.ndarray | None = None
    notes: list[str] = []
    if columns.label is not None:
        values, notes = text_labels(images.shown, columns.label_name, labels, numbers)
    return Raw(
        values,
        notes=(
            *table.notes,
            *table.dialect.notes,
            *columns.notes,
            *notes,
            *pixels.notes(),
            *emnist.notes(images.shown),
            *table.comments(),
        ),
        held_out=np.array(held_out) if held_out else None,
    )


class _Table:
    """The rows of a table in a text file, all of one width.

    Attributes:
        dialect: how the table is written.
        notes: sentences on how its lines are written.
    """

    def __init__(self, path: Path, images: Images) -> None:
        self.path, self.shown = path, images.shown
        self.notes: list[str] = []
        self.quoted = are_quoted(self._lines())
        if self.quoted:
            self.notes.append("Quotation marks around whole rows were removed.")
        self.dialect = guess(self._lines(), self.shown)
        self.skipped: list[list[str]] = []
        self.headers: list[int] = []

    def _lines(self) -> Iterator[str]:
        lines = read_lines(self.path, self.shown)
        return map(unquoted, lines) if self.__dict__.get("quoted") else lines

    def rows(self) -> Iterator[Row]:
        """Yield the rows of data, all with the same number of columns."""
        dialect, self.skipped, self.headers = self.dialect, [], []
        expected = dialect.columns + dialect.empty
        header = [*(dialect.names or []), *[""] * dialect.empty]
        for number, fields in rows(self._lines(), dialect.delimiter, self.shown):
            if number < dialect.first_row:
                continue
            if len(fields) != expected or (dialect.empty and any(fields[dialect.columns :])):
                if is_comment(fields):
                    self.skipped.append(fields)
                    continue
                raise RefusedError(self._other_width(number, fields))
            if header and fields[-1].strip() == header[-1] and _same(fields, header):
                self.headers.append(number)
                continue
            yield number, fields

    def whole(self, columns: Sequence[int]) -> list[list[str]]:
        """Return the fields of some columns in all rows."""
        values: list[list[str]] = [[] for _ in columns]
        for _, fields in self.rows():
            for column, found in zip(columns, values, strict=True):
                found.append(fields[column])
        return values

    def comments(self) -> list[str]:
        """Return sentences on rows below the header that were skipped."""
        sentences = []
        if self.headers:
            times = "once more" if len(self.headers) == 1 else f"{len(self.headers):,} times more"
            sentences.append(
                f"The names of the columns, which row {self.headers[0]:,} repeats ({times}), were "
                "left out."
            )
        if self.skipped:
            signs = sorted({fields[0].lstrip()[0] for fields in self.skipped})
            what = f"that begin{{s}} with {' or '.join(signs)}"
            sentences.append(left_out(self.skipped, what))
        return sentences

    def _other_width(self, number: int, fields: list[str]) -> str:
        """Return a sentence on a row that has more or fewer columns than the first."""
        dialect = self.dialect
        expected = dialect.columns + dialect.empty
        place = f"{self.shown}: row {number:,}"
        if len(fields) == expected:
            column = next(i for i in range(dialect.columns, expected) if fields[i])
            what = sandbox.display_text(fields[column])
            return (
                f"{place}, column {column + 1:,} holds {what!r}, and the first row nothing: "
                "correct it."
            )
        counts = f"{place} has {len(fields):,} columns, the first has {expected:,}"
        if len(fields) == expected + 1 and not fields[-1].strip():
            return f"{counts}: it ends in a delimiter, and the first row doesn't. Write them alike."
        if len(fields) == expected - 1 and dialect.empty:
            return (
                f"{counts}: the first ends in a delimiter, and this one doesn't. Write them alike."
            )
        if len(fields) < 4:
            text = sandbox.display_text(dialect.delimiter.join(fields))
            return f"{counts}: it says {text!r}. Correct it, or leave it out."
        return f"{counts}: correct it, or leave it out."


def _same(fields: list[str], header: list[str]) -> bool:
    return any(header) and [field.strip() for field in fields] == header


def _pixels(data: Sequence[list[str]], columns: Columns) -> list[Sequence[str]]:
    """Return the fields of the pixels in some rows."""
    chosen = columns.pixels
    if columns.in_cell:
        return [cell_fields(fields[chosen[0]]) for fields in data]
    if chosen == tuple(range(chosen[0], chosen[-1] + 1)):
        part = slice(chosen[0], chosen[-1] + 1)
        return [fields[part] for fields in data]
    pick = itemgetter(*chosen)  # there are at least four
    return [pick(fields) for fields in data]
