"""Cut text between characters as people see them, never inside one.

A character on screen can be several code points: a letter with its marks, a Devanagari conjunct,
a flag, an emoji of several people. The rules are those of Unicode's annex 29 that matter for names;
Python has no table of them.
"""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
VIRAMA = 9  # canonical combining class of the marks that join two consonants
# Format characters that can be seen: signs around or above numbers in Arabic, Syriac and Kaithi,
# such as the end of an ayah; how Egyptian hieroglyphs are put together; the Mongolian separator.
VISIBLE = frozenset(
    map(
        chr,
        (
            *(*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD),
            *(*range(0x13430, 0x13440), 0x180E),
        ),
    )
)


def clusters(text: str) -> list[str]:
    """Split text into characters as people see them; joined, they are the text again."""
    parts: list[str] = []
    for character in text:
        if parts and _continues(parts[-1], character):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _continues(before: str, character: str) -> bool:
    """Return whether a code point belongs to the cluster before it."""
    code, category = ord(character), unicodedata.category(character)
    if category in ("Mn", "Mc", "Me") or character in (JOINER, "\u200c", "\u0e33", "\u0eb3"):
        return True  # marks, joiners, and the vowel am of Thai and Lao
    if 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F:
        return True  # skin tones, and the tags in flags of regions
    if 0x1160 <= code <= 0x11FF:
        return True  # vowels and endings of Hangul syllables
    if before.endswith(JOINER):
        return True
    if category == "Lo" and unicodedata.combining(before.rstrip("\u200c\u200d")[-1:] or " ") == (
        VIRAMA
    ):
        return True
    return _is_flag_letter(character) and len(before) == 1 and _is_flag_letter(before)


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def first_clusters(text: str, most: int) -> str:
    """Return the start of a text, at most so many code points, cut between clusters.

    If the first cluster alone is longer, it is cut.
    """
    if len(text) <= most:
        return text
    start = ""
    for cluster in clusters(text[: most + 1]):
        if len(start) + len(cluster) > most:
            break
        start += cluster
    return start or text[:most]


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` characters as people see them, with … in the middle.

    Two thirds of what is kept are from the start.
    """
    if len(text) <= most:
        return text
    parts = clusters(text)
    if len(parts) <= most:
        return text
    end = max((most - 1) // 3, 0)
    start = max(most - 1 - end, 0)
    return "".join([*parts[:start], "…", *parts[len(parts) - end :]])
