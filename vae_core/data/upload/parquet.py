"""Read images from the rows of a .parquet file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.csv_dialect import SAMPLE_ROWS
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import CHUNK_BYTES
from vae_core.data.upload.table_columns import Columns, choose, is_held_out, text_labels
from vae_core.sandbox import RefusedError

PARQUET = b"PAR1"
MOST_COLUMNS = 20_000


def read_parquet(path: Path, images: Images) -> Raw:
    """Add the images of a .parquet file to `images`, and return their labels and split."""
    table = _Table(path, images)
    columns = choose(images.shown, table.names, table.sample(), table.whole)
    images.expect(table.rows)
    labels: list[str] = []
    parts: list[str] = []
    first = 1
    for batch in table.batches(max(1, min(2000, CHUNK_BYTES // (8 * len(table.names))))):
        if columns.label is not None:
            labels += _texts(batch.column(columns.label))
        if columns.split is not None:
            parts += _texts(batch.column(columns.split))
        images.add(table.pixels(batch, columns, first))
        first += len(batch)
    for row, label in enumerate(labels, start=1):
        if not label:
            raise RefusedError(f"{images.shown}: row {row:,} has no label.")
    return Raw(
        text_labels(labels) if columns.label is not None else None,
        notes=columns.notes,
        held_out=np.array([bool(is_held_out(part)) for part in parts]) if parts else None,
    )


class _Table:
    """A .parquet file whose size and types are accepted.

    Attributes:
        names: of the columns.
        rows: number of rows.
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
        for field in self.file.schema_arrow:
            self._check(field)

    def batches(self, rows: int) -> Iterator[Any]:
        """Yield the file some rows at a time."""
        return self.file.iter_batches(rows, use_threads=False)

    def sample(self) -> list[list[str]]:
        """Return the fields of the first rows as texts."""
        for batch in self.batches(SAMPLE_ROWS):
            return [list(row) for row in zip(*map(_texts, batch.columns), strict=True)]
        raise RefusedError(f"{self.shown} holds no rows.")

    def whole(self, columns: Sequence[int]) -> list[list[str]]:
        """Return the fields of some columns in all rows."""
        found: list[list[str]] = [[] for _ in columns]
        for batch in self.batches(SAMPLE_ROWS):
            for column, fields in zip(columns, found, strict=True):
                fields += _texts(batch.column(column))
        return found

    def pixels(self, batch: Any, columns: Columns, first: int) -> np.ndarray:
        """Return the images (k, side, side) of a batch; `first` is the number of its first row."""
        side = columns.side
        if columns.in_cell:
            cells = [_flat(cell) for cell in batch.column(columns.pixels[0]).to_pylist()]
            for row, cell in enumerate(cells, start=first):
                if len(cell) != side**2:
                    raise RefusedError(
                        f"{self.shown}: row {row:,} holds {len(cell):,} pixels, the first row "
                        f"{side**2:,}."
                    )
            values = np.array(cells, np.float64)
        else:
            values = np.empty((len(batch), len(columns.pixels)))
            for i, column in enumerate(columns.pixels):
                values[:, i] = batch.column(column).to_numpy(zero_copy_only=False)
        if not np.isfinite(values).all():
            row, place = (int(i[0]) for i in np.nonzero(~np.isfinite(values)))
            name = self.names[columns.pixels[0 if columns.in_cell else place]]
            raise RefusedError(
                f"{self.shown}: row {first + row:,}, column {sandbox.display_name(name)} holds "
                "nothing, or no finite number: every pixel needs one."
            )
        return values.reshape(len(batch), side, side)

    def _check(self, field: Any) -> None:
        """Refuse a column that holds neither numbers, texts nor lists of numbers."""
        from pyarrow import types

        kind = field.type
        while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
            kind = kind.value_type
        if types.is_dictionary(kind):
            kind = kind.value_type
        texts = types.is_string(kind) or types.is_large_string(kind)
        numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
        if not texts and not numbers and not types.is_null(kind):
            pictures = types.is_struct(kind) or types.is_binary(kind)
            raise RefusedError(
                f"{self.shown}: column {sandbox.display_name(field.name)} holds "
                + (
                    "files or structs: save pictures as PNG in a .zip, in a folder a label."
                    if pictures
                    else f"{kind}, neither numbers nor texts: leave it out."
                )
            )


def _texts(column: Any) -> list[str]:
    """Return the fields of a column as texts, as a .csv file would hold them."""
    return [_text(value) for value in column.to_pylist()]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return " ".join(map(_text, _flat(value))) if isinstance(value, list) else str(value)


def _flat(cell: Any) -> list[Any]:
    """Return the numbers in a list, or in a list of lists."""
    if not isinstance(cell, list):
        return [cell]
    return [value for part in cell for value in (part if isinstance(part, list) else [part])]
