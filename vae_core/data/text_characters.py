"""Which characters a text can contain, and what is removed from a line."""

from __future__ import annotations

import re
import unicodedata

from vae_core.graphemes import VISIBLE

# Zero-width non-joiner and joiner: invisible, but part of the spelling in Persian and in the
# scripts of India, and of emoji that are put together from several.
JOINERS = "\u200c\u200d"
VIRAMA = 9  # combining class of the sign that ends a syllable in scripts of India
# An emoji of a flag of a region: the letters of its name as tags, and the end of the tags.
TAGS = frozenset(map(chr, (*range(0xE0020, 0xE0080),)))
FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")


def normalize_text(line: str) -> str:
    """Remove invisible characters and surplus spaces from a line, and compose its letters (NFC).

    `VISIBLE` format characters are kept, `JOINERS` between letters and between the parts of an
    emoji, and `TAGS` in the emoji of a flag.
    """
    if not line.isascii():
        kept, end = [], 0
        for flag in FLAG.finditer(line):
            kept += [_without_invisible(line[end : flag.start()]), flag[0]]
            end = flag.end()
        line = "".join([*kept, _without_invisible(line[end:])])
    return " ".join(unicodedata.normalize("NFC", line).split())


def _without_invisible(text: str) -> str:
    visible: list[str] = []
    waiting = ""  # a joiner that is kept if a letter follows
    for character in text:
        if character in VISIBLE or unicodedata.category(character) != "Cf":
            visible += [waiting, character] if waiting and _joins(character) else [character]
            waiting = ""
        elif character in JOINERS and visible and not waiting:
            if unicodedata.combining(visible[-1]) == VIRAMA:  # it may end a word, in Malayalam
                visible.append(character)
            elif _joins(visible[-1]):
                waiting = character
    return "".join(visible)


def is_allowed(character: str) -> bool:
    """Return whether a normalised text can contain a character.

    Controls, noncharacters and characters for private use are refused. Characters newer than
    Python's table of Unicode, such as emoji, are allowed.
    """
    category = unicodedata.category(character)
    if category != "Cn":
        invisible_or_odd = category[0] in "CZ" and character not in VISIBLE | TAGS
        return not invisible_or_odd or character in JOINERS + " "
    code = ord(character)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    # Beyond the planes 0 to 3 no visible characters are assigned; U+2065 and U+FFF0 to U+FFF8 are
    # reserved for invisible ones.
    return code < 0x40000 and not (is_noncharacter or code == 0x2065 or 0xFFF0 <= code <= 0xFFF8)


def _joins(character: str) -> bool:
    """Return whether a joiner beside a character has an effect: letters, marks and emoji."""
    return unicodedata.category(character)[0] in "LM" or (
        unicodedata.category(character) in ("So", "Sk", "Sm", "Cn") and ord(character) > 0xFF
    )
