"""The data set `unicode_names`: names of characters in the Unicode database."""

from __future__ import annotations

import unicodedata

import numpy as np

from vae_core.data import text_items
from vae_core.data.dataset import Dataset, of_items

KINDS = {  # general category of Unicode, or its first letter -> label
    "Lu": "capital letter",
    "Ll": "small letter",
    "L": "other letter",
    "N": "number",
    "P": "punctuation",
    "Sm": "mathematical symbol",
    "S": "other symbol",
}

NAME_LENGTH = 32
NAMES_EACH = 150  # at most so many names with the same first word are used
LEFT_OUT = ("CJK ", "HANGUL SYLLABLE", "YI ")  # thousands of names that differ only in a number


def character_names() -> tuple[list[str], list[str]]:
    """Return names of Unicode characters and the kind of each character.

    They are letters, symbols, numbers and punctuation of Unicode 3.2. Every Python includes this
    version beside its newest one, so the texts are the same everywhere. Names have at most
    `NAME_LENGTH` characters. Of names with the same first word at most `NAMES_EACH` are used,
    drawn by a fixed seed.
    """
    database = unicodedata.ucd_3_2_0
    by_word: dict[str, list[tuple[str, str]]] = {}
    for code in range(0x20000):  # beyond, there are only ideographs
        character = chr(code)
        name, category = database.name(character, ""), database.category(character)
        kind = KINDS.get(category) or KINDS.get(category[0])
        if kind and 0 < len(name) <= NAME_LENGTH and not name.startswith(LEFT_OUT):
            by_word.setdefault(name.split()[0], []).append((name, kind))
    rng = np.random.default_rng(0)
    chosen: list[tuple[str, str]] = []
    for _, names in sorted(by_word.items()):
        chosen += [names[i] for i in np.sort(rng.permutation(len(names))[:NAMES_EACH])]
    return [name for name, _ in chosen], [kind for _, kind in chosen]


def load_unicode_names() -> Dataset:
    """Load 5,845 names of characters, see `character_names`; a fifth is held out."""
    return of_items("unicode_names", text_items.split(*character_names()))
