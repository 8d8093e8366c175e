"""Find the columns of names, labels and the split in a table beside pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from vae_core import sandbox
from vae_core.data.upload.limits import FEWEST_IMAGES, IMAGE_ENDINGS, MOST_LABELS
from vae_core.data.upload.pictures.table_headings import LABELS, NAMES, SIZES, plain_heading
from vae_core.data.upload.split_words import SPLIT_NAMES, TRAIN, part_of, part_of_word, words_of
from vae_core.data.upload.tables.column_values import counts_up, is_held_out

IN_NAMES = {"label", "labels", "target", "targets", "annotation", "annotations"}  # of tables
SUBMISSION = "submission"  # in names of tables that hold no true labels
MOST_COLUMNS = 1000
SAMPLED = 200  # rows that the kinds of columns are told from
FLAGS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}


@dataclass(frozen=True)
class Columns:
    """Where a table has the names, the labels and the split.

    Attributes:
        name: the column of names.
        label: the column of labels, or the columns of which one holds a 1; None without labels.
        split: the column that says which pictures are held out; None without one.
        flag: whether a 1 in the column of the split means held out; None if it holds words.
        first: the first row of data.
        heads: the headings.
        notes: sentences on columns that were recognised by their content.
    """

    name: int
    label: int | list[int] | None
    split: int | None
    flag: bool | None
    first: int
    heads: list[str]
    notes: tuple[str, ...] = ()

    def cells(self, rows: list[list[str]]) -> list[tuple[str, str, bool | None]]:
        """Return of each row the name, the label (else empty), and whether it is held out."""
        found = []
        for row in rows[self.first :]:
            cells = [*row, *[""] * (len(self.heads) - len(row))]
            if self.label is None:
                label = ""
            elif isinstance(self.label, int):
                label = cells[self.label]
            else:
                label = next((self.heads[i] for i in self.label if _flag(cells[i])), "")
            held_out = None
            if self.split is not None and self.flag is None:
                held_out = is_held_out(cells[self.split])
            elif self.split is not None:
                held_out = _flag(cells[self.split]) == self.flag
            found.append((cells[self.name], label, held_out))
        return found


@dataclass(frozen=True)
class Unclear:
    """A table seems to hold labels, but a person has to say which: the end of a sentence."""

    reason: str


def find_columns(
    rows: list[list[str]], table: str, knows: Callable[[str], bool], by_content: bool
) -> Columns | Unclear | str | None:
    """Find the columns of names, labels and the split.

    Args:
        rows: the cells.
        table: name of the file.
        knows: whether a cell names a picture.
        by_content: whether one of several columns may be the label only because it has few values.

    Returns:
        The columns; a reason if the table can't be used; or None if it is something else.
    """
    search = _Search(rows, table, knows)
    name = search.name_column()
    if not isinstance(name, int):
        return name
    if SUBMISSION in table.casefold():
        return "it is called a submission, which holds predictions and not labels"
    split = search.split_column(name)
    if isinstance(split, Unclear):
        return split
    others = [i for i in range(search.width) if i not in (name, split)]
    label = search.named_label(others)
    if label is None and (by_content or len(others) == 1):
        label = search.label_by_content(others, name)
    if isinstance(label, Unclear):
        return label
    is_list = search.width == 1 and part_of(PurePosixPath(table).stem)[0] is not None
    if label is None and split is None and not is_list:
        return search.no_label(name)
    return Columns(
        name, label, split, search.flag, search.first, search.shown_heads, tuple(search.notes)
    )


class _Search:
    """Looks for the columns of one table."""

    def __init__(self, rows: list[list[str]], table: str, knows: Callable[[str], bool]) -> None:
        self.rows, self.table, self.knows = rows, table, knows
        self.is_text = table.casefold().endswith(".txt")
        self.width = max(map(len, rows[:SAMPLED]))
        first = rows[0]
        self.first = int(not any(knows(c) or c.casefold().endswith(IMAGE_ENDINGS) for c in first))
        self.heads = [plain_heading(head) if self.first else "" for head in self._padded(first)]
        self.shown_heads = self._padded(first) if self.first else [""] * self.width
        self.columns = [
            [row[i] for row in rows[self.first :] if len(row) > i and row[i]]
            for i in range(min(self.width, MOST_COLUMNS))
        ]
        self.flag: bool | None = None
        self.full_rows = [row for row in rows[self.first :] if len(row) == self.width]
        self.notes: list[str] = []

    def _padded(self, row: list[str]) -> list[str]:
        return [*row, *[""] * (self.width - len(row))]

    def shown(self, column: int) -> str:
        """Return the name of a column for a sentence."""
        head = self.shown_heads[column]
        return sandbox.display_name(head) if head else f"column {column + 1}"

    def name_column(self) -> int | str | None:
        """Return the column whose cells are the names of pictures, or why there is none."""
        if len(self.rows) == self.first:
            return None if self.is_text else "it has headings, but no rows"
        if self.width > MOST_COLUMNS:
            return f"it has more than {MOST_COLUMNS:,} columns"
        has_label = any(head in LABELS for head in self.heads)
        named, known = [], {}
        for i, cells in enumerate(self.columns):
            some = cells[:: max(1, len(cells) // SAMPLED)]
            files = sum(cell.casefold().endswith(IMAGE_ENDINGS) for cell in some)
            by_head = self.heads[i] in NAMES
            numbers = bool(some) and all(cell.isdecimal() for cell in some)
            if not some or self.heads[i] in LABELS:
                continue
            if not self.first and numbers and self.width > 2:  # perhaps the boxes of one picture
                continue
            if not by_head and 2 * max(files, sum(map(self.knows, some))) < len(some):
                continue
            named.append(i)
            found = {cell for cell in cells if self.knows(cell)}
            if found and (by_head or 2 * len(found) > len(cells)):
                known[i] = (len(found), not numbers, by_head, -i)
        if known:
            return max(known, key=lambda i: known[i])
        if self.is_text and not {*words_of(PurePosixPath(self.table).stem)} & IN_NAMES:
            return None
        if not named:
            return (
                "it has no column of file names, called filename for example"
                if has_label
                else "none of its columns names the images: write the name of an image before each "
                "label"
                if {*words_of(PurePosixPath(self.table).stem)} & IN_NAMES
                else "none of its columns names the images"
            )
        example = sandbox.display_name(self.columns[named[0]][0])
        return f"no image has a name in its {self._column(named[0])}, such as {example}"

    def _column(self, column: int) -> str:
        shown = self.shown(column)
        return shown if shown.startswith("column ") else f"column {shown}"

    def split_column(self, name: int) -> int | Unclear | None:
        """Return the column of the split, if there is one; `flag` says what a 1 there means."""
        for i, head in enumerate(self.shown_heads):
            if i == name or self.heads[i] in LABELS or not self.columns[i]:
                continue
            distinct = {cell.casefold() for cell in self.columns[i]}
            parts = {cell: is_held_out(cell) for cell in distinct}
            if {*parts.values()} == {True, False}:
                return i
            if {*parts.values()} == {True, False, None} and self.heads[i] in SPLIT_NAMES:
                other = next(cell for cell, part in sorted(parts.items()) if part is None)
                return Unclear(
                    f"its {self._column(i)} holds {sandbox.display_name(other)!r}: write train or "
                    "test there"
                )
            is_, *words = words_of(head) or [""]
            part = part_of_word(words[0]) if len(words) == 1 and is_ == "is" else None
            if part and distinct <= {*FLAGS} and len({FLAGS[cell] for cell in distinct}) == 2:
                self.flag = part != TRAIN
                return i
            if self.heads[i] in SPLIT_NAMES and len(distinct) > 1:
                self.notes.append(
                    f"In {sandbox.display_name(self.table)} {self._column(i)} was not used as a "
                    "split: it holds no words such as train and test."
                )
        return None

    def named_label(self, others: list[int]) -> int | list[int] | Unclear | None:
        """Return the column that is called label, or the columns of which one holds a 1."""
        known = [i for label in LABELS for i in others if self.heads[i] == label]
        if "x" in self.heads:  # then y is no label, but a place
            known = [i for i in known if self.heads[i] != "y"]
        if known:
            more = [i for i in known[1:] if not self._same_classes([known[0], i])]
            if more and self.heads[more[0]] == self.heads[known[0]]:
                return Unclear(
                    f"two of its columns are called {self.shown(known[0])}: rename one of them"
                )
            if more:
                self.notes.append(
                    f"In {sandbox.display_name(self.table)} the label is {self._column(known[0])}, "
                    f"not {self.shown(more[0])}."
                )
            return known[0]
        flags = [[row[i] for i in others] for row in self.full_rows]
        if self.first and len(others) > 1 and flags and all(map(_one_is_true, flags)):
            return others
        return None

    def label_by_content(self, others: list[int], name: int) -> int | Unclear | None:
        """Return the only column with few values."""
        if self._is_split():
            return None  # numbers of parts
        possible = [i for i in others if self._may_be_label(i)]
        if len(possible) > 1 and self._same_classes(possible):
            texts = [i for i in possible if not all(_is_whole(cell) for cell in self.columns[i])]
            possible = (texts or possible)[:1]
        if len(possible) == 1:
            if len(others) > 1 or self.first:
                self.notes.append(
                    f"In {sandbox.display_name(self.table)} {self._column(possible[0])} was read "
                    f"as the label, and {self._column(name)} as the name of the image."
                )
            return possible[0]
        if (
            not possible
            and len(others) == 1
            and not (self._is_place(others[0]) or self._is_measure(others[0]))
        ):
            few = len({*self.columns[others[0]]}) < max(len(self.full_rows), 2)
            return others[0] if few else None
        if possible and (self.first or not self.is_text or len(self.full_rows) >= FEWEST_IMAGES):
            shown = ", ".join(map(self.shown, possible[:5]))
            cure = "name one of them label" if self.first else "write a first line of headings"
            return Unclear(f"several of its columns may be the label ({shown}): {cure}")
        return None

    def _may_be_label(self, column: int) -> bool:
        cells = self.columns[column]
        distinct = {*cells}
        return (
            not self._is_place(column)
            and not self._is_measure(column)
            and 1 < len(distinct) <= min(MOST_LABELS, len(cells) / 2)
            and not counts_up(cells[:SAMPLED])
        )

    def _is_split(self) -> bool:
        """Return whether the table's name says that it holds a split."""
        words = {*words_of(PurePosixPath(self.table).stem)}
        return bool(words & {"split", "splits", "partition", "fold", "folds"})

    def _is_measure(self, column: int) -> bool:
        """Return whether a column holds numbers that aren't whole."""
        return any(
            re.fullmatch(r"[-+\d.,eE]*\d[-+\d.,eE]*", cell) and not _is_whole(cell)
            for cell in {*self.columns[column]}
        )

    def _is_place(self, column: int) -> bool:
        """Return whether a heading says that a column is no label but a place or a part."""
        head = self.heads[column]
        place = re.search(r"(?:^|[\W_])[xywh]\d?$", self.shown_heads[column].casefold())
        return head in SIZES or head in SPLIT_NAMES or place is not None

    def _same_classes(self, columns: list[int]) -> bool:
        """Return whether columns name the same classes, such as a number and a word."""
        together = len({tuple(row[i] for i in columns) for row in self.full_rows})
        return all(len({row[i] for row in self.full_rows}) == together for i in columns)

    def no_label(self, name: int) -> str | None:
        """Return why a table that names pictures has no labels."""
        if self._is_split():
            return "it does not name the parts of the split in words such as train and test"
        if self.is_text and not self.first:
            return None
        others = [self.shown(i) for i in range(self.width) if i != name][:5]
        return f"none of its columns ({', '.join(others) or 'none'}) is called label or class"


def _flag(cell: str) -> bool:
    return FLAGS.get(cell.casefold(), False)


def _one_is_true(cells: list[str]) -> bool:
    """Return whether cells are 0 and 1, with one 1."""
    return all(cell.casefold() in FLAGS for cell in cells) and sum(map(_flag, cells)) == 1


def _is_whole(cell: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(?:\.0+)?", cell) is not None
