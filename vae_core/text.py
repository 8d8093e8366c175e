"""Short texts as token sequences: vocabulary, split, labels, and files of one item a line.

A token is a character. 0 is padding; as an input of the decoder, where no padding is read, it
stands for a character that word dropout hides. 1 is the end; as an input it is the start. The
characters of the vocabulary follow. A model of such sequences is one of all strings of these
characters, of any length: its distortion is -log of a likelihood.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from vae_core.untrusted import RefusedError

PADDING = HIDDEN = 0
END = START = 1
FIRST = 2  # token of the first character of the vocabulary

SHORTEST, LONGEST = 1, 64  # characters of an item
FEWEST_ITEMS = 100
MOST_ITEMS = 100_000
MOST_CHARACTERS = 200  # different ones
HELD_OUT = 5  # one of so many
MOST_LENGTH_GROUPS = 5


class TextSize(NamedTuple):
    """What a network must know of the texts: tokens an item (with the end), and characters."""

    length: int
    characters: int


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


def encode(texts: Sequence[str], vocabulary: str, length: int) -> np.ndarray:
    """Tokens (n, length) int32 of texts; see this module.

    Raises:
        RefusedError: a text is empty, too long, or has a character that is not in the vocabulary.
    """
    token_of = {character: FIRST + i for i, character in enumerate(vocabulary)}
    tokens = np.full((len(texts), length), PADDING, np.int32)
    for row, text in zip(tokens, texts, strict=True):
        if not SHORTEST <= len(text) < length:
            raise RefusedError(
                f"A text must have from {SHORTEST} to {length - 1} characters, as those that the "
                f"run was trained with; this one has {len(text)}."
            )
        unknown = sorted(set(text) - token_of.keys())
        if unknown:
            raise RefusedError(
                "The run was trained without the "
                f"{'character' if len(unknown) == 1 else 'characters'} "
                f"{' '.join(map(_shown, unknown[:5]))}: write it with others."
            )
        row[: len(text)] = [token_of[character] for character in text]
        row[len(text)] = END
    return tokens


def decode(tokens: np.ndarray, vocabulary: str) -> list[str]:
    """Texts of tokens (n, length): what stands before the end, or before padding."""
    found = []
    for row in np.asarray(tokens):
        ends = np.flatnonzero(row < FIRST)
        kept = row[: ends[0]] if len(ends) else row
        found.append("".join(vocabulary[token - FIRST] for token in kept))
    return found


def decoder_inputs(tokens: np.ndarray) -> np.ndarray:
    """What the decoder reads before each token: the start, and then the tokens before it."""
    start = np.full((len(tokens), 1), START, tokens.dtype)
    return np.concatenate([start, tokens[:, :-1]], axis=1)


# One step of a decoder: z (n, d), token (n, 1), state (n, u) and cell (n, u) -> logits (n, c + 1)
# of the end and the characters, and the next state and cell.
Step = Callable[..., Sequence[np.ndarray]]


def generate(
    step: Step,
    z: np.ndarray,
    state: tuple[np.ndarray, np.ndarray],
    length: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Tokens (n, length) that a decoder writes, one after the other, until each text has ended.

    Args:
        step: see `Step`.
        z: (n, d).
        state: state and cell to begin with, (n, u) each.
        length: most tokens; what has not ended by then is cut off.
        temperature: divides the logits before a token is drawn; 0 takes the likeliest.
        seed: of the draws.
    """
    n = len(z)
    hidden, cell = state
    last = np.full((n, 1), START, np.int32)
    tokens = np.full((n, length), PADDING, np.int32)
    going = np.ones(n, bool)
    rng = np.random.default_rng(seed)
    for position in range(length):
        logits, hidden, cell = step(z, last, hidden, cell)
        logits = np.asarray(logits, np.float64)
        if temperature > 0:  # Gumbel (1954): the largest is a draw from the softmax
            logits = logits / temperature + rng.gumbel(size=(n, logits.shape[1]))
        chosen = logits.argmax(axis=1) + END
        tokens[going, position] = chosen[going]
        going &= chosen != END
        if not going.any():
            break
        last = chosen.astype(np.int32)[:, None]
    return tokens


# --- items --------------------------------------------------------------------------------


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


# --- character names ----------------------------------------------------------------------

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


def unicode_names() -> tuple[list[str], list[str]]:
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


# --- files --------------------------------------------------------------------------------


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
                    f"{shown}: line {number:,} holds {_shown(character)}, which is no character "
                    "of a text: remove it."
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


def _shown(character: str) -> str:
    """A character for a sentence: itself, or its number where it can't be seen."""
    if character.isprintable() and not character.isspace():
        return character
    return "the space" if character == " " else f"U+{ord(character):04X}"
