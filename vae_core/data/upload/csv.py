"""Read images from the rows of a .csv file."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import IO

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import CHUNK_BYTES, LONGEST_LINE
from vae_core.sandbox import RefusedError


def read_csv(path: Path, images: Images) -> Raw:
    """Add the images of a .csv file to `images`, and return their labels."""
    shown = images.shown
    labels: list[str] = []
    notes = []
    with open(path, "rb") as file:
        first = _line(file, shown, 1).removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        delimiter = max(",;\t", key=first.count)
        fields = _fields(first, delimiter)
        header = not all(_is_number(field) for field in fields)
        columns = len(fields)
        names = [field.lower() for field in fields] if header else []
        column = names.index("label") if "label" in names else None
        if column is None and math.isqrt(columns) ** 2 != columns:
            if math.isqrt(columns - 1) ** 2 != columns - 1 or columns < 2:
                raise RefusedError(
                    f"{shown} has {columns:,} columns: each row must hold the pixels of a square "
                    "image, and labels must be in a column named label."
                )
            column = 0
            notes.append("The first column was read as the label.")
        pixels = columns - (column is not None)
        side = math.isqrt(pixels)
        if side**2 != pixels or not side:
            raise RefusedError(
                f"{shown} has {pixels:,} pixels per row beside the label: they can't form a square."
            )
        images.expect(1)
        used = [i for i in range(columns) if i != column]
        row = 1 if header else 0
        pending = [] if header else [first]
        step = max(1, min(2000, CHUNK_BYTES // (8 * columns)))
        while True:
            while len(pending) < step and (content := _line(file, shown, row + len(pending) + 1)):
                text = content.decode("utf-8").strip()
                if not text:
                    continue
                pending.append(text)
            if not pending:
                break
            rows = [_fields(text, delimiter) for text in pending]
            for number, row_fields in enumerate(rows, start=row + 1):
                if len(row_fields) != columns:
                    raise RefusedError(
                        f"{shown}: row {number:,} has {len(row_fields):,} columns, the first has "
                        f"{columns:,}."
                    )
            if column is not None:
                labels += [row_fields.pop(column) for row_fields in rows]
            try:
                values = np.array(rows, np.float64)
            except ValueError:
                raise RefusedError(_not_a_number(shown, rows, row, used)) from None
            images.add(values.reshape(len(values), side, side))
            row += len(pending)
            pending = []
    return Raw(_csv_labels(labels) if column is not None else None, notes=tuple(notes))


def _line(file: IO[bytes], shown: str, number: int) -> bytes:
    """Read one line; refuse the file if the line is too long or holds a NUL."""
    line = file.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        most = sandbox.format_bytes(LONGEST_LINE)
        raise RefusedError(f"{shown}: row {number:,} is longer than {most}.")
    if b"\0" in line:
        raise RefusedError(f"{shown} is not text: row {number:,} holds a NUL.")
    return line


def _fields(text: str, delimiter: str) -> list[str]:
    return [field.strip().strip('"').strip() for field in text.strip().split(delimiter)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _not_a_number(shown: str, rows: list[list[str]], before: int, used: list[int]) -> str:
    """Return a sentence that names the first field that isn't a number.

    Args:
        shown: the file's name.
        rows: fields of some rows, without the label.
        before: number of rows before them.
        used: the columns that the fields came from.
    """
    for number, fields in enumerate(rows, start=before + 1):
        for place, field in zip(used, fields, strict=True):
            if not _is_number(field):
                content = f"{sandbox.display_name(field)!r}" if field else "nothing"
                return (
                    f"{shown}: row {number:,}, column {place + 1:,} holds {content}, not a number."
                )
    return f"{shown} holds something that isn't a number."


def _csv_labels(labels: list[str]) -> np.ndarray:
    """Return labels (n,) as whole numbers if all are whole numbers, else as text."""
    with contextlib.suppress(ValueError, OverflowError):
        numbers = np.array(labels, np.float64)
        if np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all():
            return numbers.astype(np.int64)
    return np.array([label[:1000] for label in labels])
