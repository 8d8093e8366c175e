"""Read the arrays of .npy and .npz files."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.arrays.arrays import read_arrays
from vae_core.data.upload.arrays.stored import Stored
from vae_core.data.upload.hidden_files import lies_hidden
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import CHUNK_BYTES
from vae_core.sandbox import RefusedError

NPY = b"\x93NUMPY"  # the first bytes of an .npy file
SPARSE = {"data", "indices", "indptr", "shape"}  # arrays that scipy.sparse.save_npz writes
Opened = Callable[[], AbstractContextManager[IO[bytes]]]


def read_npz(path: Path, images: Images) -> Raw:
    """Add the images of a .npz file, or of a zip of .npy files, and return their labels."""
    shown = images.shown
    with sandbox.archive(path, shown, images.limits.unpacked_bytes) as (opened, files):
        files = [info for info in files if is_array(info.filename)]
        folder = _common_folder([info.filename for info in files])
        arrays: dict[str, Stored] = {}
        for info in files:
            name = info.filename.removeprefix(folder).removesuffix(".npy").replace("/", "_")
            found = stored(
                lambda info=info: opened.open(info),  # type: ignore[misc]
                shown,
                sandbox.display_name(name),
            )
            for field, array in found.items():
                key = f"{name}_{field}" if field and len(files) > 1 else field or name
                if key in arrays:
                    raise RefusedError(
                        f"{shown} holds {sandbox.display_name(key)} twice: leave one of them out."
                    )
                arrays[key] = array
        if arrays.keys() >= SPARSE:
            raise RefusedError(
                f"{shown} holds a sparse matrix of SciPy: save it with numpy.save('x.npy', "
                "scipy.sparse.load_npz(...).toarray())."
            )
        return read_arrays(arrays, images)


def is_array(name: str) -> bool:
    """Whether a file in a zip is an array: not hidden, nor a text that says something of them."""
    return not lies_hidden(name) and not name.lower().endswith((".txt", ".md", ".json", ".html"))


def _common_folder(names: list[str]) -> str:
    """Return the folder that all files are in, with a slash at the end; empty if there is none."""
    folders = [name.rpartition("/")[0] for name in names]
    return f"{os.path.commonpath(folders)}/".lstrip("/") if folders and all(folders) else ""


def read_npy(path: Path, images: Images) -> Raw:
    """Add the images of a .npy file to `images`. Only one of records holds labels, too."""
    found = stored(lambda: io.FileIO(path), images.shown, "it")
    for array in found.values():
        if array.dtype.hasobject and not array.shape:  # what numpy.save makes of a dict
            raise RefusedError(
                f"{images.shown} holds a pickled object, such as a dict: where you trust it, load "
                "it with numpy.load(..., allow_pickle=True).item(), and save its arrays with "
                "numpy.savez('data.npz', x=..., y=...)."
            )
    if len(found) > 1 and all(len(array.shape) < 2 for array in found.values()):
        raise RefusedError(
            f"{images.shown} holds a table of {len(found):,} fields: save it as .csv with "
            "pandas.DataFrame(numpy.load(...)).to_csv('data.csv', index=False)."
        )
    return read_arrays({field or "x": array for field, array in found.items()}, images)


def stored(open_file: Opened, shown: str, name: str) -> dict[str, Stored]:
    """Return the arrays of an .npy file, of which only the header is read.

    Args:
        open_file: opens the file at its start.
        shown: name of the file that holds it, for error messages.
        name: of the array, for error messages.

    Returns:
        The array under an empty name; or the fields of an array of records.

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
            array = _numbers(file, head, math.prod(head.shape[:1]), shown, name)
            _check_end(file, shown, name)
            return array.reshape(head.shape, order=order)  # type: ignore[call-overload]

    fields = head.dtype.fields
    if fields is None or head.dtype.hasobject:
        return {"": Stored(head.shape, head.dtype, whole, None if head.fortran else chunks)}
    return {
        field: Stored(
            head.shape + kind.shape,
            kind.base,
            lambda field=field: whole()[field],  # type: ignore[misc]
        )
        for field, (kind, *_) in fields.items()
    }


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
        (3, 0): np.lib.format.read_array_header_2_0,  # only names of fields are read otherwise
    }
    try:
        version = np.lib.format.read_magic(file)
        shape, fortran, dtype = read_header[version](file)
    except Exception as error:  # NumPy raises many errors on a damaged header
        raise RefusedError(
            f"{shown}: {name} is no plain NumPy array: save it with numpy.save."
        ) from error
    if min(shape, default=0) < 0:
        raise RefusedError(f"{shown}: {name} is no plain NumPy array: save it with numpy.save.")
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
        raise RefusedError(f"{shown}: {name} holds more than its header says: save it again.")


def _numbers(file: IO[bytes], head: _Head, rows: int, shown: str, name: str) -> np.ndarray:
    count = rows * math.prod(head.shape[1:])
    content = file.read(count * head.dtype.itemsize)
    if len(content) != count * head.dtype.itemsize:
        raise RefusedError(
            f"{shown}: {name} is cut off: it holds less than its header says. "
            "Download or copy it again."
        )
    return np.frombuffer(content, head.dtype)
