"""Read whole images in one cell each, such as `0 12 255` or `[[0, 12], [255, 3]]`."""

from __future__ import annotations

import re

from vae_core.data.upload.tables.number_text import is_number, is_truth

FEWEST_IN_CELL = 9  # pixels, if one cell holds an image
SPREADSHEET_CELL = 32_767  # characters; Excel cuts longer cells off
_SIGNS = str.maketrans(dict.fromkeys("[](){},;|", " "))
_LONE = "/:_"  # signs that separate pixels if no other sign does
_FIRST = "[({-.0123456789antTfF"  # first characters of a cell with an image
_CALL = re.compile(
    r"\s*(?:\w+\.)?(?:array|asarray|matrix|tensor|Tensor)\((.*?)(?:,\s*\w+\s*=.*)?\)\s*",
    re.DOTALL,
)
_SCALAR = re.compile(r"np\.\w+\(([^()]*)\)")  # as NumPy 2 writes a list of its numbers
_LIST = re.compile(r"[\[({]([^\[\](){}]*)[\])}]")


def cell_fields(cell: str) -> list[str]:
    """Split a cell that holds a whole image into its numbers."""
    if cell.lstrip()[:1].isalpha() and (match := _CALL.fullmatch(cell)):
        cell = match[1]
    if "np." in cell:
        cell = _SCALAR.sub(r"\1", cell)
    for sign in _LONE:
        if sign in cell:
            return cell.strip().split(sign)
    return cell.translate(_SIGNS).split()


def pixels_in(field: str) -> int:
    """Return how many numbers a field holds: 1, or more if it is a whole image, or 0."""
    if is_number(field):
        return 1
    if len(field) < 2 * FEWEST_IN_CELL - 1 or field.lstrip()[:1] not in _FIRST:
        return 0
    fields = cell_fields(field)
    if len(fields) < FEWEST_IN_CELL:
        return 0
    if not all(map(is_number, fields)) and not all(map(is_truth, fields)):
        return 0
    return len(fields)


def rows_in(cell: str) -> int:
    """Return in how many rows a cell puts its pixels: nested lists, or rows that `;` or `|` end."""
    lists = _LIST.findall(_SCALAR.sub(r"\1", cell))
    if len(lists) > 1:
        return len(lists)
    for sign in ";|":
        parts = [part for part in cell.split(sign) if part.strip(" []()")]
        if len(parts) > 1 and all(len(cell_fields(part)) > 1 for part in parts):
            return len(parts)
    return 1


def is_abbreviated(field: str) -> bool:
    """Return whether a field is an array of numbers whose middle NumPy wrote as `...`."""
    if "..." not in field or field.lstrip()[:1] not in _FIRST:
        return False
    fields = cell_fields(field.replace("...", " "))
    return len(fields) > 3 and all(map(is_number, fields))
