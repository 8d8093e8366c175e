"""Tables whose rows are in quotation marks as a whole, as if each were one cell."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable

_ROW = re.compile(r'\s*"((?:[^"]|"")*)"[,;\t ]*\s*')
_LINES = 20  # that are looked at
_FEWEST = 3  # delimiters in a row


def are_quoted(lines: Iterable[str]) -> bool:
    """Return whether the rows are in quotation marks as a whole.

    The header and lines above it may be without.
    """
    first = [line for line in itertools.islice(lines, _LINES) if line.strip()]
    above = list(itertools.takewhile(lambda line: not _ROW.fullmatch(line), first))
    quoted = first[len(above) :]
    if len(quoted) < 2 or len(above) > len(quoted) or not all(map(_ROW.fullmatch, quoted)):
        return False
    plain = list(map(unquoted, quoted))
    for delimiter in ",;\t|":
        widths = {len(row) for row in csv.reader(plain, delimiter=delimiter)}
        if len(widths) == 1 and widths.pop() > _FEWEST:
            return True
    return False


def unquoted(line: str) -> str:
    """Return a row without the quotation marks around it, and with single ones within."""
    match = _ROW.fullmatch(line)
    return match[1].replace('""', '"') + "\n" if match else line
