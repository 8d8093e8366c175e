"""Read arrays from a .mat file of version 4 to 7.2, as MATLAB and SciPy write it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.arrays import mat5
from vae_core.data.upload.arrays.nested import Nested
from vae_core.data.upload.conversions import name_in_code
from vae_core.data.upload.limits import Limits
from vae_core.sandbox import RefusedError

DEEPEST = 8  # levels of structs and cells


def matlab_arrays(path: Path, shown: str, limits: Limits) -> Nested:
    """Read the arrays of numbers and of characters in a .mat file; rows (1, n) become (n,).

    A struct is a group. Cells, and structs in an array, are joined if they hold numbers of one
    shape, or texts. A vector of doubles that are whole numbers becomes int64.

    Raises:
        RefusedError: the file is damaged, too large, or holds no array.
    """
    content = path.read_bytes()
    nested = Nested()
    try:
        if mat5.is_mat5(content):
            for name, value in mat5.variables(content, limits.unpacked_bytes):
                _add(nested, (name,), value)
        else:
            for name, value in _version_4(path, shown, limits):
                _add(nested, (name,), value)
    except (RefusedError, MemoryError):
        raise
    except mat5.TooLargeError:
        raise _too_large(shown, limits) from None
    except Exception as error:  # SciPy and NumPy raise many kinds of errors on damaged files
        raise RefusedError(
            f"{shown} is damaged, or not what its ending says: download or copy it again."
        ) from error
    if not nested.arrays:
        sentences = [
            f"{shown} holds no plain arrays: save the images as an array of numbers, with "
            f"save('{name_in_code(shown, '.mat')}', 'X', 'y', '-v7').",
            *nested.what_was_left_out(),
        ]
        raise RefusedError(" ".join(sentences))
    return nested


def _version_4(path: Path, shown: str, limits: Limits) -> Iterator[tuple[str, Any]]:
    """Yield the variables of a file of version 4, which SciPy reads in Python."""
    from scipy import io, sparse

    size = sum(8 * math.prod(shape) for _, shape, _ in io.whosmat(path))
    if size > limits.unpacked_bytes:
        raise _too_large(shown, limits)
    for name, value in io.loadmat(path, chars_as_strings=True).items():
        if not name.startswith("__"):
            yield name, mat5.Filled(value.toarray()) if sparse.issparse(value) else value


def _too_large(shown: str, limits: Limits) -> RefusedError:
    most = sandbox.format_bytes(limits.unpacked_bytes)
    return RefusedError(f"{shown} holds more than {most}: leave some out.")


def _add(nested: Nested, path: tuple[str, ...], value: Any) -> None:
    """Add a variable, the fields of a struct, or the content of a cell."""
    name = "_".join(path)
    if isinstance(value, mat5.Filled):
        nested.arrays[path] = value.array
        nested.notes.append(f"{sandbox.display_name(name)} is sparse: zeros were filled in.")
        return
    if isinstance(value, mat5.Other):  # a string array, table, function ...
        nested.left_out.append(name)
        cure = {"string": "cellstr", "categorical": "cellstr", "table": "table2array"}
        if value.kind in cure:
            shown = sandbox.display_name(name)
            nested.notes.append(
                f"{shown} is a {value.kind} array of MATLAB, which can't be read: save "
                f"{cure[value.kind]}({shown}) instead."
            )
        return
    array = _unwrapped(value)
    if array.dtype.names and len(path) < DEEPEST:
        elements = array.ravel()
        for key in array.dtype.names:
            one = elements[0][key] if len(elements) == 1 else _joined([e[key] for e in elements])
            _add(nested, (*path, key), one)
    elif array.dtype.kind == "O" or array.dtype.names:
        joined = _joined(list(array.ravel()))
        if joined is None:
            nested.left_out.append(name)
            return
        if array.ndim == 2 and min(array.shape) > 1:
            rows, columns = array.shape
            nested.notes.append(
                f"{sandbox.display_name(name)}, a cell of {rows} x {columns} arrays, was read row "
                "by row."
            )
        nested.arrays[path] = joined
    else:
        nested.arrays[path] = _vector(array)


def _unwrapped(value: Any) -> np.ndarray:
    """Return what is in cells of one element."""
    array = np.asarray(value)
    while array.dtype.kind == "O" and array.size == 1 and isinstance(array.ravel()[0], np.ndarray):
        array = array.ravel()[0]
    return array


def _joined(values: Sequence[Any]) -> np.ndarray | None:
    """Return texts as (n,), numbers as (n, ...); None if they are neither, or differ in shape."""
    arrays = [_unwrapped(value) for value in values]
    if arrays and all(array.dtype.kind == "U" and array.size < 2 for array in arrays):
        return np.array([str(array.ravel()[0]) if array.size else "" for array in arrays])
    numbers = all(array.dtype.kind in "biuf" and array.size for array in arrays)
    if not arrays or not numbers or len({array.shape for array in arrays}) > 1:
        return None
    return np.stack(arrays) if arrays[0].size > 1 else _vector(np.array(arrays).ravel())


def _vector(array: np.ndarray) -> np.ndarray:
    """Return a row as (n,), and whole numbers as such: MATLAB saves nearly all as doubles."""
    row = array.reshape(-1) if array.ndim == 2 and array.shape[0] == 1 else array
    if row.dtype.kind == "f" and row.size == max(row.shape, default=0):
        whole = np.isfinite(row).all() and (row == np.rint(row)).all()
        return row.astype(np.int64) if whole and np.abs(row).max(initial=0) < 2**53 else row
    return row
