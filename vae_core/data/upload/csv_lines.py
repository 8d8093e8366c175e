"""Yield the lines of a table in a text file: unpacked, decoded and of limited length."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from vae_core import sandbox
from vae_core.data.upload.conversions import GZIP, ZIP, refuse_other_format
from vae_core.data.upload.limits import LONGEST_LINE, Limits
from vae_core.sandbox import BOMB_BYTES, BOMB_RATIO, RefusedError

TABLE_ENDINGS = (".csv", ".tsv", ".txt")
UNDECODED = re.compile("[\udc80-\udcff]+")  # bytes that aren't UTF-8, as surrogateescape keeps them


def read_lines(path: Path, shown: str, limits: Limits) -> Iterator[str]:
    """Yield the lines of a text file with their ends (LF, CRLF or CR).

    The file may be packed with gzip, or alone in a zip file. It is in UTF-8, or in UTF-16 with a
    byte order mark.

    Raises:
        RefusedError: the file is damaged, no text, in another encoding, or too large when
            unpacked, or a line is too long.
    """
    number = 0
    try:
        with _unpacked(path, shown, limits) as file:
            encoding, errors = _encoding(file.peek(512)[:512], shown)
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
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RefusedError(
            f"{shown} is packed with gzip, and is damaged or cut off: pack it again."
        ) from error


@contextlib.contextmanager
def _unpacked(path: Path, shown: str, limits: Limits) -> Iterator[io.BufferedReader]:
    """Open a file, and unpack it if its first bytes say that it is a gzip or zip file."""
    with open(path, "rb") as file:
        head = file.peek(8)
        if head.startswith(GZIP):
            size = path.stat().st_size
            with gzip.GzipFile(fileobj=file) as packed, _bounded(packed, shown, size, limits) as f:
                refuse_other_format(f.peek(512)[:512], shown)
                yield f
        elif head.startswith(ZIP):
            with sandbox.archive(path, shown, limits.unpacked_bytes) as (archive, files):
                info = _only_table(files, shown)
                with (
                    archive.open(info) as member,
                    _bounded(member, shown, info.compress_size, limits) as f,
                ):
                    yield f
        else:
            refuse_other_format(file.peek(512)[:512], shown)
            yield file


def _only_table(files: list[zipfile.ZipInfo], shown: str) -> zipfile.ZipInfo:
    names = [PurePosixPath(info.filename) for info in files]
    if any(name.name == "[Content_Types].xml" for name in names):
        raise RefusedError(f"{shown} is really an Excel workbook: save the sheet as CSV.")
    tables = [
        info
        for info, name in zip(files, names, strict=True)
        if not any(part.startswith((".", "__MACOSX")) for part in name.parts)
    ]
    if len(tables) != 1 or PurePosixPath(tables[0].filename).suffix.lower() not in TABLE_ENDINGS:
        raise RefusedError(
            f"{shown} is really a zip file, and holds more than one table: unpack it, and upload "
            "one .csv file."
        )
    return tables[0]


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Bounded(io.RawIOBase):
    """Reads a packed file, and refuses it once it unpacks to too much."""

    def __init__(self, packed: _Readable, shown: str, size: int, limits: Limits) -> None:
        self.packed, self.shown, self.size, self.limits = packed, shown, size, limits
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.packed.read(len(buffer))
        buffer[: len(content)] = content
        self.count += len(content)
        if self.count > self.limits.unpacked_bytes:
            most = sandbox.format_bytes(self.limits.unpacked_bytes)
            raise RefusedError(f"{self.shown} unpacks to more than {most}: leave rows out.")
        if self.count > max(BOMB_BYTES, BOMB_RATIO * self.size):
            raise RefusedError(
                f"{self.shown} unpacks to more than {BOMB_RATIO} times its size, as a zip bomb "
                "does: upload it unpacked."
            )
        return len(content)


def _bounded(packed: _Readable, shown: str, size: int, limits: Limits) -> io.BufferedReader:
    return io.BufferedReader(_Bounded(packed, shown, size, limits), 1 << 16)


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
