"""Read the items of a text file, clean them, split them and label them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vae_core.data.text_characters import is_allowed, normalize_text
from vae_core.data.text_encoding import decoded
from vae_core.data.tokens import LONGEST, SHORTEST, encode, printable_character
from vae_core.sandbox import RefusedError

FEWEST_ITEMS = 100
MOST_ITEMS = 100_000
MOST_CHARACTERS = 200  # distinct characters in all items
HELD_OUT = 5  # one of five items is held out
MOST_LENGTH_GROUPS = 5
LONGEST_ROW = 1 << 16  # bytes that are looked at to tell a table from texts


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

    See `decoded` for the encoding. `normalize_text` is applied to each line.

    Args:
        content: the file's bytes.
        shown: its name, for error messages.

    Returns:
        The distinct items, and sentences on the encoding, and on what was left out.

    Raises:
        RefusedError: the file is not text, or holds too few or too many items or characters.
    """
    whole, notes = decoded(content, shown)
    items, empty, too_long = [], 0, 0
    removed: Counter[str] = Counter()
    for number, line in enumerate(whole.splitlines(), start=1):
        if len(line) > 20 * LONGEST:  # normalising a very long line would take long
            too_long += 1
            continue
        text = normalize_text(line)
        if len(text) < len(line) and not line.isascii():
            removed += _formats(line) - _formats(text)
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
    if removed:
        some = ", ".join(f"{_code(c)} ({count:,})" for c, count in removed.most_common(5))
        more = f" and {len(removed) - 5} others" if len(removed) > 5 else ""
        notes.append(f"Characters that can't be seen were removed: {some}{more}.")
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


def _formats(text: str) -> Counter[str]:
    """Count the format characters of a text, most of which can't be seen."""
    return Counter(c for c in text if unicodedata.category(c) == "Cf")


def _code(character: str) -> str:
    """Return the code point and the name of a character."""
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X} {name}".strip()


def _is_table(content: bytes) -> bool:
    """Return whether the last of the first lines holds numbers, beside a label at most."""
    line = content[:LONGEST_ROW].splitlines()[:3][-1].translate(None, b" \t")
    rest = line.translate(None, b"0123456789eE+-.,;|")
    return bool(line) and 10 * len(rest) <= len(line)
