"""Where the arrays of a weights file lie in it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import h5py


class Span(NamedTuple):
    """Where an array lies in a file, in bytes."""

    offset: int
    length: int


def stored_arrays(path: Path) -> dict[bytes, Span]:
    """The arrays of an HDF5 file that lie there in one piece, by their bytes."""
    spans: dict[bytes, Span] = {}

    def visit(_name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.id.get_offset() is not None:
            spans[item[()].tobytes()] = Span(item.id.get_offset(), item.id.get_storage_size())

    with h5py.File(path) as file:
        file.visititems(visit)
    return spans
