"""Encode texts as sequences of tokens, and decode tokens.

0 is padding, 1 is the end of a text, and 2 is the first character of the vocabulary. In the
decoder's input, 0 is a hidden token and 1 is the start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from vae_core.bidirectional import isolated
from vae_core.sandbox import RefusedError

SHORTEST, LONGEST = 1, 64  # characters per item


def printable_character(character: str) -> str:
    """Return a character for a message: itself, "(space)", or its code point if it is invisible."""
    if character.isprintable() and not character.isspace():
        return isolated(character)
    return "(space)" if character == " " else f"U+{ord(character):04X}"


PADDING = HIDDEN = 0
END = START = 1
FIRST = 2


def encode(texts: Sequence[str], vocabulary: str, length: int) -> np.ndarray:
    """Encode texts as tokens (n, length) int32.

    Raises:
        RefusedError: a text is empty, too long, or has a character that is not in the vocabulary.
    """
    token_of = {character: FIRST + i for i, character in enumerate(vocabulary)}
    tokens = np.full((len(texts), length), PADDING, np.int32)
    for row, text in zip(tokens, texts, strict=True):
        if not SHORTEST <= len(text) < length:
            raise RefusedError(
                f"A text must have from {SHORTEST} to {length - 1} characters, like the texts that "
                f"the run was trained with; this one has {len(text)}."
            )
        unknown = sorted(set(text) - token_of.keys())
        if unknown:
            noun, pronoun = ("character", "it") if len(unknown) == 1 else ("characters", "them")
            raise RefusedError(
                f"The run was trained without the {noun} "
                f"{' '.join(map(printable_character, unknown[:5]))}: "
                f"write the text without {pronoun}."
            )
        row[: len(text)] = [token_of[character] for character in text]
        row[len(text)] = END
    return tokens


def decode(tokens: np.ndarray, vocabulary: str) -> list[str]:
    """Decode tokens (n, length) to n texts, each up to its end or its padding."""
    texts = []
    for row in np.asarray(tokens):
        ends = np.flatnonzero(row < FIRST)
        characters = row[: ends[0]] if len(ends) else row
        texts.append("".join(vocabulary[token - FIRST] for token in characters))
    return texts


def decoder_inputs(tokens: np.ndarray) -> np.ndarray:
    """Shift tokens (n, length) to the right, with the start token first: the decoder's input."""
    start = np.full((len(tokens), 1), START, tokens.dtype)
    return np.concatenate([start, tokens[:, :-1]], axis=1)


# One step of a decoder: z (n, d), token (n, 1), and its states -> logits (n, c + 1) of the end
# token and the c characters, and the next states.
Step = Callable[..., Sequence[np.ndarray]]


def generate(
    step: Step,
    z: np.ndarray,
    states: Sequence[np.ndarray],
    length: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Generate texts token by token until each has ended.

    Args:
        step: one step of the decoder, see `Step`.
        z: (n, d).
        states: the initial states of the decoder.
        length: maximum of tokens per text; a longer text is cut off.
        temperature: divides the logits before a token is drawn; 0 takes the likeliest token.
        seed: for the draws.

    Returns:
        Tokens (n, length) int32.
    """
    n = len(z)
    last = np.full((n, 1), START, np.int32)
    tokens = np.full((n, length), PADDING, np.int32)
    unfinished = np.ones(n, bool)
    rng = np.random.default_rng(seed)
    for position in range(length):
        logits, *states = step(z, last, *states)
        logits = np.asarray(logits, np.float64)
        if temperature > 0:  # the index of the largest logit + Gumbel noise is a softmax sample
            logits = logits / temperature + rng.gumbel(size=(n, logits.shape[1]))
        chosen = logits.argmax(axis=1) + END
        tokens[unfinished, position] = chosen[unfinished]
        unfinished &= chosen != END
        if not unfinished.any():
            break
        last = chosen.astype(np.int32)[:, None]
    return tokens
