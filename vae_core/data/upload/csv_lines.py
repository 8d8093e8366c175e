"""Yield the lines of a table in a text file: unpacked, decoded and of limited length."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from vae_core import sandbox
from vae_core.data.upload.limits import LONGEST_LINE, Limits
from vae_core.sandbox import RefusedError

TABLES = (".csv", ".tsv", ".tab")  # endings
ZIP = b"PK\x03\x04"
UNDECODED = re.compile("[\udc80-\udcff]+")  # bytes that aren't UTF-8, as surrogateescape keeps them


def read_lines(path: Path, shown: str, limits: Limits) -> Iterator[str]:
    """Yield the lines of a text file with their ends (LF, CRLF or CR).

    The file may be packed alone in a zip file. It is in UTF-8, or in UTF-16 with a byte order mark.

    Raises:
        RefusedError: the file is damaged, no text, or in another encoding, or a line is too long.
    """
    number = 0
    try:
        with _opened(path, shown, limits) as file:
            encoding, errors = _encoding(file.read(512), shown)
            file.seek(0)
            text = io.TextIOWrapper(file, encoding, errors, newline="")
            while line := text.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    most = sandbox.format_bytes(LONGEST_LINE)
                    raise RefusedError(f"{shown}: row {number:,} is longer than {most}.")
                if "\0" in line:
                    raise RefusedError(f"{shown} is not text: row {number:,} holds a NUL.")
                if not line.isascii() and UNDECODED.search(line):
                    raise RefusedError(_other_encoding(shown, number, line))
                yield line.replace("\ufeff", "") if not line.isascii() else line
    except UnicodeDecodeError:
        raise RefusedError(
            f"{shown} is damaged: it starts as UTF-16, but row {number + 1:,} is not. Save it as "
            "UTF-8."
        ) from None


@contextlib.contextmanager
def _opened(path: Path, shown: str, limits: Limits) -> Iterator[IO[bytes]]:
    """Open a table, which may be packed alone in a zip file."""
    with open(path, "rb") as file:
        if not file.peek(4).startswith(ZIP):
            yield file
            return
    with sandbox.archive(path, shown, limits.unpacked_bytes) as (archive, files):
        table = only_table(files)
        if table is None:
            raise RefusedError(f"{shown} is a zip file without a table: unpack it.")
        with archive.open(table) as packed:
            yield packed


def only_table(files: list[zipfile.ZipInfo]) -> zipfile.ZipInfo | None:
    """Return the table in a zip file, if it holds nothing else."""
    found = [
        info
        for info in files
        if not any(p.startswith((".", "__MACOSX")) for p in PurePosixPath(info.filename).parts)
    ]
    if len(found) != 1 or PurePosixPath(found[0].filename).suffix.lower() not in TABLES:
        return None
    return found[0]


def _encoding(head: bytes, shown: str) -> tuple[str, str]:
    """Return the encoding that the first bytes of a file name, and how to treat other bytes."""
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise RefusedError(f"{shown} is in UTF-32: save it as UTF-8.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", "strict"
    pairs = head[: len(head) // 2 * 2]
    for zeros, others in ((pairs[::2], pairs[1::2]), (pairs[1::2], pairs[::2])):
        if len(pairs) >= 8 and not any(zeros) and all(others):
            raise RefusedError(
                f"{shown} is in UTF-16, but without the byte order mark that says so: save it as "
                "UTF-8."
            )
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
        "Windows-1251, Shift-JIS or GBK. Save it as UTF-8."
    )
