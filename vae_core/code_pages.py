"""Tell whether bytes that are no UTF-8 are a text in a Western code page."""

from __future__ import annotations

import re
import unicodedata

WESTERN = "cp1252"  # Windows-1252, which holds all of Latin-1
TYPOGRAPHIC = "’–—€£°«»"  # signs that Western texts hold beside letters
_WORD = re.compile(r"(?:[^\W\d_]|[^\0-\x7f])+")


def western_text(raw: bytes) -> str | None:
    """Return bytes as Windows-1252, or None if the words would not be Western ones.

    These have few letters that aren't ASCII. In Windows-1251, Shift-JIS or GBK nearly all bytes of
    a word are above 127.
    """
    try:
        text = raw.decode(WESTERN)
    except UnicodeDecodeError:
        return None
    return text if all(map(_is_western, {*_WORD.findall(text)})) else None


def has_only_latin_letters(text: str) -> bool:
    """Return whether all characters that aren't ASCII are Latin letters."""
    return all(c.isascii() or unicodedata.name(c, "").startswith("LATIN") for c in text)


def _is_western(word: str) -> bool:
    above = sum(not letter.isascii() for letter in word)
    known = all(letter.isalpha() or letter in TYPOGRAPHIC for letter in word)
    return not above or (known and (above == 1 or 2 * above <= len(word)))
