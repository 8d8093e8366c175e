"""The first rows of a table, column by column, and words for a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.tables.column_names import INDEX, key_of
from vae_core.data.upload.tables.column_values import FILE_ENDINGS, counts_up, kind_of, numbers
from vae_core.data.upload.tables.label_values import says_nothing
from vae_core.sandbox import RefusedError

MOST_READS = 50  # of the whole file, to judge its columns
LEFT_OUT = "left out"  # the kind of a column that was judged already


class Sample:
    """The first rows of a table.

    Attributes:
        shown: the file's name, for error messages.
        names: of the columns; None without a header.
        keys: the names in lower case, empty without a header.
        columns: the fields of each column.
        kinds: what each column holds, see `kind_of`.
        notes: sentences on what was found.
    """

    def __init__(
        self,
        shown: str,
        names: Sequence[str] | None,
        rows: Sequence[Sequence[str]],
        whole: Callable[[Sequence[int]], list[list[str]]],
    ) -> None:
        self.shown, self.names = shown, names
        self._whole, self._reads = whole, 0
        self.columns = [list(column) for column in zip(*rows, strict=True)]
        self.keys = [key_of(name) for name in names or [""] * len(self.columns)]
        self.kinds = [kind_of(column) for column in self.columns]
        self.notes: list[str] = []

    def whole(self, columns: Sequence[int]) -> list[list[str]]:
        """Return the fields of some columns in all rows; it reads the file once more.

        Raises:
            RefusedError: it was read too often.
        """
        self._reads += 1
        if self._reads > MOST_READS:
            raise RefusedError(
                f"{self.shown} has too many columns that may be labels or names: leave them out."
            )
        return self._whole(columns)

    def name(self, c: int, start: bool = False) -> str:
        """Return words for a column, for a sentence; `start`: for its start."""
        words = f"{'Column' if start else 'column'} {c + 1:,}"
        if self.names is not None and self.keys[c]:
            article = "The " if start else ""
            words = f"{article}column {sandbox.display_text(self.names[c].strip())}"
        elif c in (0, len(self.columns) - 1):
            article = "The" if start else "the"
            words = f"{article} first column" if c == 0 else f"{article} last column"
        return words

    def numbers_rows(self, c: int) -> bool:
        """Return whether a column numbers the rows, by its name or by its values."""
        named = self.names is not None and bool(INDEX.fullmatch(self.keys[c]))
        named = named and (bool(self.keys[c]) or c == 0)  # R and pandas give it no name
        if self.kinds[c] != "number":
            return named and self.differs(c)
        distinct = len(set(self.columns[c])) == len(self.columns[c])
        return (named and distinct) or counts_up(self.columns[c], few=named)

    def differs(self, c: int) -> bool:
        """Return whether most rows have a field of their own in a column: it names the rows."""
        if 2 * len(set(self.columns[c])) <= len(self.columns[c]):
            return False
        fields = self.whole([c])[0]
        return 2 * len(set(fields)) > len(fields)

    def holds_files(self, c: int) -> bool:
        """Return whether most fields of a column are names of files."""
        filled = [field.strip() for field in self.columns[c] if field.strip()]
        return 2 * sum(field.lower().endswith(FILE_ENDINGS) for field in filled) > len(filled)

    def holds_whole_numbers(self, c: int) -> bool:
        """Return whether a column holds whole numbers alone; some rows may hold nothing."""
        filled = [field for field in self.columns[c] if not says_nothing(field)]
        values = numbers(filled)
        return 2 * len(filled) > len(self.columns[c]) and bool((values == np.rint(values)).all())

    def are_the_same(self, a: int, b: int) -> bool:
        """Return whether two columns name the same classes, such as a number and a word each."""
        first, second = self.whole([a, b])
        pairs = set(zip(first, second, strict=True))
        return len(pairs) == len(set(first)) == len(set(second)) < len(first)
