"""Read plain arrays from an HDF5 file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.limits import Limits
from vae_core.sandbox import RefusedError

HDF5 = b"\x89HDF\r\n\x1a\n"
MOST_OBJECTS, DEEPEST = 1000, 4  # groups and arrays in a file, and levels of groups


def hdf5_arrays(path: Path, shown: str, limits: Limits) -> dict[str, np.ndarray]:
    """Read the arrays of an HDF5 file; an array x in a group train is named `train_x`.

    The C library that reads HDF5 has had faults in what it does to chunks, filters and heaps. So
    only numbers and texts of fixed length that lie in one piece are read.

    Raises:
        RefusedError: the file holds something else, or too much.
    """
    try:
        import h5py
    except ImportError:  # it comes with what training needs
        raise RefusedError(f"{shown} is an HDF5 file: {_cure(shown)}.") from None
    numbers = h5py.h5t.TypeIntegerID | h5py.h5t.TypeFloatID | h5py.h5t.TypeEnumID
    arrays: dict[str, np.ndarray] = {}
    objects = size = 0

    def visit(group: Any, prefix: str, depth: int) -> None:
        nonlocal objects, size
        for key in group:
            objects += 1
            if objects > MOST_OBJECTS or depth > DEEPEST:
                raise RefusedError(f"{shown} holds too many groups and arrays: {_cure(shown)}.")
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise RefusedError(f"{shown} holds a link, which is not followed: {_cure(shown)}.")
            item = group[key]
            if isinstance(item, h5py.Group):
                visit(item, f"{prefix}{key}_", depth + 1)
            elif isinstance(item, h5py.Dataset):
                name = sandbox.display_name(prefix + key)
                if not is_plain(item):
                    raise RefusedError(
                        f"{shown}: {name} is compressed, in chunks, or neither numbers nor texts "
                        f"of fixed length: {_cure(shown)}."
                    )
                size += item.id.get_storage_size()
                if size > limits.unpacked_bytes:
                    most = sandbox.format_bytes(limits.unpacked_bytes)
                    raise RefusedError(f"{shown} holds more than {most}: leave some out.")
                arrays[prefix + key] = item[()]

    def is_plain(item: Any) -> bool:
        layout = item.id.get_create_plist()
        kind = item.id.get_type()
        return (
            layout.get_layout() in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
            and not layout.get_external_count()
            and not layout.get_nfilters()
            and isinstance(kind, numbers | h5py.h5t.TypeStringID)
            and (isinstance(kind, numbers) or not kind.is_variable_str())
            and item.dtype.kind in "biufS"
            and item.shape is not None
            and item.id.get_storage_size() == math.prod(item.shape) * item.dtype.itemsize
        )

    try:
        with open(path, "rb") as content, h5py.File(content, "r") as file:
            visit(file, "", 0)
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # h5py raises many kinds of errors on damaged files
        raise RefusedError(f"{shown} is damaged, or not an HDF5 file.") from error
    return arrays


def _cure(shown: str) -> str:
    name = shown if shown.isascii() and not set(shown) & set("'\"$`\\") else "data.h5"
    return (
        "convert it with python -c \"import h5py, numpy; f = h5py.File('" + name + "'); "
        f"numpy.savez('{Path(name).stem}.npz', **{{k: numpy.array(list(f[k])) for k in f}})\""
    )
