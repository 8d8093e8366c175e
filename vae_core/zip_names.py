"""The names of the entries of a zip, as whoever packed it wrote them."""

from __future__ import annotations

import struct
import zipfile
import zlib

UTF8_FLAG = 0x800
UNICODE_PATH = 0x7075  # extra field of Info-ZIP with the name in UTF-8


def entry_name(info: zipfile.ZipInfo) -> str:
    r"""Return an entry's name, with / between its parts.

    The format knows UTF-8, which a flag announces, and code page 437. macOS writes UTF-8 without
    the flag, so UTF-8 is tried first. PowerShell writes \ for /. Check the name before it is used.
    """
    name = info.orig_filename
    if not info.flag_bits & UTF8_FLAG:
        raw = name.encode("cp437", "surrogateescape")
        name = _unicode_path(info.extra, raw) or _utf8(raw) or name
    return name.replace("\\", "/")


def is_code_page(info: zipfile.ZipInfo) -> bool:
    """Return whether a name's letters are a guess, since it is neither ASCII nor UTF-8."""
    if info.flag_bits & UTF8_FLAG or info.orig_filename.isascii():
        return False
    raw = info.orig_filename.encode("cp437", "surrogateescape")
    return not (_unicode_path(info.extra, raw) or _utf8(raw))


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
