"""Yield the lines of a table in a text file: decoded, and of limited length."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from vae_core import sandbox
from vae_core.data.upload.limits import LONGEST_LINE
from vae_core.sandbox import RefusedError

END_OF_FILE = "\x1a"  # Ctrl-Z, with which programs of DOS end a text
TABLES = (".csv", ".tsv", ".tab")  # endings
UNDECODED = re.compile("[\udc80-\udcff]+")  # bytes that aren't UTF-8, as surrogateescape keeps them


def read_lines(path: Path, shown: str) -> Iterator[str]:
    """Yield the lines of a text file with their ends (LF, CRLF or CR).

    The file is in UTF-8 or UTF-16. A Ctrl-Z at its end is left out.

    Raises:
        RefusedError: the file is damaged, no text, or in another encoding, or a line is too long.
    """
    number = 0
    try:
        with open(path, "rb") as file:
            encoding, errors = _encoding(file.read(512), shown)
            file.seek(0)
            text = io.TextIOWrapper(file, encoding, errors, newline="")
            while line := text.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    most = sandbox.format_bytes(LONGEST_LINE)
                    raise RefusedError(
                        f"{shown}: row {number:,} is longer than {most}: save smaller images."
                    )
                if not line.isascii() and UNDECODED.search(line):
                    raise RefusedError(_other_encoding(shown, number, line))
                ends = END_OF_FILE in line
                if ends:
                    line = _before_end(line, text, shown, number)
                if "\0" in line:
                    raise RefusedError(
                        f"{shown} is not text: row {number:,} holds a NUL. It may be damaged, or "
                        "of another format than its ending says: save it again."
                    )
                if "\x1b" in line:
                    raise RefusedError(
                        f"{shown} is not in UTF-8: row {number:,} holds an escape character, as "
                        "in ISO-2022-JP. Save it as UTF-8."
                    )
                yield line.replace("\ufeff", "") if not line.isascii() else line
                if ends:
                    return
    except UnicodeDecodeError:
        raise RefusedError(
            f"{shown} is damaged: it starts as UTF-16, but row {number + 1:,} is not. Save it as "
            "UTF-8."
        ) from None


def _before_end(line: str, text: IO[str], shown: str, number: int) -> str:
    """Return what a line holds before the sign that ends the file."""
    before, _, after = line.partition(END_OF_FILE)
    while after:
        if after.strip(END_OF_FILE + "\0\r\n "):
            raise RefusedError(
                f"{shown}: row {number:,} holds a Ctrl-Z, which ends a text, but more follows: "
                "leave it out."
            )
        after = text.read(LONGEST_LINE)
    return before


def _encoding(head: bytes, shown: str) -> tuple[str, str]:
    """Return the encoding that the first bytes of a file name, and how to treat other bytes."""
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise RefusedError(f"{shown} is in UTF-32: save it as UTF-8.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", "strict"
    quarters = [any(head[i::4]) for i in range(4)]
    if len(head) >= 16 and quarters in ([True, False, False, False], [False, False, False, True]):
        raise RefusedError(f"{shown} is in UTF-32: save it as UTF-8.")
    # Digits and delimiters of UTF-16 have one byte that is 0; other letters may have none.
    for encoding, zeros, others in (
        ("utf-16-be", head[::2], head[1::2]),
        ("utf-16-le", head[1::2], head[::2]),
    ):
        if len(head) >= 8 and 0 not in others and 4 * zeros.count(0) > len(zeros):
            return encoding, "strict"
    return "utf-8-sig", "surrogateescape"


def _other_encoding(shown: str, number: int, line: str) -> str:
    """Return a sentence on a line that isn't in UTF-8; it names a likely encoding if one is."""
    found = UNDECODED.search(line)
    assert found
    start, end = found.start(), found.end()
    before = re.search(r"[^\W\d_]*$", line[max(0, start - 20) : start], re.ASCII)
    after = re.match(r"(?:[^\W\d_]|[\udc80-\udcff])*", line[start : end + 20], re.ASCII)
    assert before
    assert after
    raw = (before[0] + after[0]).encode("utf-8", "surrogateescape")
    # Words of Western languages have few letters that aren't ASCII; in Windows-1251 or Shift-JIS
    # nearly all bytes of a word are above 127.
    with contextlib.suppress(UnicodeDecodeError):
        word = raw.decode("cp1252")
        above = sum(byte > 127 for byte in raw)
        if word.isalpha() and (above == 1 or 2 * above <= len(raw)):
            return (
                f"{shown} is not in UTF-8: row {number:,} holds bytes that Latin-1 (Windows-1252) "
                f"reads as {word!r}. Save it as UTF-8."
            )
    return (
        f"{shown} is not in UTF-8: row {number:,} holds bytes of another encoding, such as "
        "Mac Roman, Windows-1251, Shift-JIS or GBK. Save it as UTF-8."
    )
