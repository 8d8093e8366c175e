"""Convert the fields of pixels to numbers, however they are written."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.tables.columns import Columns
from vae_core.data.upload.tables.number_text import NumberStyle, style_of
from vae_core.sandbox import RefusedError

_EVIDENCE = 5_000  # fields of the first rows that are kept to compare with later ones


class PixelNumbers:
    """Converts the pixels of a table, some rows at a time.

    Args:
        shown: the file's name, for error messages.
        columns: what the columns of the table are.
        sample: the fields of the pixels in the first rows.
    """

    def __init__(self, shown: str, columns: Columns, sample: Sequence[Sequence[str]]) -> None:
        self.shown, self.columns = shown, columns
        self.style = style_of(shown, itertools.chain.from_iterable(sample))
        marked = (f for fields in sample for f in fields if not f.strip().isdigit())
        self.evidence = list(itertools.islice(marked, _EVIDENCE))

    def notes(self) -> tuple[str, ...]:
        """Return a sentence if the numbers are written in an unusual way."""
        return self.style.notes

    def read(self, rows: Sequence[int], pixels: Sequence[Sequence[str]]) -> np.ndarray:
        """Return images (k, side, side) float64.

        Args:
            rows: the numbers of the rows.
            pixels: the fields of their pixels.

        Raises:
            RefusedError: a row has more or fewer pixels than the first, or one is no number.
        """
        side = self.columns.side
        for row, fields in zip(rows, pixels, strict=True):
            if len(fields) != side**2:
                raise RefusedError(
                    f"{self.shown}: row {row:,}, column {self.columns.pixels[0] + 1:,} holds "
                    f"{len(fields):,} pixels, the first row {side**2:,}: all images must have one "
                    "size."
                )
        try:
            values = self._floats(pixels)
            if not self.style.known and (values != np.rint(values)).any():
                values = self._in_another_style(pixels)
                self.style = replace(self.style, known=True)
        except ValueError:
            try:
                values = self._in_another_style(pixels)
            except ValueError:
                raise RefusedError(self._no_number(rows, pixels)) from None
        if not np.isfinite(values).all():
            raise RefusedError(self._no_number(rows, pixels))
        return values.reshape(len(rows), side, side)

    def _in_another_style(self, pixels: Sequence[Sequence[str]]) -> np.ndarray:
        """Convert pixels that are written in another way than those of the first rows."""
        if not self.style.words:
            fields = itertools.chain(self.evidence, *pixels)
            style = style_of(self.shown, fields)
            if not style.words and (not self.style.known or style.decimal == self.style.decimal):
                self.style = style
        return self._floats(pixels)

    def _floats(self, pixels: Sequence[Sequence[str]]) -> np.ndarray:
        """Convert fields to numbers (k, n); NumPy takes thrice as long for texts."""
        fields: Iterable[str] = itertools.chain.from_iterable(pixels)
        if not self.style.is_plain:
            fields = map(self.style.plain, fields)
        count = len(pixels) * len(pixels[0])
        return np.fromiter(map(float, fields), np.float64, count).reshape(len(pixels), -1)

    def _no_number(self, rows: Sequence[int], pixels: Sequence[Sequence[str]]) -> str:
        """Return a sentence that names the first field that isn't a finite number."""
        columns = self.columns
        for row, fields in zip(rows, pixels, strict=True):
            for place, field in enumerate(fields):
                column = columns.pixels[0 if columns.in_cell else place]
                where = f"{self.shown}: row {row:,}, column {column + 1:,} holds"
                if not field.strip():
                    return f"{where} nothing: every pixel needs a number."
                try:
                    value = float(self.style.plain(field))
                except ValueError:
                    return f"{where} {sandbox.display_text(field)!r}, {self._unlike()}: correct it."
                if not np.isfinite(value):
                    return (
                        f"{where} {field.strip()} (NaN or infinite): every pixel needs a finite "
                        "number."
                    )
        return f"{self.shown} holds something that isn't a number."

    def _unlike(self) -> str:
        style: NumberStyle = self.style
        if style.words:
            return "but the first rows hold only TRUE and FALSE"
        return "not a number" if style.is_plain else "not a number as the first rows write them"
