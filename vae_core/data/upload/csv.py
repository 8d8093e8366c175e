"""Read images from the rows of a table in a text file: .csv or .tsv, also packed with gzip."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.column_values import is_held_out, text_labels
from vae_core.data.upload.csv_dialect import Row, cell_fields, guess, is_comment, rows
from vae_core.data.upload.csv_lines import read_lines
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import CHUNK_BYTES
from vae_core.data.upload.table_columns import Columns, choose
from vae_core.sandbox import RefusedError

THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+")


def read_csv(path: Path, images: Images) -> Raw:
    """Add the images of a table in a text file to `images`, and return their labels and split."""
    table = _Table(path, images)
    if not table.dialect.sample:
        return Raw(None)
    columns = choose(images.shown, table.dialect.names, table.dialect.sample, table.whole)
    images.expect(1)
    labels: list[str] = []
    parts: list[str] = []
    step = max(1, min(2000, CHUNK_BYTES // (8 * columns.side**2)))
    found = table.rows()
    while chunk := list(itertools.islice(found, step)):
        if columns.label is not None:
            labels += table.labels(chunk, columns.label)
        if columns.split is not None:
            parts += [fields[columns.split] for _, fields in chunk]
        pixels = table.cells(chunk, columns) if columns.in_cell else _fields(chunk, columns.pixels)
        values = table.numbers(chunk, pixels, columns)
        images.add(values.reshape(len(chunk), columns.side, columns.side))
    return Raw(
        text_labels(labels) if columns.label is not None else None,
        notes=(*table.dialect.notes, *columns.notes, *table.notes()),
        held_out=np.array([bool(is_held_out(part)) for part in parts]) if parts else None,
    )


class _Table:
    """The rows of a table in a text file, checked and converted.

    Attributes:
        dialect: how the table is written.
    """

    def __init__(self, path: Path, images: Images) -> None:
        self.path, self.shown, self.limits = path, images.shown, images.limits
        self.dialect = guess(self._lines(), self.shown)
        self.comments = 0

    def _lines(self) -> Iterator[str]:
        return read_lines(self.path, self.shown, self.limits)

    def rows(self) -> Iterator[Row]:
        """Yield the rows of data, all with the same number of columns."""
        dialect, self.comments = self.dialect, 0
        expected = dialect.columns + dialect.empty
        for number, fields in rows(self._lines(), dialect.delimiter, self.shown):
            if number < dialect.first_row:
                continue
            if len(fields) != expected or (dialect.empty and any(fields[dialect.columns :])):
                if is_comment(fields):
                    self.comments += 1
                    continue
                raise RefusedError(self._other_width(number, fields))
            yield number, fields

    def whole(self, columns: Sequence[int]) -> list[list[str]]:
        """Return the fields of some columns in all rows."""
        values: list[list[str]] = [[] for _ in columns]
        for _, fields in self.rows():
            for column, found in zip(columns, values, strict=True):
                found.append(fields[column])
        return values

    def labels(self, chunk: list[Row], column: int) -> list[str]:
        """Return the labels of some rows."""
        labels = [fields[column].strip() for _, fields in chunk]
        for (number, _), label in zip(chunk, labels, strict=True):
            if not label:
                raise RefusedError(
                    f"{self.shown}: row {number:,} has no label: column {column + 1:,} holds "
                    "nothing there."
                )
        return labels

    def cells(self, chunk: list[Row], columns: Columns) -> list[Sequence[str]]:
        """Split the cells that hold a whole image each."""
        cells: list[Sequence[str]] = []
        for number, fields in chunk:
            cells.append(cell_fields(fields[columns.pixels[0]]))
            if len(cells[-1]) != columns.side**2:
                raise RefusedError(
                    f"{self.shown}: row {number:,}, column {columns.pixels[0] + 1:,} holds "
                    f"{len(cells[-1]):,} pixels, the first row {columns.side**2:,}."
                )
        return cells

    def numbers(
        self, chunk: list[Row], pixels: list[Sequence[str]], columns: Columns
    ) -> np.ndarray:
        """Return the pixels of some rows as numbers (k, pixels) float64.

        Args:
            chunk: the rows.
            pixels: fields of their pixels.
            columns: where the pixels are.
        """
        try:
            values = _floats(pixels)
        except ValueError:
            self._check_commas(chunk, pixels)
            points: list[Sequence[str]] = [
                [field.replace(",", ".", 1) for field in fields] for fields in pixels
            ]
            try:
                values = _floats(points)
            except ValueError:
                raise RefusedError(self._no_number(chunk, points, columns)) from None
        if not np.isfinite(values).all():
            raise RefusedError(self._no_number(chunk, pixels, columns))
        return values

    def _check_commas(self, chunk: list[Row], pixels: list[Sequence[str]]) -> None:
        """Refuse pixels whose commas may all separate thousands, such as 4,080."""
        with_comma = [
            (number, field)
            for (number, _), fields in zip(chunk, pixels, strict=True)
            for field in fields
            if "," in field
        ]
        if with_comma and all(THOUSANDS.fullmatch(field) for _, field in with_comma):
            number, field = with_comma[0]
            raise RefusedError(
                f"{self.shown}: row {number:,} holds {sandbox.display_name(field)!r}, which may be "
                "a decimal comma or a separator of thousands: write numbers with a decimal point."
            )

    def notes(self) -> list[str]:
        """Return a sentence on rows that were skipped."""
        if not self.comments:
            return []
        rows_were = (
            "row that begins with # was" if self.comments == 1 else ("rows that begin with # were")
        )
        return [f"{self.comments:,} {rows_were} left out."]

    def _other_width(self, number: int, fields: list[str]) -> str:
        """Return a sentence on a row that has more or fewer columns than the first."""
        dialect = self.dialect
        expected = dialect.columns + dialect.empty
        place = f"{self.shown}: row {number:,}"
        if len(fields) == expected:
            column = next(i for i in range(dialect.columns, expected) if fields[i])
            what = sandbox.display_name(fields[column])
            return f"{place}, column {column + 1:,} holds {what!r}, and the first row nothing."
        counts = f"{place} has {len(fields):,} columns, the first has {expected:,}"
        if len(fields) == expected + 1 and not fields[-1].strip():
            return f"{counts}: it ends in a delimiter, and the first row doesn't."
        if len(fields) == expected - 1 and dialect.empty:
            return f"{counts}: the first ends in a delimiter, and this one doesn't."
        return f"{counts}."

    def _no_number(
        self, chunk: list[Row], pixels: Sequence[Sequence[str]], columns: Columns
    ) -> str:
        """Return a sentence that names the first field that isn't a finite number."""
        for (number, _), fields in zip(chunk, pixels, strict=True):
            for place, field in enumerate(fields):
                column = columns.pixels[0 if columns.in_cell else place]
                where = f"{self.shown}: row {number:,}, column {column + 1:,} holds"
                if not field.strip():
                    return f"{where} nothing: every pixel needs a number."
                with contextlib.suppress(ValueError):
                    if np.isfinite(float(field)):
                        continue
                    return f"{where} {field.strip()} (NaN or infinite), not a finite number."
                return f"{where} {sandbox.display_name(field)!r}, not a number."
        return f"{self.shown} holds something that isn't a number."


def _floats(rows: list[Sequence[str]]) -> np.ndarray:
    """Convert fields to numbers (k, n); NumPy takes thrice as long for texts."""
    count = len(rows) * len(rows[0])
    values = np.fromiter(map(float, itertools.chain.from_iterable(rows)), np.float64, count)
    return values.reshape(len(rows), -1)


def _fields(chunk: list[Row], columns: tuple[int, ...]) -> list[Sequence[str]]:
    if columns == tuple(range(columns[0], columns[-1] + 1)):
        part = slice(columns[0], columns[-1] + 1)
        return [fields[part] for _, fields in chunk]
    pick = itemgetter(*columns)  # there are at least four
    return [pick(fields) for _, fields in chunk]
