"""Find pictures by the names in a table."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from pathlib import PurePosixPath

from vae_core.data.upload.limits import IMAGE_ENDINGS

Parts = tuple[str, ...]  # folders and file of a path


class PictureNames:
    """Finds pictures by the names in a table: with or without folders and ending.

    Args:
        paths: of the pictures, with composed letters.
    """

    def __init__(self, paths: list[Parts]) -> None:
        self.paths = paths
        # (folder, name) -> pictures. The folder is casefolded, "" at the top, or None for any.
        self.by_name: dict[tuple[str | None, str | int], list[int]] = defaultdict(list)
        for row, path in enumerate(paths):
            name = path[-1].casefold()
            stem = PurePosixPath(name).stem
            keys: set[str | int] = {name, stem}
            if is_whole_number(stem):  # 7 may be the name of 0007.png
                keys.add(int(stem))
            for key in keys:
                for folder in (None, path[-2].casefold() if len(path) > 1 else ""):
                    self.by_name[folder, key].append(row)

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
        cell = unicodedata.normalize("NFC", cell).casefold().rstrip(":")
        if "://" in cell:
            cell = re.split(r"[?#]", cell)[0]
        *folders, name = _parts(cell) or [""]
        keys: list[str | int] = [name]
        if name.endswith(IMAGE_ENDINGS):  # the pictures were converted
            keys.append(PurePosixPath(name).stem)
        elif is_whole_number(number := name.removesuffix(".0")):
            keys.append(int(number))
        places = ("", folders[-1]) if folders else (None,)
        for key in keys:
            rows = [row for place in places for row in self.by_name.get((place, key), [])]
            if rows := [row for row in rows if _same_end(self.paths[row], folders)]:
                return rows
        return []


def is_whole_number(text: str) -> bool:
    """Return whether a name is a number, perhaps with zeros in front."""
    return text.isdecimal() and len(text) < 20


def _parts(cell: str) -> list[str]:
    return [part for part in re.split(r"[/\\]", cell) if part not in ("", ".")]


def _same_end(path: Parts, folders: list[str]) -> bool:
    """Return whether the folders in a cell and those of a path agree, as far as both go."""
    both = min(len(folders), len(path) - 1)
    return not both or [part.casefold() for part in path[-1 - both : -1]] == folders[-both:]
