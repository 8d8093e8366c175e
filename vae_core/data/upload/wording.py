"""Counts and lists of names for the sentences that people read."""

from __future__ import annotations

from collections.abc import Sequence

from vae_core.graphemes import shortened
from vae_core.sandbox import display_name

NAMED, LONGEST_NAME = 3, 24  # names in a list, and characters of each


def counted(count: int, one: str, several: str) -> str:
    """Return `1 image was` or `12 images were`.

    Args:
        count: of the things.
        one, several: the words after 1, and after other numbers.
    """
    return f"{count:,} {one if count == 1 else several}"


def listed(words: Sequence[str], most: int = NAMED) -> str:
    """Return `a, b and c`, or the first words and how many more there are."""
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most:,} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def some_names(names: Sequence[str]) -> str:
    """Return names from a file as `listed` does, each shortened."""
    return listed([shortened(display_name(name), LONGEST_NAME) for name in names])
