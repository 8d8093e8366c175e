"""The items of a text file: cleaned, split and labelled."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vae_core.data.tokens import LONGEST, SHORTEST, encode, shown_character
from vae_core.sandbox import RefusedError

FEWEST_ITEMS = 100


MOST_ITEMS = 100_000


MOST_CHARACTERS = 200  # different ones


HELD_OUT = 5  # one of so many


MOST_LENGTH_GROUPS = 5


class Items(NamedTuple):
    """Texts as tokens, split.

    Attributes:
        x_train, x_test: (n, length) uint8 tokens, each row ended and then padded.
        y_train, y_test: (n,) int64, index into label_names.
        label_names: one name a label.
        vocabulary: its characters in order.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    label_names: tuple[str, ...]
    vocabulary: str


def split(texts: Sequence[str], labels: Sequence[str] | None = None, seed: int = 0) -> Items:
    """Distinct texts as tokens; a fifth, drawn by a fixed seed, is held out.

    A text that comes twice is taken once, so that none is on both sides.

    Args:
        texts: of at most `LONGEST` characters.
        labels: one a text; None labels them by their length.
        seed: of the split.
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
    held_out, chosen = np.split(order, [len(distinct) // HELD_OUT])
    return Items(
        tokens[chosen], indices[chosen], tokens[held_out], indices[held_out], names, vocabulary
    )


def length_groups(lengths: Sequence[int]) -> tuple[tuple[str, ...], np.ndarray]:
    """Labels of texts that have none: groups of similar length, about as many texts in each.

    Returns:
        Names such as `5 characters` and `7 to 12 characters`, and the index (n,) of each text's.
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


def items_of(content: bytes, shown: str) -> tuple[list[str], list[str]]:
    """The items of a text file, one a line, and sentences on what was done to them.

    UTF-8, or UTF-16 with its mark. Spaces around and repeated ones go, as do characters without
    a shape; letters are composed (NFC).

    Args:
        content: of the file.
        shown: its name, for sentences.

    Raises:
        RefusedError: it is no such file, or holds too few or too many items or characters.
    """
    notes = []
    items, empty, long = [], 0, 0
    for number, line in enumerate(_text(content, shown).splitlines(), start=1):
        if len(line) > 20 * LONGEST:  # before anything is done that takes long
            long += 1
            continue
        text = tidied(line)
        for character in text:
            if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn"):
                raise RefusedError(
                    f"{shown}: line {number:,} holds {shown_character(character)}, which is no "
                    "character of a text: remove it."
                )
        empty += not text
        long += len(text) > LONGEST
        if SHORTEST <= len(text) <= LONGEST:
            items.append(text)
    distinct = list(dict.fromkeys(items))
    for count, one, many in (
        (empty, "empty line was", "empty lines were"),
        (
            long,
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
    if len(distinct) < FEWEST_ITEMS:
        why = f" ({' '.join(notes)})" if notes else ""
        raise RefusedError(
            f"{shown} holds {len(distinct):,} different items of at most {LONGEST} characters, "
            f"one a line: at least {FEWEST_ITEMS} are needed.{why}"
        )
    if len(distinct) > MOST_ITEMS:
        raise RefusedError(
            f"{shown} holds more than {MOST_ITEMS:,} items, one a line: leave some out."
        )
    characters = set("".join(distinct))
    if len(characters) > MOST_CHARACTERS:
        raise RefusedError(
            f"{shown} holds {len(characters):,} different characters; at most {MOST_CHARACTERS} "
            "can be learnt: leave out the lines with rare ones."
        )
    return distinct, notes


def _text(content: bytes, shown: str) -> str:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not marked and b"\0" in content:
        raise RefusedError(f"{shown} is not a text file: it must hold one item a line, in UTF-8.")
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RefusedError(
            f"{shown} is not in UTF-8 (line {line:,} is the first that is not): save it as UTF-8."
        ) from None


def tidied(line: str) -> str:
    """One item as it is learnt and typed: see `items_of`."""
    seen = "".join(c for c in line if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFC", seen).split())
