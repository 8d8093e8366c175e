"""Read the labels and the split of pictures from tables beside them, such as labels.csv."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from vae_core import sandbox
from vae_core.data.upload.pictures.picture_names import Parts, PictureNames, is_whole_number
from vae_core.data.upload.pictures.table_columns import Columns, Unclear, find_columns
from vae_core.data.upload.pictures.table_rows import read_rows
from vae_core.data.upload.split_words import TRAIN, part_of
from vae_core.data.upload.wording import counted
from vae_core.sandbox import RefusedError

SIDECARS = (".txt", ".json")  # endings of files that tell of the picture of the same name
LARGEST = 32 << 20  # bytes of a table
MOST_TEXTS = 200  # more of them each tell of one picture
NO_LABEL = {"", "nan", "null", "n/a", "#n/a"}  # what tables hold where a label is missing
NAMED = 3  # so many tables that were not used are named
MISSING = 0.05  # share of pictures without a row that are left out; more are refused


@dataclass
class TableLabels:
    """What tables say of the pictures.

    Attributes:
        labels: one per picture, None for pictures without a label; None if no table has labels.
        held_out: one per picture, None if no table says whether it is held out; None if the tables
            have no split.
        used: the paths of the tables with the labels.
        split: the tables of the split, for sentences.
        seen: the paths of all tables that the notes name, and of those that were used.
        notes: sentences on the tables.
    """

    labels: list[str | None] | None = None
    held_out: list[bool | None] | None = None
    used: list[Parts] = field(default_factory=list)
    split: str = ""
    seen: set[Parts] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def read_tables(
    shown: str, tables: Sequence[tuple[Parts, bytes]], paths: list[Parts], in_folders: bool
) -> TableLabels:
    """Find the labels and the split of pictures in tables.

    Args:
        shown: the name of the archive or folder, for error messages.
        tables: path and content of the files that may be tables.
        paths: of the pictures.
        in_folders: whether the pictures lie in folders of classes; then a table that names only a
            few of them is something else, such as a list of the classes.

    Raises:
        RefusedError: rows contradict each other, or fit several pictures; or a person has to say
            which column is the label, and there are no other labels.
    """
    found = TableLabels()
    reading = _Reading(shown, paths)
    not_used, unclear = [], []
    texts = [path for path, _ in tables if path[-1].casefold().endswith(SIDECARS)]
    for path, content in tables:
        is_text = path[-1].casefold().endswith(SIDECARS)
        stem = PurePosixPath(path[-1]).stem
        if is_text and (len(texts) > MOST_TEXTS or reading.pictures.knows(stem)):
            continue  # such as the boxes of one picture
        name = sandbox.display_name(path[-1])
        rows, reason, notes = read_rows(path[-1], content, reading.pictures.knows)
        columns: Columns | Unclear | str | None = Unclear(reason) if reason else None
        if rows:
            columns = find_columns(rows, path[-1], reading.pictures.knows, not in_folders)
        if columns is None:
            continue
        found.seen.add(path)
        if isinstance(columns, Unclear):
            unclear.append(
                f"{shown}: {name} can't be used, because {columns.reason}, or take the table out."
            )
            not_used.append(f"{name} was not used, because {columns.reason}.")
        elif isinstance(columns, str):
            not_used.append(f"{name} was not used: {columns}.")
        else:
            found.notes += [f"{name} {note}." for note in notes]
            reading.add(path, columns, rows)
    if unclear and not in_folders and not reading.with_labels:
        raise RefusedError(unclear[0])
    found.notes += not_used[:NAMED]
    if len(not_used) > NAMED:
        more = len(not_used) - NAMED
        found.notes.append(f"{counted(more, 'more table was', 'more tables were')} not used.")
    reading.finish_labels(found, in_folders)
    reading.finish_split(found)
    return found


class _Reading:
    """Collects what the rows of tables say of pictures."""

    def __init__(self, shown: str, paths: list[Parts]) -> None:
        self.shown, self.paths = shown, paths
        self.pictures = PictureNames(paths)
        self.labels: list[str | None] = [None] * len(paths)
        self.with_labels: list[Parts] = []
        self.label_notes: list[str] = []
        self.by_column: list[bool | None] = [None] * len(paths)
        self.with_split: list[str] = []  # the columns
        self.by_list: list[bool | None] = [None] * len(paths)
        self.lists: list[tuple[str, Parts]] = []  # the part of the split, and the table
        self.unknown: list[str] = []
        self.errors: list[str] = []

    def add(self, path: Parts, columns: Columns, rows: list[list[str]]) -> None:
        """Take over the rows of a table."""
        name = sandbox.display_name(path[-1])
        part, _ = part_of(PurePosixPath(path[-1]).stem)
        if columns.label is not None:
            self.with_labels.append(path)
            self.label_notes += columns.notes
        if columns.split is not None:
            head = sandbox.display_name(columns.heads[columns.split] or str(columns.split + 1))
            self.with_split.append(f"the column {head} of {name}")
        elif part:
            self.lists.append((part, path))
        for cell, label, held_out in columns.cells(rows):
            fitting = self.pictures.find(cell, path)
            if not fitting:
                self.unknown.append(sandbox.display_name(cell))
            elif len(fitting) > 1:
                self.errors.append(
                    f"{self.shown}: {name} names {sandbox.display_name(cell)}, which fits "
                    f"{len(fitting):,} images: write their folders, too."
                )
            else:
                composed = unicodedata.normalize("NFC", label)
                known = None if label.casefold() in NO_LABEL else composed
                self._set(self.labels, fitting[0], known, name, "labels")
                self._set(self.by_column, fitting[0], held_out, name, "parts of the split")
                if part and columns.split is None:
                    self._set(self.by_list, fitting[0], part != TRAIN, name, "parts of the split")

    def _set(self, values: list[Any], row: int, value: Any, table: str, what: str) -> None:
        if value is None:
            return
        if values[row] not in (None, value):
            words = {True: "held out", False: "training"}
            both = " and ".join(str(words.get(one, one)) for one in (values[row], value))
            self.errors.append(
                f"{self.shown}: {table} gives {sandbox.display_name(self.paths[row][-1])} two "
                f"{what}, {sandbox.display_name(both)}: keep one of them."
            )
        values[row] = value

    def finish_labels(self, found: TableLabels, in_folders: bool) -> None:
        """Set the labels, if the tables have any that can be used."""
        covered = sum(label is not None for label in self.labels)
        if self.with_labels and in_folders and 2 * covered < len(self.paths):
            found.notes.append(
                f"{sandbox.display_name(self.with_labels[0][-1])} was not used: with it only "
                f"{covered:,} of {len(self.paths):,} images have a label."
            )
            self.with_labels.clear()
        if not self.with_labels:
            return
        self._check(found, self.with_labels)
        self._check_start(self.with_labels)
        found.notes += self.label_notes[:NAMED]
        if all(label is None or re.fullmatch(r"-?\d+\.0+", label) for label in self.labels):
            self.labels = [label and label.split(".")[0] for label in self.labels]  # by pandas
        found.labels, found.used = self.labels, self.with_labels

    def finish_split(self, found: TableLabels) -> None:
        """Set the split, if the tables have one."""
        if {True, False} <= {*self.by_column}:
            found.held_out, found.split = self.by_column, _listed(self.with_split)
        else:
            tables = [path for _, path in self.lists]
            if TRAIN not in {part for part, _ in self.lists}:  # the others are for training
                self.by_list = [held_out or False for held_out in self.by_list]
            if not {True, False} <= {*self.by_list}:
                return
            known = sum(held_out is not None for held_out in self.by_list)
            if 2 * known < len(self.paths):
                found.notes.append(
                    f"{_names(tables)} were not used as the split: only {known:,} of "
                    f"{len(self.paths):,} images are named there."
                )
                return
            found.held_out, found.split = self.by_list, _names(tables)
        if not found.used:
            self._check(found, sorted(found.seen))

    def _check_start(self, tables: list[Parts]) -> None:
        """Refuse numbers that begin at 1 where those of the pictures begin at 0, or the reverse."""
        missing = [path[-1] for path, y in zip(self.paths, self.labels, strict=True) if y is None]
        if len(missing) != 1 or len(self.unknown) != 1:
            return
        stem, cell = PurePosixPath(missing[0]).stem, self.unknown[0]
        if (
            is_whole_number(stem)
            and is_whole_number(cell)
            and abs(int(stem) - int(cell)) == len(self.paths)
        ):
            raise RefusedError(
                f"{self.shown}: the numbers in {_names(tables)} begin at another number than those "
                f"of the images: {cell} has no image, and {sandbox.display_name(missing[0])} no "
                "row. Write the names of the images."
            )

    def _check(self, found: TableLabels, tables: list[Parts]) -> None:
        """Refuse rows that contradict each other, and note rows without an image."""
        if self.errors:
            raise RefusedError(self.errors[0])
        if self.unknown:
            what = counted(len(self.unknown), "row has", "rows have")
            found.notes.append(
                f"{what} no image, in {_names(tables)}; the first is {self.unknown[0]}."
            )


def _names(tables: list[Parts]) -> str:
    names = [sandbox.display_name(path[-1]) for path in tables]
    if len(names) > 1 and len({*names}) == 1:
        return f"{len(names):,} tables called {names[0]}"
    return _listed(names)


def _listed(tables: list[str]) -> str:
    if len(tables) < 3:
        return " and ".join(tables)
    return f"{tables[0]} and {len(tables) - 1:,} more tables"


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
    what = counted(len(missing), "image was", "images were")
    which = f"it: {first}" if len(missing) == 1 else f"them, such as {first}"
    return [f"{what} left out, because {_names(tables)} has no label for {which}."]
