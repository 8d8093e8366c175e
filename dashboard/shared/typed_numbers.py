"""Numbers that somebody typed, with commas between them."""

from __future__ import annotations


def parse_numbers(text: str) -> list[float]:
    """Numbers with commas between them; none where the text is anything else."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return []
