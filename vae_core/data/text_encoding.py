"""Decode a text file: find its encoding, or name it in a sentence."""

from __future__ import annotations

import codecs
import unicodedata

from vae_core.data.text_characters import is_allowed
from vae_core.sandbox import RefusedError

# Byte order mark -> the encoding, the longer marks first.
MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
WITHOUT_MARK = ("UTF-16-LE", "UTF-16-BE", "UTF-32-LE", "UTF-32-BE")


def decoded(content: bytes, shown: str) -> tuple[str, list[str]]:
    """Decode the content of a text file.

    It is UTF-8; or UTF-16 or UTF-32 with a byte order mark, or without one if only one reading
    gives lines of text.

    Args:
        content: the file's bytes.
        shown: its name, for error messages.

    Returns:
        The text, and a sentence on its encoding if the file doesn't say which one it is.

    Raises:
        RefusedError: it is in another encoding, or no text.
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return _strictly(content, encoding, shown), []
    if b"\0" in content:
        return _without_mark(content, shown)
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        raise RefusedError(_other_encoding(content, error.start, shown)) from None


def _strictly(content: bytes, encoding: str, shown: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "replace")
        raise RefusedError(
            f"{shown} is damaged: it starts as {encoding}, but line {before.count(chr(10)) + 1:,} "
            "is not. Save it as UTF-8."
        ) from None


def _without_mark(content: bytes, shown: str) -> tuple[str, list[str]]:
    """Decode text in which a character takes two or four bytes, if it is certain which."""
    possible = []
    for encoding in WITHOUT_MARK:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        characters = set(text)
        if characters & {"\n", "\r"} and all(map(_is_in_a_text, characters)):
            possible.append((encoding, text))
    if len(possible) != 1:
        raise RefusedError(
            f"{shown} is not a text file: it must hold one item per line, in UTF-8. Line "
            f"{content[: content.index(0)].count(10) + 1:,} holds a NUL."
        )
    (encoding, text), *_ = possible
    return text, [f"The file has no byte order mark: it was read as {encoding}."]


def _is_in_a_text(character: str) -> bool:
    return character in "\t\n\r\ufeff" or (
        is_allowed(character) and unicodedata.category(character) != "Cn"
    )


def _other_encoding(content: bytes, start: int, shown: str) -> str:
    """Return a sentence on the byte that isn't UTF-8; it names a likely encoding if one is."""
    line = content[:start].count(b"\n") + 1
    first = max(content.rfind(blank, 0, start) for blank in (b" ", b"\n", b"\r", b"\t")) + 1
    word = content[max(first, start - 20) : start + 20].split()[0]
    read = word.decode("cp1252", "replace")
    above = sum(byte > 127 for byte in word)
    # Words of Western languages have few letters that aren't ASCII; in Windows-1251 or Shift-JIS
    # nearly all bytes of a word are above 127.
    if any(map(str.isalpha, read)) and "\ufffd" not in read and 2 * above <= len(word):
        return (
            f"{shown} is not in UTF-8: line {line:,} holds bytes that Latin-1 (Windows-1252) reads "
            f"as {read!r}. Save it as UTF-8."
        )
    return (
        f"{shown} is not in UTF-8: line {line:,} holds bytes of another encoding, such as "
        "Windows-1251, Shift-JIS or GBK. Save it as UTF-8."
    )
