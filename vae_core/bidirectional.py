"""Keep right-to-left text from reordering what stands beside it in a sentence."""

from __future__ import annotations

import unicodedata

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
# Classes of characters that make the text around them run from right to left, see UAX #9.
RIGHT_TO_LEFT = frozenset(("R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"))


def isolated(text: str) -> str:
    """Wrap a text that runs from right to left in marks that isolate it; other texts stay as is.

    Without them, a number or a comma that follows an Arabic or Hebrew name is shown on the wrong
    side of it.
    """
    if any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text
