"""Read the items of a text file, clean them, split them and label them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vae_core.data.tokens import LONGEST, SHORTEST, encode, printable_character
from vae_core.sandbox import RefusedError

FEWEST_ITEMS = 100
MOST_ITEMS = 100_000
MOST_CHARACTERS = 200  # distinct characters in all items
HELD_OUT = 5  # one of five items is held out
MOST_LENGTH_GROUPS = 5
# Zero-width non-joiner and joiner: invisible, but part of the spelling in Persian and in the
# scripts of India, and of emoji that are put together from several.
JOINERS = "\u200c\u200d"
LONGEST_ROW = 1 << 16  # bytes that are looked at to tell a table from texts
VIRAMA = 9  # combining class of the sign that ends a syllable in scripts of India


class Items(NamedTuple):
    """Texts as tokens, split into training and test texts.

    Attributes:
        x_train, x_test: (n, length) uint8 tokens; each row has an end token and then padding.
        y_train, y_test: (n,) int64, index into label_names.
        label_names: one name per label.
        vocabulary: the characters that tokens stand for, in order.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    label_names: tuple[str, ...]
    vocabulary: str


def split(texts: Sequence[str], labels: Sequence[str] | None = None, seed: int = 0) -> Items:
    """Encode texts as tokens and hold a fifth out, drawn by a fixed seed.

    A repeated text is used once, so that no text is in both parts.

    Args:
        texts: at most `LONGEST` characters each.
        labels: one label per text; None groups the texts by length.
        seed: for the split.
    """
    distinct = list(dict.fromkeys(texts))
    vocabulary = "".join(sorted(set("".join(distinct))))
    tokens = encode(distinct, vocabulary, max(map(len, distinct)) + 1).astype(np.uint8)
    if labels is None:
        names, indices = length_groups([len(text) for text in distinct])
    else:
        label_of = dict(zip(texts, labels, strict=True))
        names = tuple(dict.fromkeys(sorted(labels)))
        indices = np.array([names.index(label_of[text]) for text in distinct], np.int64)
    order = np.random.default_rng(seed).permutation(len(distinct))
    held_out, training = np.split(order, [len(distinct) // HELD_OUT])
    return Items(
        tokens[training], indices[training], tokens[held_out], indices[held_out], names, vocabulary
    )


def length_groups(lengths: Sequence[int]) -> tuple[tuple[str, ...], np.ndarray]:
    """Group texts by length, with about equally many texts per group, to label them.

    Returns:
        The groups' names, such as `5 characters` and `7 to 12 characters`, and the index (n,)
        int64 of each text's group.
    """
    edges = np.quantile(lengths, np.linspace(0, 1, MOST_LENGTH_GROUPS + 1)[1:], method="lower")
    edges = np.unique(edges)
    groups = np.searchsorted(edges, lengths)
    names, low = [], min(lengths)
    for high in edges:
        span = f"{low}" if low == high else f"{low} to {high}"
        names.append(f"{span} character{'' if low == high == 1 else 's'}")
        low = high + 1
    return tuple(names), groups.astype(np.int64)


def parse_items(content: bytes, shown: str) -> tuple[list[str], list[str]]:
    """Read the items of a text file, one per line.

    The file is in UTF-8, or in UTF-16 with a byte order mark. `normalize_text` is applied to each
    line.

    Args:
        content: the file's bytes.
        shown: its name, for error messages.

    Returns:
        The distinct items, and sentences that say which lines were left out.

    Raises:
        RefusedError: the file is not text, or holds too few or too many items or characters.
    """
    notes = []
    items, empty, too_long = [], 0, 0
    for number, line in enumerate(_text(content, shown).splitlines(), start=1):
        if len(line) > 20 * LONGEST:  # normalising a very long line would take long
            too_long += 1
            continue
        text = normalize_text(line)
        for character in text:
            if not is_allowed(character):
                raise RefusedError(
                    f"{shown}: line {number:,} holds {printable_character(character)}, which a "
                    "text can't contain: remove it."
                )
        empty += not text
        too_long += len(text) > LONGEST
        if SHORTEST <= len(text) <= LONGEST:
            items.append(text)
    distinct = list(dict.fromkeys(items))
    for count, one, many in (
        (empty, "empty line was", "empty lines were"),
        (
            too_long,
            f"line of more than {LONGEST} characters was",
            f"lines of more than {LONGEST} characters were",
        ),
        (
            len(items) - len(distinct),
            "line that repeats another was",
            "lines that repeat others were",
        ),
    ):
        if count:
            notes.append(f"{count:,} {one if count == 1 else many} left out.")
    if too_long > len(items) and _is_table(content):
        raise RefusedError(
            f"{shown} holds a table of numbers, not texts: give it the ending .csv if each row "
            "holds the pixels of an image."
        )
    if len(distinct) < FEWEST_ITEMS:
        why = f" ({' '.join(notes)})" if notes else ""
        raise RefusedError(
            f"{shown} holds {len(distinct):,} different items of at most {LONGEST} characters, "
            f"one per line: at least {FEWEST_ITEMS} are needed.{why}"
        )
    if len(distinct) > MOST_ITEMS:
        raise RefusedError(
            f"{shown} holds more than {MOST_ITEMS:,} items, one per line: leave some out."
        )
    characters = set("".join(distinct))
    if len(characters) > MOST_CHARACTERS:
        raise RefusedError(
            f"{shown} holds {len(characters):,} different characters; at most {MOST_CHARACTERS} "
            "can be learnt: leave out the lines with rare ones."
        )
    return distinct, notes


def _is_table(content: bytes) -> bool:
    """Return whether the last of the first lines holds numbers, beside a label at most."""
    line = content[:LONGEST_ROW].splitlines()[:3][-1].strip()
    rest = line.translate(None, b"0123456789eE+-.,;| \t")
    return bool(line) and 10 * len(rest) <= len(line)


def _text(content: bytes, shown: str) -> str:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not marked and b"\0" in content:
        raise RefusedError(f"{shown} is not a text file: it must hold one item per line, in UTF-8.")
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RefusedError(
            f"{shown} is not in UTF-8 (line {line:,} is the first that is not): save it as UTF-8."
        ) from None


def normalize_text(line: str) -> str:
    """Remove invisible characters and surplus spaces from a line, and compose its letters (NFC).

    `JOINERS` are kept between letters and between the parts of an emoji.
    """
    visible: list[str] = []
    waiting = ""  # a joiner that is kept if a letter follows
    for character in line:
        if unicodedata.category(character) != "Cf":
            visible += [waiting, character] if waiting and _joins(character) else [character]
            waiting = ""
        elif character in JOINERS and visible and not waiting:
            if unicodedata.combining(visible[-1]) == VIRAMA:  # it may end a word, in Malayalam
                visible.append(character)
            elif _joins(visible[-1]):
                waiting = character
    return " ".join(unicodedata.normalize("NFC", "".join(visible)).split())


def is_allowed(character: str) -> bool:
    """Return whether a normalised text can contain a character.

    Controls, noncharacters and characters for private use are refused. Characters newer than
    Python's table of Unicode, such as emoji, are allowed.
    """
    category = unicodedata.category(character)
    if category != "Cn":
        return category[0] not in "CZ" or character in JOINERS + " "
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
