"""Names of characters in the Unicode database."""

from __future__ import annotations

import unicodedata

import numpy as np

from vae_core.data import text_items
from vae_core.data.dataset import Dataset, of_items

KINDS = {  # general categories of Unicode, by their first letters
    "Lu": "capital letter",
    "Ll": "small letter",
    "L": "other letter",
    "N": "number",
    "P": "punctuation",
    "Sm": "mathematical symbol",
    "S": "other symbol",
}


NAME_LENGTH = 32


NAMES_EACH = 150


LEFT_OUT = ("CJK ", "HANGUL SYLLABLE", "YI ")  # thousands of names that differ in a number


def character_names() -> tuple[list[str], list[str]]:
    """Names of characters in the Unicode database, and what kind of character each is.

    Letters, symbols, numbers and punctuation of Unicode 3.2, which every Python carries beside
    its newest, so that the texts are the same everywhere. Names of up to `NAME_LENGTH`
    characters, at most `NAMES_EACH` with the same first word, drawn by a fixed seed.
    """
    database = unicodedata.ucd_3_2_0
    by_word: dict[str, list[tuple[str, str]]] = {}
    for code in range(0x20000):  # ideographs follow
        character = chr(code)
        name, category = database.name(character, ""), database.category(character)
        kind = KINDS.get(category) or KINDS.get(category[0])
        if kind and 0 < len(name) <= NAME_LENGTH and not name.startswith(LEFT_OUT):
            by_word.setdefault(name.split()[0], []).append((name, kind))
    rng = np.random.default_rng(0)
    found: list[tuple[str, str]] = []
    for _, names in sorted(by_word.items()):
        found += [names[i] for i in np.sort(rng.permutation(len(names))[:NAMES_EACH])]
    return [name for name, _ in found], [kind for _, kind in found]


def load_unicode_names() -> Dataset:
    """5,845 names of characters, see `character_names`; a fifth is held out."""
    return of_items("unicode_names", text_items.split(*character_names()))
