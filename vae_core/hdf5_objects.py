"""Walk through an HDF5 file from outside, and tell which of its arrays are plain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from vae_core.sandbox import RefusedError

MOST_OBJECTS = 1000  # groups and arrays in a file


def datasets(
    group: Any, deepest: int, refused: Callable[[str], RefusedError]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and the `h5py.Dataset` of every array in a file. Links are not followed.

    Args:
        group: the open file.
        deepest: levels of groups.
        refused: makes the error of a sentence without its subject, such as "holds a link".

    Raises:
        RefusedError: the file holds a link, something else than groups and arrays, or too much.
    """
    import h5py

    objects = 0
    groups: list[tuple[tuple[str, ...], Any]] = [((), group)]
    while groups:
        path, group = groups.pop(0)
        for key in group:
            objects += 1
            if objects > MOST_OBJECTS or len(path) > deepest:
                raise refused("holds too many groups and arrays")
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise refused("holds a link, which is not followed")
            item = group[key]
            if isinstance(item, h5py.Group):
                groups.append(((*path, key), item))
            elif isinstance(item, h5py.Dataset):
                yield (*path, key), item
            else:
                raise refused("holds something that isn't an array")


def is_plain(item: Any) -> bool:
    """Whether the numbers of a dataset lie in the file in one piece, as they are.

    The C library that reads HDF5 has had faults in what it does to chunks, filters and heaps.
    """
    import h5py

    layout = item.id.get_create_plist()
    return (
        layout.get_layout() in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
        and not layout.get_external_count()
        and not layout.get_nfilters()
        and item.shape is not None
        and item.id.get_storage_size() == math.prod(item.shape) * item.dtype.itemsize
    )
