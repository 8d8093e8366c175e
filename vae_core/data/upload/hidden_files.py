"""Tell files that are hidden, or that systems add, from those of a person."""

from __future__ import annotations

# Names in small letters.
_SYSTEM = {
    *("__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "__pycache__"),
    *("ehthumbs.db", "icon\r", "thumbs.db:encryptable", "system volume information"),
}


def is_system(name: str) -> bool:
    """Return whether a file or a folder is one that a system adds."""
    return name.casefold() in _SYSTEM


def is_hidden(name: str) -> bool:
    """Return whether a file or a folder is passed over; `~$` begins what Office leaves."""
    return name.startswith((".", "~$")) or is_system(name)


def lies_hidden(path: str) -> bool:
    """Return whether a file is hidden, or a folder that it is in."""
    return any(map(is_hidden, path.split("/")))
