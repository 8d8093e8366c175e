"""Read a table beside pictures, and find its columns of names and labels."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from vae_core import sandbox

# Headings, without signs and in small letters. Of several columns of labels the first here counts.
NAMES = {
    *("filename", "file", "image", "imagename", "imagefile", "imagefilename", "imageid", "img"),
    *("imgname", "imgid", "id", "path", "filepath", "imagepath", "imgpath", "picture", "photo"),
    *("name", "fname", "filenames", "files", "images"),
}
LABELS = (
    *("classname", "labelname", "categoryname", "label", "labels", "class", "classes", "category"),
    *("target", "classid", "labelid", "categoryid", "targetid", "y", "digit", "diagnosis", "dx"),
    *("species", "breed", "emotion", "expression"),
)
SUBMISSION = "submission"  # in names of tables that hold no true labels


@dataclass(frozen=True)
class Columns:
    """Where a table has the names and the labels.

    Attributes:
        name: the column of names.
        label: the column of labels, or the columns of which one holds a 1.
        first: the first row of data.
        heads: the headings.
    """

    name: int
    label: int | list[int]
    first: int
    heads: list[str]

    def cells(self, rows: list[list[str]]) -> list[tuple[str, str]]:
        """Return the name and the label in each row, empty without a label."""
        found = []
        for row in rows[self.first :]:
            cells = [*row, *[""] * (len(self.heads) - len(row))]
            if isinstance(self.label, int):
                label = cells[self.label]
            else:
                label = next((self.heads[i] for i in self.label if _is_one(cells[i])), "")
            found.append((cells[self.name], label))
        return found


def _is_one(cell: str) -> bool:
    return cell in ("1", "1.0", "True", "true")


def _one_is_true(cells: list[str]) -> bool:
    """Return whether cells are 0 and 1, with one 1."""
    flags = [_is_one(cell) for cell in cells]
    zeros = all(cell in ("0", "0.0", "False", "false") for cell in cells if not _is_one(cell))
    return zeros and sum(flags) == 1


def find_columns(
    rows: list[list[str]], name_of_table: str, knows: Callable[[str], bool]
) -> Columns | str | None:
    """Find the columns of names and labels.

    Returns:
        The columns; a reason if the table seems to be one of labels but can't be used; or None if
        it is something else.
    """
    heads = [re.sub(r"[\W_]", "", head.casefold()) for head in rows[0]]
    some = rows[:200]

    def matches(column: int) -> int:
        return sum(knows(row[column]) for row in some if len(row) > column)

    first = int(not any(knows(cell) for cell in rows[0]))
    if first:
        named = [i for i, head in enumerate(heads) if head in NAMES]
    else:
        named = list(range(len(heads)))
    name = max(named, key=matches, default=None)
    has_label = any(head in LABELS for head in heads)
    if name is None and has_label and not name_of_table.endswith(".txt"):
        return "it has no column of file names, called filename for example"
    if name is None or (not matches(name) and not has_label):
        return None
    if SUBMISSION in name_of_table.casefold():
        return "its name says that its labels are no true ones"
    if not matches(name):
        head = sandbox.display_name(rows[0][name])
        return (
            None if name_of_table.endswith(".txt") else f"no image has a name in its column {head}"
        )
    others = [i for i in range(len(heads)) if i != name]
    known = [i for label in LABELS for i in others if first and heads[i] == label]
    data = [row for row in rows[first:] if len(row) == len(heads)]
    if known:
        return Columns(name, known[0], first, rows[0])
    if len(others) == 1 and len({row[others[0]] for row in data}) < max(len(data), 2):
        return Columns(name, others[0], first, rows[0])
    if first and data and all(_one_is_true([row[i] for i in others]) for row in data):
        return Columns(name, others, first, rows[0])
    if not first and name_of_table.endswith(".txt"):  # such as the boxes of one picture
        return None
    shown = ", ".join(sandbox.display_name(rows[0][i]) for i in others[:5]) or "none"
    return f"none of its columns ({shown}) is called label or class"


def read_rows(path: tuple[str, ...], content: bytes) -> tuple[list[list[str]], bool]:
    """Return the cells of a table, none if it is not text, and whether its encoding is a guess."""
    guessed = False
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text, guessed = content.decode("cp1252", "replace"), True
    line = next((line for line in text.splitlines() if line.strip()), "")
    if "\0" in text or not line:
        return [], guessed
    if match := re.fullmatch(r"sep=(.)", line.strip()):  # as Excel writes it
        delimiter = match[1]
        text = text[text.index(line) + len(line) :]
    else:
        delimiter = max(",;\t", key=line.count)
        if not line.count(delimiter) and PurePosixPath(path[-1]).suffix.lower() == ".txt":
            delimiter = " "
    cells = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        rows = [[cell.strip() for cell in row] for row in cells]
    except csv.Error:
        return [], guessed
    return [row for row in rows if any(row)], guessed
