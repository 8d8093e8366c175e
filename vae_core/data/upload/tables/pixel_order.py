"""Put the pixel columns of a table in the order of the image by the numbers in their names."""

from __future__ import annotations

import re

from vae_core.data.upload.tables.sample import Sample

_ROWS = ("r", "row", "zeile", "ligne", "fila", "riga", "i")  # words before the number of a row
_COLUMNS = ("c", "col", "column", "spalte", "colonne", "columna", "colonna", "j")


def in_order(table: Sample, pixels: list[int]) -> list[int]:
    """Return pixel columns row by row; a note says if that isn't their order in the file."""
    names = {c: re.findall(r"([^\W\d_]*)[\W_]*(\d{1,9})", table.keys[c]) for c in pixels}
    numbers = {c: tuple(int(number) for _, number in found) for c, found in names.items()}
    lengths = {len(found) for found in numbers.values()}
    if lengths not in ({1}, {2}) or len(set(numbers.values())) != len(pixels):
        return pixels
    ordered = sorted(pixels, key=lambda c: numbers[c])
    if lengths == {1}:
        return _noted(table, pixels, ordered)
    other = sorted(pixels, key=lambda c: numbers[c][::-1])
    words = tuple(word for word, _ in names[pixels[0]])
    if words[0] in _ROWS and words[1] in _COLUMNS:
        return _noted(table, pixels, ordered)
    if (words[0] in _COLUMNS and words[1] in _ROWS) or (words == ("x", "y") and pixels != ordered):
        return _noted(table, pixels, other)
    if pixels == ordered and words != ("x", "y"):
        return pixels
    if pixels in (ordered, other):
        first = table.names[pixels[0]].strip() if table.names else ""
        second = table.names[pixels[1]].strip() if table.names else ""
        table.notes.append(
            f"The columns of pixels were read row by row as they stand ({first}, {second} ...): "
            "if the images are mirrored at the diagonal, write them column by column."
        )
        return pixels
    return _noted(table, pixels, ordered)


def _noted(table: Sample, pixels: list[int], ordered: list[int]) -> list[int]:
    if ordered != pixels:
        table.notes.append("The columns of pixels were ordered by the numbers in their names.")
    return ordered
