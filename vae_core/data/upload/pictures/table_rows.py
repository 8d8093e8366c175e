"""Read the cells of a table beside pictures: text with any delimiter, or JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from vae_core.code_pages import western_text
from vae_core.data.upload.split_words import part_of_word

JSON = (".json", ".jsonl")
ENDINGS = (".csv", ".tsv", ".tab", ".txt", *JSON)
MOST_HEADS = 100  # keys of the records of a .json file
LOOKED_AT = 100  # lines that the delimiter is told from
COMMENT = re.compile(r"\s*(?:#|//)\s*")
BOMS = ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
NOT_UTF8 = "it is neither in UTF-8 nor in a Western encoding: save it as UTF-8"


class Rows(NamedTuple):
    """The cells of a table.

    Attributes:
        rows: the cells, stripped; empty rows are left out.
        reason: why there are none although it is a table; else empty.
        notes: ends of sentences that begin with the table's name.
    """

    rows: list[list[str]]
    reason: str = ""
    notes: tuple[str, ...] = ()


def read_rows(name: str, content: bytes, knows: Callable[[str], bool]) -> Rows:
    """Return the cells of a table; none if it is not one.

    Args:
        name: of the file.
        content: of the file.
        knows: whether a cell names a picture, which tells the delimiter.
    """
    text, notes = _decoded(content)
    ending = PurePosixPath(name).suffix.lower()
    if text is None:
        return Rows([], NOT_UTF8 if ending not in (".txt", *JSON) else "")
    if "\0" in text or not text.strip():
        return Rows([])
    if ending in JSON:
        return Rows(_records(text), notes=notes)
    lines = text.splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line.strip())
    named = re.fullmatch(r'"?sep=(.)"?[,;\t ]*', lines[first].strip(), re.I)  # as Excel writes it
    lines = lines[first + 1 if named else first :]
    delimiters = named[1] if named else ",;\t| "
    rows = _cells(lines, max(delimiters, key=lambda one: _fit(lines, one, knows)))
    rows, left_out = _without_preface(rows)
    if left_out and rows and (len(rows[0]) > 1 or any(map(knows, rows[0]))):
        what = "line, which was" if left_out == 1 else f"{left_out} lines, which were"
        notes = (*notes, f"starts with another {what} left out")
    return Rows(rows, notes=notes)


def _decoded(content: bytes) -> tuple[str | None, tuple[str, ...]]:
    """Return the text, None if its encoding is not known, and a note."""
    encoding = next((name for bom, name in BOMS if content.startswith(bom)), "utf-8-sig")
    if encoding == "utf-8-sig" and b"\0" in content[:200]:
        # Line ends and delimiters tell the order of the bytes, if there is no mark for it.
        ways = ("utf-16-le", "utf-16-be")
        encoding = max(ways, key=lambda way: content.decode(way, "replace").count("\n"))
    try:
        return content.decode(encoding), ()
    except UnicodeDecodeError:
        pass
    text = western_text(content) if encoding == "utf-8-sig" else None
    return text, ("is not in UTF-8, and was read as Windows-1252",)


def _cells(lines: list[str], delimiter: str) -> list[list[str]]:
    if delimiter == " ":
        lines = [" ".join(line.split()) + "\n" for line in lines]
        if _ends_in_words([line.split() for line in lines[:LOOKED_AT]]):
            lines = ["\t".join(line.split(" ", 1)) for line in lines]
            delimiter = "\t"
    file = io.StringIO("".join(lines), newline="")
    cells = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
    try:
        rows = [[cell.strip() for cell in row] for row in cells]
    except csv.Error:
        return []
    rows = [row for row in rows if any(row)]
    if all(_is_quoted(cell) for row in rows[:2] for cell in row):
        rows = [[cell[1:-1] if _is_quoted(cell) else cell for cell in row] for row in rows]
    return rows


def _ends_in_words(rows: list[list[str]]) -> bool:
    """Return whether rows are a name and words such as `big dog`, and no numbers or a split."""
    words = [row[1:] for row in rows if len(row) > 2]
    return 2 * len(words) > len(rows) and not any(
        re.search(r"\d", word) or part_of_word(word.casefold()) for row in words for word in row
    )


def _is_quoted(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == "'"


def _fit(lines: list[str], delimiter: str, knows: Callable[[str], bool]) -> tuple[int, int, int]:
    """Return how well a delimiter fits: rows that name a picture, and rows of one width."""
    rows = _cells(lines[:LOOKED_AT], delimiter)
    usual = _usual_width(rows)
    named = sum(any(map(knows, row)) for row in rows)
    return named, (usual > 1) * sum(len(row) == usual for row in rows), usual


def _usual_width(rows: list[list[str]]) -> int:
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def _without_preface(rows: list[list[str]]) -> tuple[list[list[str]], int]:
    """Remove lines before the table, such as comments; return how many there were.

    A comment with a cell for each column is the headings. A line with one cell less than the rows
    has no heading for the first column.
    """
    usual = _usual_width(rows[:LOOKED_AT])
    for i, row in enumerate(rows[:LOOKED_AT]):
        comment = COMMENT.match(row[0])
        if comment and len(row) == usual and (usual > 1 or i):
            return [[row[0][comment.end() :], *row[1:]], *rows[i + 1 :]], i
        if not comment and len(row) == usual:
            return rows[i:], i
        if not comment and len(row) == usual - 1 > 1 and _usual_width(rows[i + 1 : i + 2]) == usual:
            return [["", *row], *rows[i + 1 :]], i
    return rows, 0


def _records(text: str) -> list[list[str]]:
    """Return the rows of JSON.

    It may be {name: label}, {name: [label]}, {label: [names]}, records, or a record per line.
    """
    try:
        found = _parsed(text)
    except (ValueError, RecursionError):
        return []
    if isinstance(found, dict):
        tables = [value for value in found.values() if _is_table(value)]
        if len(tables) == 1:
            found = tables[0]
    if isinstance(found, dict) and found and all(map(_is_list_of_names, found.values())):
        pairs = [[str(key), name] for key, names in found.items() for name in names]
        if any(len(names) > 1 for names in found.values()):
            pairs = [[name, label] for label, name in pairs]
        return [["filename", "label"], *pairs]
    if isinstance(found, dict):
        pairs = [[str(key), _cell(value)] for key, value in found.items()]
        scalars = all(not isinstance(value, dict | list) for value in found.values())
        return [["filename", "label"], *pairs] if scalars and len(pairs) > 1 else []
    if not _is_table(found):
        return []
    heads = list(dict.fromkeys(key for record in found for key in record))
    if not 0 < len(heads) <= MOST_HEADS:
        return []
    return [heads, *([_cell(record.get(head)) for head in heads] for record in found)]


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _cell(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()
