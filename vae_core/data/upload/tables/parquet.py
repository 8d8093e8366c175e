"""Read images from the rows of a .parquet file."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import CHUNK_BYTES
from vae_core.data.upload.pictures.decode import PictureError, changes, decode
from vae_core.data.upload.tables.columns import Columns, choose
from vae_core.data.upload.tables.csv_dialect import SAMPLE_ROWS
from vae_core.data.upload.tables.image_cells import cell_fields
from vae_core.data.upload.tables.label_values import text_labels
from vae_core.data.upload.tables.parquet_types import class_names, holds, picture_column
from vae_core.data.upload.tables.pixel_numbers import PixelNumbers
from vae_core.sandbox import RefusedError

PARQUET = b"PAR1"
MOST_COLUMNS = 20_000
PICTURES_AT_ONCE = 64


def read_parquet(path: Path, images: Images) -> Raw:
    """Add the images of a .parquet file to `images`, and return their labels and split."""
    table = _Table(path, images)
    sample = table.sample()
    columns = choose(images.shown, table.names, sample, table.whole, table.pictures)
    images.expect(table.rows)
    texts = [c for c in columns.pixels if table.kinds[c] == "text"]
    numbers = None
    if texts and table.pictures is None:
        fields = [_fields([row[c] for c in columns.pixels], columns) for row in sample]
        numbers = PixelNumbers(images.shown, columns, fields)
    labels: list[str] = []
    held_out: list[bool] = []
    counts: Counter[str] = Counter()
    first = 1
    for batch in table.batches(table.rows_at_once()):
        if columns.label is not None:
            labels += columns.label.of_rows(
                [_texts(batch.column(c)) for c in columns.label.columns]
            )
        if columns.split is not None:
            parts = _texts(batch.column(columns.split.column))
            held_out += [columns.split.held_out[part] for part in parts]
        if table.pictures is not None:
            for picture, colour in table.decoded(batch, first, counts):
                images.add_picture(picture, colour)
        elif numbers is not None:
            rows = zip(*(_texts(batch.column(c)) for c in columns.pixels), strict=True)
            fields = [_fields(row, columns) for row in rows]
            images.add(numbers.read(range(first, first + len(batch)), fields))
        else:
            images.add(table.pixels(batch, columns, first))
        first += len(batch)
    values, names, notes = table.labels(labels, columns)
    more = numbers.notes() if numbers is not None else ()
    return Raw(
        values,
        names,
        np.array(held_out) if held_out else None,
        (*columns.notes, *notes, *more, *changes(counts)),
    )


class _Table:
    """A .parquet file whose size and types are accepted.

    Attributes:
        names, kinds: of the columns.
        rows: number of rows.
        pictures: the column of encoded pictures, None if there is none.
    """

    def __init__(self, path: Path, images: Images) -> None:
        import pyarrow
        from pyarrow import parquet

        self.shown = images.shown
        pyarrow.set_memory_pool(pyarrow.system_memory_pool())  # the other ones reserve a lot
        self.file = parquet.ParquetFile(path, memory_map=False, pre_buffer=False)
        metadata = self.file.metadata
        groups = [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]
        self.names, self.rows = list(self.file.schema_arrow.names), metadata.num_rows
        if len(self.names) > MOST_COLUMNS or sum(groups) > images.limits.unpacked_bytes:
            most = sandbox.format_bytes(images.limits.unpacked_bytes)
            raise RefusedError(f"{self.shown} unpacks to more than {most}: leave some rows out.")
        if self.rows > images.limits.images:
            images.expect(self.rows)
        self.kinds = [holds(field, self.shown) for field in self.file.schema_arrow]
        self.pictures = picture_column(self.names, self.kinds, self.shown)

    def rows_at_once(self) -> int:
        """Return how many rows are read at a time."""
        if self.pictures is not None:
            return PICTURES_AT_ONCE
        return max(1, min(2000, CHUNK_BYTES // (8 * len(self.names))))

    def batches(self, rows: int) -> Iterator[Any]:
        """Yield the file some rows at a time."""
        return self.file.iter_batches(rows, use_threads=False)

    def sample(self) -> list[list[str]]:
        """Return the fields of the first rows as texts."""
        for batch in self.batches(SAMPLE_ROWS if self.pictures is None else PICTURES_AT_ONCE):
            texts = [
                [""] * len(batch) if i == self.pictures else _texts(column)
                for i, column in enumerate(batch.columns)
            ]
            return [list(row) for row in zip(*texts, strict=True)]
        raise RefusedError(f"{self.shown} holds no rows.")

    def whole(self, columns: Sequence[int]) -> list[list[str]]:
        """Return the fields of some columns in all rows."""
        names = [self.names[c] for c in columns]
        found: list[list[str]] = [[] for _ in columns]
        if len(set(self.names)) == len(self.names):
            batches = self.file.iter_batches(SAMPLE_ROWS, columns=names, use_threads=False)
        else:
            batches = (batch.select(list(columns)) for batch in self.batches(SAMPLE_ROWS))
        for batch in batches:
            places = map(batch.schema.get_field_index, names) if batch.schema.names else ()
            for place, fields in zip(places, found, strict=True):
                fields += _texts(batch.column(place))
        return found

    def labels(
        self, labels: list[str], columns: Columns
    ) -> tuple[np.ndarray | None, tuple[str, ...] | None, list[str]]:
        """Return the labels, the names that they index if the file has them, and sentences."""
        if columns.label is None:
            return None, None, []
        rows = range(1, len(labels) + 1)
        names = None
        if not columns.label.classes:
            field = self.names[columns.label.columns[0]]
            names = class_names(self.file.schema_arrow.metadata or {}, field)
        if names is not None:  # -1 is what a missing label of a ClassLabel is
            labels = ["" if label == "-1" else label for label in labels]
        values, notes = text_labels(self.shown, columns.label_name, labels, rows)
        return values, names if values.dtype.kind == "i" else None, notes

    def decoded(
        self, batch: Any, first: int, counts: Counter[str]
    ) -> Iterator[tuple[np.ndarray, bool]]:
        """Yield the pictures of a batch; `first` is the number of its first row."""
        assert self.pictures is not None
        for row, cell in enumerate(batch.column(self.pictures).to_pylist(), start=first):
            content = cell.get("bytes") if isinstance(cell, dict) else cell
            where = f"{self.shown}: the image in row {row:,}"
            if not content:
                path = (cell.get("path") or "") if isinstance(cell, dict) else ""
                what = f"is only the path {sandbox.display_name(path)}" if path else "is missing"
                raise RefusedError(f"{where} {what}: save the pictures in a .zip.")
            try:
                yield next(decode(content, where, counts))
            except PictureError as error:
                raise RefusedError(f"{where} {error}.") from None

    def pixels(self, batch: Any, columns: Columns, first: int) -> np.ndarray:
        """Return the images (k, side, side) of a batch; `first` is the number of its first row."""
        side = columns.side
        if columns.in_cell:
            values = self._cells(batch.column(columns.pixels[0]), first, side**2)
        else:
            values = np.empty((len(batch), len(columns.pixels)))
            for i, column in enumerate(columns.pixels):
                values[:, i] = _numbers(batch.column(column))
        if not np.isfinite(values).all():
            row, place = (int(i[0]) for i in np.nonzero(~np.isfinite(values)))
            name = self.names[columns.pixels[0 if columns.in_cell else place]]
            raise RefusedError(
                f"{self.shown}: row {first + row:,}, column {sandbox.display_name(name)} holds "
                "nothing, or no finite number: every pixel needs one."
            )
        return values.reshape(len(batch), side, side)

    def _cells(self, column: Any, first: int, count: int) -> np.ndarray:
        """Return the numbers (k, count) of a column of lists, or of lists of lists."""
        from pyarrow import compute, types

        bounds = np.arange(len(column) + 1)  # of the rows in `flat`
        flat = column
        while types.is_nested(flat.type):
            if types.is_fixed_size_list(flat.type):
                import pyarrow

                flat = flat.cast(pyarrow.large_list(flat.type.value_type))
            lengths = compute.fill_null(compute.list_value_length(flat), 0).to_numpy()
            bounds = np.concatenate([[0], np.cumsum(lengths)])[bounds]
            flat = flat.flatten()
        sizes = np.diff(bounds)
        if (sizes != count).any():
            row = int(np.argmax(sizes != count))
            raise RefusedError(
                f"{self.shown}: row {first + row:,} holds {sizes[row]:,} pixels, the first row "
                f"{count:,}: all images must have one size."
            )
        return _numbers(flat).reshape(len(column), count)


def _numbers(column: Any) -> np.ndarray:
    """Return a column of numbers (n,) as float64, NaN where it holds nothing."""
    import pyarrow
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_boolean(column.type):
        column = column.cast(pyarrow.uint8())
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)


def _fields(row: Sequence[str], columns: Columns) -> list[str]:
    return cell_fields(row[0]) if columns.in_cell else list(row)


def _texts(column: Any) -> list[str]:
    """Return the fields of a column as texts, as a .csv file would hold them."""
    return [_text(value) for value in column.to_pylist()]


def _text(value: Any) -> str:
    """Return a field as text; of a list of lists `;` ends the rows."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    if not isinstance(value, list):
        return str(value)
    nested = any(isinstance(part, list) for part in value)
    return (";" if nested else " ").join(" ".join(map(_text, _flat(part))) for part in value)


def _flat(cell: Any) -> list[Any]:
    """Return the numbers in a list of lists of any depth."""
    if not isinstance(cell, list):
        return [cell]
    return list(itertools.chain.from_iterable(map(_flat, cell)))
