"""Say of the files of EMNIST that their images are transposed."""

from __future__ import annotations

NOTE = (
    "The files of EMNIST hold their images transposed: if they lie on their side here, transpose "
    "them, and upload them again."
)


def notes(*names: str) -> tuple[str, ...]:
    """Return the note if a name of a file says that it is of EMNIST."""
    return (NOTE,) if any("emnist" in name.lower() for name in names) else ()
