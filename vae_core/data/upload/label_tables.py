"""Read the labels of pictures from a table beside them, such as labels.csv."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from vae_core import sandbox
from vae_core.sandbox import RefusedError

Parts = tuple[str, ...]  # folders and file of a path

ENDINGS = (".csv", ".tsv", ".txt")
LARGEST = 32 << 20  # bytes of a table
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
MISSING = 0.05  # share of pictures without a row that are left out; more are refused
SUBMISSION = "submission"  # in names of tables that hold no true labels


@dataclass
class TableLabels:
    """Labels from tables.

    Attributes:
        labels: one per picture, None for pictures without a row; None if no table has labels.
        used: the paths of the tables with the labels.
        seen: the paths of all tables that the notes name, and of those that were used.
        notes: sentences on the tables.
    """

    labels: list[str | None] | None = None
    used: list[Parts] = field(default_factory=list)
    seen: set[Parts] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def read_tables(
    shown: str, tables: Sequence[tuple[Parts, bytes]], paths: list[Parts], in_folders: bool
) -> TableLabels:
    """Find the labels of pictures in tables.

    Args:
        shown: the name of the archive or folder, for error messages.
        tables: path and content of the files that may be tables.
        paths: of the pictures.
        in_folders: whether the pictures lie in folders of classes; then a table that names only a
            few of them is something else, such as a list of the classes.

    Raises:
        RefusedError: rows contradict each other, or fit several pictures.
    """
    found = TableLabels()
    pictures = _Pictures(paths)
    labels: list[str | None] = [None] * len(paths)
    errors, unknown = [], []
    for path, content in tables:
        rows = _rows(path, content)
        columns = _columns(rows, path, pictures) if rows else None
        if columns is None or rows is None:
            continue
        name = sandbox.display_name(path[-1])
        found.seen.add(path)
        if isinstance(columns, str):
            found.notes.append(f"{name} was not used: {columns}.")
            continue
        found.used.append(path)
        for cell, label in columns.cells(rows):
            fitting = pictures.find(cell, path)
            if not fitting:
                unknown.append(sandbox.display_name(cell))
            elif len(fitting) > 1:
                errors.append(
                    f"{shown}: {name} names {sandbox.display_name(cell)}, which fits "
                    f"{len(fitting):,} images: write their folders, too."
                )
            elif label and labels[fitting[0]] not in (None, label):
                both = f"{labels[fitting[0]]} and {label}"
                errors.append(
                    f"{shown}: {name} gives {sandbox.display_name(paths[fitting[0]][-1])} two "
                    f"labels, {sandbox.display_name(both)}: keep one of them."
                )
            elif label:
                labels[fitting[0]] = label
    covered = sum(label is not None for label in labels)
    if not found.used or (in_folders and 2 * covered < len(paths)):
        found.notes += [
            f"{sandbox.display_name(path[-1])} was not used: with it only {covered:,} of "
            f"{len(paths):,} images have a label."
            for path in found.used[:1]
        ]
        found.used.clear()
        return found
    if errors:
        raise RefusedError(errors[0])
    if unknown:
        what = "1 row has" if len(unknown) == 1 else f"{len(unknown):,} rows have"
        found.notes.append(f"{what} no image, in {_names(found.used)}; the first is {unknown[0]}.")
    found.labels = labels
    return found


def _names(tables: list[Parts]) -> str:
    first = sandbox.display_name(tables[0][-1])
    return first if len(tables) == 1 else f"{first} and {len(tables) - 1:,} more tables"


class _Pictures:
    """Finds pictures by the names in a table: with or without folders and ending."""

    def __init__(self, paths: list[Parts]) -> None:
        self.paths = paths
        self.by_name: dict[str, list[int]] = defaultdict(list)
        for row, path in enumerate(paths):
            self.by_name[path[-1]].append(row)
            stem = PurePosixPath(path[-1]).stem
            if stem != path[-1]:
                self.by_name[stem].append(row)

    def find(self, cell: str, table: Parts) -> list[int]:
        """Return the pictures that a cell names.

        Of several, those below the table's folder count, and of those the ones in a folder that
        the table's name holds: train_labels.csv tells of train/.
        """
        *folders, name = _parts(cell) or [""]
        rows = [row for row in self.by_name.get(name, ()) if _same_end(self.paths[row], folders)]
        if len(rows) > 1:
            inside = [row for row in rows if self.paths[row][: len(table) - 1] == table[:-1]]
            rows = inside or rows
        if len(rows) > 1:
            word = table[-1].casefold()
            same = [
                row
                for row in rows
                if any(len(part) > 2 and part.casefold() in word for part in self.paths[row][:-1])
            ]
            rows = same or rows
        return rows

    def knows(self, cell: str) -> bool:
        """Return whether a cell names at least one picture."""
        *folders, name = _parts(cell) or [""]
        return any(_same_end(self.paths[row], folders) for row in self.by_name.get(name, ()))


def _parts(cell: str) -> list[str]:
    return [part for part in re.split(r"[/\\]", cell) if part not in ("", ".")]


def _same_end(path: Parts, folders: list[str]) -> bool:
    """Return whether the folders in a cell and those of a path agree, as far as both go."""
    both = min(len(folders), len(path) - 1)
    return not both or list(path[-1 - both : -1]) == folders[-both:]


@dataclass(frozen=True)
class _Columns:
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


def _columns(rows: list[list[str]], path: Parts, pictures: _Pictures) -> _Columns | str | None:
    """Find the columns of names and labels.

    Returns:
        The columns; a reason if the table seems to be one of labels but can't be used; or None if
        it is something else.
    """
    heads = [re.sub(r"[\W_]", "", head.casefold()) for head in rows[0]]
    some = rows[:200]

    def matches(column: int) -> int:
        return sum(pictures.knows(row[column]) for row in some if len(row) > column)

    first = int(not any(pictures.knows(cell) for cell in rows[0]))
    if first:
        named = [i for i, head in enumerate(heads) if head in NAMES]
    else:
        named = list(range(len(heads)))
    name = max(named, key=matches, default=None)
    has_label = any(head in LABELS for head in heads)
    if name is None or (not matches(name) and not has_label):
        return None
    if SUBMISSION in path[-1].casefold():
        return "its name says that its labels are no true ones"
    if not matches(name):
        head = sandbox.display_name(rows[0][name])
        return None if path[-1].endswith(".txt") else f"no image has a name in its column {head}"
    others = [i for i in range(len(heads)) if i != name]
    known = [i for label in LABELS for i in others if first and heads[i] == label]
    data = [row for row in rows[first:] if len(row) == len(heads)]
    if known:
        return _Columns(name, known[0], first, rows[0])
    if len(others) == 1 and len({row[others[0]] for row in data}) < max(len(data), 2):
        return _Columns(name, others[0], first, rows[0])
    if first and data and all(_one_is_true([row[i] for i in others]) for row in data):
        return _Columns(name, others, first, rows[0])
    shown = ", ".join(sandbox.display_name(rows[0][i]) for i in others[:5]) or "none"
    return f"none of its columns ({shown}) is called label or class"


def _rows(path: Parts, content: bytes) -> list[list[str]] | None:
    """Return the cells of a table; None if the file is not text."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    lines = text.splitlines()
    line = next((line for line in lines if line.strip()), "")
    if "\0" in text or not line:
        return None
    if match := re.fullmatch(r"sep=(.)", line.strip()):  # as Excel writes it
        delimiter = match[1]
        text = text[text.index(line) + len(line) :]
    else:
        delimiter = max(",;\t", key=line.count)
        if not line.count(delimiter) and PurePosixPath(path[-1]).suffix.lower() == ".txt":
            delimiter = " "
    try:
        cells = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True
        )
        rows = [[cell.strip() for cell in row] for row in cells]
    except csv.Error:
        return None
    return [row for row in rows if any(row)] or None


def used_tables(found: TableLabels, in_folders: bool) -> list[str]:
    """Return a note that says which tables gave the labels."""
    instead = ", not the names of the folders" if in_folders else ""
    return [f"The labels are those in {_names(found.used)}{instead}."]


def check_missing(
    shown: str, labels: list[str | None], paths: list[Parts], tables: list[Parts]
) -> list[str]:
    """Return a note on pictures without a label, which are left out.

    Raises:
        RefusedError: they are many.
    """
    missing = [path for path, label in zip(paths, labels, strict=True) if label is None]
    if not missing:
        return []
    first = sandbox.display_name(missing[0][-1])
    if len(missing) > max(1, MISSING * len(labels)):
        raise RefusedError(
            f"{shown}: {_names(tables)} has no label for {len(missing):,} of {len(labels):,} "
            f"images, such as {first}: add the rows, or leave the images out."
        )
    what = "1 image was" if len(missing) == 1 else f"{len(missing):,} images were"
    return [f"{what} left out, because {_names(tables)} has no label for it: {first}."]
