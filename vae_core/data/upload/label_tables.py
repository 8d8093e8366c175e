"""Read the labels of pictures from a table beside them, such as labels.csv."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from vae_core import sandbox
from vae_core.data.upload.label_columns import find_columns, read_rows
from vae_core.data.upload.limits import IMAGE_ENDINGS
from vae_core.sandbox import RefusedError

Parts = tuple[str, ...]  # folders and file of a path

ENDINGS = (".csv", ".tsv", ".txt")
LARGEST = 32 << 20  # bytes of a table
NAMED = 3  # so many tables that were not used are named
MISSING = 0.05  # share of pictures without a row that are left out; more are refused


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
    errors, unknown, not_used = [], [], []
    for path, content in tables:
        rows, guessed = read_rows(path, content)
        columns = find_columns(rows, path[-1], pictures.knows) if rows else None
        if columns is None:
            continue
        name = sandbox.display_name(path[-1])
        found.seen.add(path)
        if isinstance(columns, str):
            not_used.append(f"{name} was not used: {columns}.")
            continue
        found.used.append(path)
        if guessed:
            found.notes.append(f"{name} is not in UTF-8, and was read as Windows-1252.")
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
    found.notes += not_used[:NAMED]
    if len(not_used) > NAMED:
        found.notes.append(f"{len(not_used) - NAMED:,} more tables were not used.")
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
    if all(label is None or re.fullmatch(r"-?\d+\.0+", label) for label in labels):
        labels = [label and label.split(".")[0] for label in labels]  # as pandas writes numbers
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
        self.by_number: dict[int, list[int]] = defaultdict(list)  # 7 may be the name of 0007.png
        for row, path in enumerate(paths):
            name = path[-1].casefold()
            for key in {name, PurePosixPath(name).stem}:
                self.by_name[key].append(row)
            if _is_number(stem := PurePosixPath(name).stem):
                self.by_number[int(stem)].append(row)

    def find(self, cell: str, table: Parts) -> list[int]:
        """Return the pictures that a cell names.

        Of several, those below the table's folder count, and of those the ones in a folder that
        the table's name holds: train_labels.csv tells of train/.
        """
        rows = self._named(cell)
        word = table[-1].casefold()
        for fits in (
            lambda path: path[-1] == PurePosixPath(cell).name,
            lambda path: path[: len(table) - 1] == table[:-1],
            lambda path: any(len(part) > 2 and part.casefold() in word for part in path[:-1]),
        ):
            if len(rows) > 1:
                rows = [row for row in rows if fits(self.paths[row])] or rows
        return rows

    def knows(self, cell: str) -> bool:
        """Return whether a cell names at least one picture."""
        return bool(self._named(cell))

    def _named(self, cell: str) -> list[int]:
        *folders, name = _parts(unicodedata.normalize("NFC", cell).casefold()) or [""]
        rows = self.by_name.get(name, [])
        if not rows and name.endswith(IMAGE_ENDINGS):  # the pictures were converted
            rows = self.by_name.get(PurePosixPath(name).stem, [])
        elif not rows and _is_number(name):
            rows = self.by_number.get(int(name), [])
        return [row for row in rows if _same_end(self.paths[row], folders)]


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 20


def _parts(cell: str) -> list[str]:
    return [part for part in re.split(r"[/\\]", cell) if part not in ("", ".")]


def _same_end(path: Parts, folders: list[str]) -> bool:
    """Return whether the folders in a cell and those of a path agree, as far as both go."""
    both = min(len(folders), len(path) - 1)
    return not both or [part.casefold() for part in path[-1 - both : -1]] == folders[-both:]


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
