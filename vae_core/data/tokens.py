"""Texts as sequences of tokens, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from vae_core.sandbox import RefusedError

SHORTEST, LONGEST = 1, 64  # characters of an item


def shown_character(character: str) -> str:
    """A character for a sentence: itself, or its number where it can't be seen."""
    if character.isprintable() and not character.isspace():
        return character
    return "the space" if character == " " else f"U+{ord(character):04X}"


PADDING = HIDDEN = 0


END = START = 1


FIRST = 2  # token of the first character of the vocabulary


class TextSize(NamedTuple):
    """What a network must know of the texts: tokens an item (with the end), and characters."""

    length: int
    characters: int


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
                f"{' '.join(map(shown_character, unknown[:5]))}: write it with others."
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
