"""Decide what each column of a table is: pixels, the label, the split, or nothing to learn from."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vae_core import sandbox
from vae_core.data.upload.limits import MOST_LABELS, SIZES
from vae_core.data.upload.tables.column_names import INDEX
from vae_core.data.upload.tables.column_values import counts_up, is_square
from vae_core.data.upload.tables.image_cells import SPREADSHEET_CELL, pixels_in, rows_in
from vae_core.data.upload.tables.label_column import (
    Label,
    label_at_an_end,
    label_beside,
    named_label,
    one_hot_end,
)
from vae_core.data.upload.tables.pixel_order import in_order
from vae_core.data.upload.tables.sample import LEFT_OUT, Sample
from vae_core.data.upload.tables.split import Split, find_split
from vae_core.sandbox import RefusedError

SMALLEST_SIDE = 4  # pixels; a table with fewer columns holds something else


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are, as indices.

    Attributes:
        pixels: in the order of the image's pixels, row by row; one column if a cell holds an image.
        in_cell: whether one cell holds an image.
        label: None if there is none.
        label_name: words for its column.
        split: None if there is none.
        side: pixels per side; 0 for pictures.
        notes: sentences on how that was found.
    """

    pixels: tuple[int, ...]
    in_cell: bool
    label: Label | None
    label_name: str
    split: Split | None
    side: int
    notes: tuple[str, ...]


def choose(
    shown: str,
    names: Sequence[str] | None,
    rows: Sequence[Sequence[str]],
    whole: Callable[[Sequence[int]], list[list[str]]],
    pictures: int | None = None,
) -> Columns:
    """Decide what each column of a table is.

    Args:
        shown: the file's name, for error messages.
        names: of the columns; None without a header.
        rows: fields of the first rows.
        whole: returns the fields of some columns in all rows; it reads the file once more.
        pictures: a column of encoded pictures, if there is one.

    Raises:
        RefusedError: the pixels form no square, or the label can't be told.
    """
    table = Sample(shown, names, rows, whole)
    if pictures is not None:
        table.kinds[pictures] = "image"
    split = find_split(table)
    held_out = split.column if split else None
    label = named_label(table, held_out)
    taken = {held_out, *(label.columns if label else ())}
    free = [c for c in range(len(table.columns)) if c not in taken]
    cells = [pictures] if pictures is not None else _cells(table, free)
    if cells:
        pixels = cells
        label = label_beside(table, _without(free, cells), label)
        side = 0 if pictures is not None else _side_in_cells(table, cells[0], label)
    else:
        pixels = _named_pixels(table, free)
        if pixels:
            label = label_beside(table, _without(free, pixels), label)
            pixels = in_order(table, pixels)
        else:
            pixels, label = _by_values(table, free, label)
        side = math.isqrt(len(pixels))
        if not is_square(len(pixels)) or side < SMALLEST_SIDE:
            raise RefusedError(_no_square(table, len(pixels), label is not None))
    label_name = f"column {label.columns[0] + 1:,}" if label else ""
    return Columns(tuple(pixels), bool(cells), label, label_name, split, side, tuple(table.notes))


def _without(columns: list[int], others: list[int]) -> list[int]:
    left_out = set(others)
    return [c for c in columns if c not in left_out]


def _cells(table: Sample, free: list[int]) -> list[int]:
    """Find the column that holds a whole image in each cell."""
    cells = [c for c in free if table.kinds[c] in ("image", "cut")]
    if len(cells) > 1:
        names = " and ".join(map(table.name, cells[:2]))
        raise RefusedError(f"{table.shown} holds an image in both {names}: keep one of them.")
    if cells and table.kinds[cells[0]] == "cut":
        raise RefusedError(
            f"{table.shown}: {table.name(cells[0])} holds arrays that NumPy abbreviated with ..., "
            "so most pixels are missing: save the arrays with numpy.savez('x.npz', x=..., y=...)."
        )
    return cells


def _side_in_cells(table: Sample, c: int, label: Label | None) -> int:
    """Return the pixels per side of the images in a column's cells."""
    cells = table.columns[c]
    if any(len(cell) == SPREADSHEET_CELL for cell in cells):
        raise RefusedError(
            f"{table.shown}: {table.name(c)} holds cells of {SPREADSHEET_CELL:,} characters, where "
            "Excel cuts them off: save the table without Excel, or with a pixel per column."
        )
    count = pixels_in(cells[0])
    side = math.isqrt(count)
    if side**2 != count:
        raise RefusedError(_no_square(table, count, label is not None))
    for cell in cells:
        rows = rows_in(cell)
        if rows not in (1, side, count) and pixels_in(cell) == count:
            raise RefusedError(
                f"{table.shown}: {table.name(c)} holds {rows:,} rows of {count // rows:,} pixels "
                "in a cell: save square images, or pictures in a .zip."
            )
    return side


def _named_pixels(table: Sample, free: list[int]) -> list[int]:
    """Find the columns whose names differ only in numbers, if they form a square."""
    groups: dict[str, list[int]] = {}
    for c in free:
        if table.keys[c] and table.kinds[c] != LEFT_OUT:
            key = re.sub(r"\d+", "", table.keys[c]).rstrip(" ._-")
            groups.setdefault(key, []).append(c)
    largest = max(groups.values(), key=len, default=[])
    return largest if 2 * len(largest) > len(free) and is_square(len(largest)) else []


def _by_values(
    table: Sample, free: list[int], label: Label | None
) -> tuple[list[int], Label | None]:
    """Find pixels and the label by what the columns hold; return the pixels and the label."""
    if table.names is not None:
        indices = [c for c in free if INDEX.fullmatch(table.keys[c]) and table.numbers_rows(c)]
        if indices:
            label = label_beside(table, indices, label)
        free = _without(free, indices)
    free = [c for c in free if table.kinds[c] != LEFT_OUT]
    truths = [c for c in free if table.kinds[c] == "truth"]
    kinds = ("number", "truth") if 2 * len(truths) > len(free) else ("number",)
    texts = [c for c in free if table.kinds[c] not in kinds]
    pixels = _without(free, texts)
    if not pixels or len(texts) > max(len(pixels), 9):
        c = texts[-1] if texts else free[-1]
        raise RefusedError(
            f"{table.shown} has {'too few' if pixels else 'no'} columns of numbers "
            f"({table.name(c)} holds {sandbox.display_text(table.columns[c][0])!r}): each row "
            "must hold the pixels of a square image. Texts, one per line, need the ending .txt."
        )
    if texts:
        label = label_beside(table, texts, label)
    if is_square(len(pixels)):
        return pixels, label
    without_index = [len(pixels) - 1] if label is not None else [len(pixels) - 1, len(pixels) - 2]
    if any(map(is_square, without_index)) and counts_up(table.columns[pixels[0]]):
        table.notes.append(f"{table.name(pixels[0], True)}, which numbers the rows, was left out.")
        del pixels[0]
    if label is None and not is_square(len(pixels)):
        if is_square(len(pixels) - 1):
            label = label_at_an_end(table, pixels)
        else:
            more = len(pixels) - math.isqrt(len(pixels)) ** 2
            label = one_hot_end(table, pixels, more) if more <= MOST_LABELS else None
        pixels = [c for c in pixels if label is None or c not in label.columns]
    return pixels, label


def _no_square(table: Sample, pixels: int, labels: bool) -> str:
    beside = " beside the label" if labels else ""
    side = math.isqrt(pixels // 3)
    if 3 * side**2 == pixels and side >= SIZES[0]:
        return (
            f"{table.shown} has {pixels:,} pixels per row{beside}, perhaps {side}x{side} in "
            "three colours: save grey pixels, or pictures in a .zip."
        )
    total = len(table.columns)
    if pixels < SMALLEST_SIDE**2:
        if any(kind == "text" and table.holds_files(c) for c, kind in enumerate(table.kinds)):
            return (
                f"{table.shown} names pictures, and holds no pixels: upload it with the pictures "
                "in one .zip."
            )
        return (
            f"{table.shown} has {pixels:,} columns of numbers{beside}: each row must hold all "
            f"pixels of an image, at least {SMALLEST_SIDE}x{SMALLEST_SIDE}."
        )
    if pixels != total:
        return (
            f"{table.shown} has {pixels:,} pixels per row{beside}: they can't form a square. Save "
            "all pixels of square images."
        )
    return (
        f"{table.shown} has {total:,} columns: each row must hold the pixels of a square image, "
        "and labels must be in a column named label."
    )
