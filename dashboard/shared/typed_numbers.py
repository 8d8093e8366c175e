"""Parse numbers that were typed with commas between them."""

from __future__ import annotations


def parse_numbers(text: str) -> list[float]:
    """Parse numbers with commas between them; return an empty list for any other text."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return []
