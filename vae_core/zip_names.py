"""The names of the entries of a zip, as whoever packed it wrote them."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable

from vae_core.code_pages import has_only_latin_letters, western_text

UTF8_FLAG = 0x800
UNICODE_PATH = 0x7075  # extra field of Info-ZIP with the name in UTF-8


def entry_name(info: zipfile.ZipInfo) -> str:
    r"""Return an entry's name, with / between its parts.

    The format knows UTF-8, which a flag announces, and code page 437. macOS writes UTF-8 without
    the flag, so UTF-8 is tried first; some programs write the code page of Windows. PowerShell
    writes \ for /. Check the name before it is used.
    """
    name = _unicode_name(info)
    if name is not None:
        return name.replace("\\", "/")
    return "/".join(_legacy(part)[0] for part in _parts(_raw(info)))


def code_pages(infos: Iterable[zipfile.ZipInfo]) -> list[str]:
    """Return the code pages that names are a guess of, since they are neither ASCII nor UTF-8."""
    raws = [_raw(info) for info in infos if _unicode_name(info) is None]
    return sorted({_legacy(part)[1] for raw in raws for part in _parts(raw) if not part.isascii()})


def _raw(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("cp437", "surrogateescape")


def _unicode_name(info: zipfile.ZipInfo) -> str | None:
    if info.flag_bits & UTF8_FLAG:
        return info.orig_filename
    raw = _raw(info)
    return _unicode_path(info.extra, raw) or _utf8(raw)


def _parts(raw: bytes) -> list[bytes]:
    r"""Split a name into folders and file.

    The byte of \ may be the second one of a letter in Shift-JIS, GBK or Big5, so it only counts in
    names without /, and behind an ASCII letter.
    """
    return raw.split(b"/") if b"/" in raw else re.split(rb"(?<=[\0-\x7f])\\", raw)


def _legacy(part: bytes) -> tuple[str, str]:
    """Return a folder or file in a code page, and the page."""
    text = part.decode("cp437", "surrogateescape")
    if not has_only_latin_letters(text) and (western := western_text(part)):
        return western, "Windows-1252"
    return text, "code page 437"


def _utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Return the name in the extra field, if it was made for this name."""
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == UNICODE_PATH and len(field) > 5 and field[0] == 1:
            (checksum,) = struct.unpack("<L", field[1:5])
            if checksum == zlib.crc32(raw):
                return _utf8(field[5:])
    return None
