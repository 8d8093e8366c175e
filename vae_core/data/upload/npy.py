"""Read the arrays of .npy and .npz files."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.arrays import Stored, read_arrays
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import CHUNK_BYTES
from vae_core.sandbox import RefusedError

NPY = b"\x93NUMPY"  # the first bytes of an .npy file
Opened = Callable[[], AbstractContextManager[IO[bytes]]]


def read_npz(path: Path, images: Images) -> Raw:
    """Add the images of a .npz file to `images`, and return their labels."""
    shown = images.shown
    with sandbox.archive(path, shown, images.limits.unpacked_bytes) as (opened, files):
        arrays = {}
        for info in files:
            name = info.filename.removesuffix(".npy")
            if name in arrays:
                raise RefusedError(f"{shown} holds an array twice.")
            arrays[name] = stored(
                lambda info=info: opened.open(info),  # type: ignore[misc]
                shown,
                sandbox.display_name(name),
            )
        return read_arrays(arrays, images)


def read_npy(path: Path, images: Images) -> Raw:
    """Add the images of a .npy file to `images`. It holds no labels."""
    array = stored(lambda: io.FileIO(path), images.shown, "it")
    return read_arrays({"x": array}, images)


def stored(open_file: Opened, shown: str, name: str) -> Stored:
    """Return the array of an .npy file, of which only the header is read.

    Args:
        open_file: opens the file at its start.
        shown: name of the file that holds it, for error messages.
        name: of the array, for error messages.

    Raises:
        RefusedError: it is no array.
    """
    with open_file() as file:
        head = _head(file, shown, name)

    def chunks() -> Iterator[np.ndarray]:
        with open_file() as file:
            _head(file, shown, name)
            yield from _rows(file, head, shown, name)

    def whole() -> np.ndarray:
        with open_file() as file:
            _head(file, shown, name)
            order = "F" if head.fortran else "C"
            array = _numbers(file, head, head.shape[0], shown, name)
            _check_end(file, shown, name)
            return array.reshape(head.shape, order=order)  # type: ignore[call-overload]

    return Stored(head.shape, head.dtype, whole, None if head.fortran else chunks)


@dataclass(frozen=True)
class _Head:
    """The header of an .npy file."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]


def _head(file: IO[bytes], shown: str, name: str) -> _Head:
    """Read the header of an .npy file; the file is then at the start of its numbers."""
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        version = np.lib.format.read_magic(file)
        shape, fortran, dtype = read_header[version](file)
    except Exception as error:  # NumPy raises many errors on a damaged header
        raise RefusedError(f"{shown}: {name} is no plain NumPy array.") from error
    if min(shape, default=0) < 0:
        raise RefusedError(f"{shown}: {name} is no plain NumPy array.")
    return _Head(tuple(int(length) for length in shape), bool(fortran), dtype)


def _rows(file: IO[bytes], head: _Head, shown: str, name: str) -> Iterator[np.ndarray]:
    """Yield the rows of an array in chunks; refuse the file if anything follows them."""
    row = math.prod(head.shape[1:]) * head.dtype.itemsize
    step = max(1, CHUNK_BYTES // max(row, 1))
    for start in range(0, head.shape[0], step):
        count = min(step, head.shape[0] - start)
        yield _numbers(file, head, count, shown, name).reshape(count, *head.shape[1:])
    _check_end(file, shown, name)


def _check_end(file: IO[bytes], shown: str, name: str) -> None:
    if file.read(1):
        raise RefusedError(f"{shown}: {name} holds more than its header says.")


def _numbers(file: IO[bytes], head: _Head, rows: int, shown: str, name: str) -> np.ndarray:
    count = rows * math.prod(head.shape[1:])
    content = file.read(count * head.dtype.itemsize)
    if len(content) != count * head.dtype.itemsize:
        raise RefusedError(f"{shown}: {name} is cut off: it holds less than its header says.")
    return np.frombuffer(content, head.dtype)
