"""Find the bytes of each array in a weights file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import h5py


class Span(NamedTuple):
    """The place of an array in a file, in bytes."""

    offset: int
    length: int


def stored_arrays(path: Path) -> dict[bytes, Span]:
    """The places of the contiguous arrays of an HDF5 file; the key is an array's bytes."""
    spans: dict[bytes, Span] = {}

    def visit(_name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.id.get_offset() is not None:
            spans[item[()].tobytes()] = Span(item.id.get_offset(), item.id.get_storage_size())

    with h5py.File(path) as file:
        file.visititems(visit)
    return spans
