"""Read arrays from a .mat file of version 4 to 7.2, as MATLAB and SciPy write it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.limits import Limits
from vae_core.data.upload.nested import Nested
from vae_core.sandbox import RefusedError

# MATLAB's classes of arrays -> bytes a number, in memory.
SIZES = {
    **{"double": 8, "single": 4, "logical": 1, "char": 4, "sparse": 8},
    **{f"{sign}int{8 * size}": size for sign in ("", "u") for size in (1, 2, 4, 8)},
}
DEEPEST = 8  # levels of structs and cells


def matlab_arrays(path: Path, shown: str, limits: Limits) -> Nested:
    """Read the arrays of numbers and of characters in a .mat file; rows (1, n) become (n,).

    A struct is a group. Cells, and structs in an array, are joined if they hold numbers of one
    shape, or texts. A vector of doubles that are whole numbers becomes int64.

    Raises:
        RefusedError: the file is damaged, too large, or holds no array.
    """
    from scipy import io

    try:
        found = io.whosmat(path)
        size = sum(SIZES.get(kind, 0) * math.prod(shape) for _, shape, kind in found)
        if size > limits.unpacked_bytes:
            most = sandbox.format_bytes(limits.unpacked_bytes)
            raise RefusedError(f"{shown} holds more than {most}: leave some out.")
        values = io.loadmat(path, chars_as_strings=True)
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # SciPy raises many kinds of errors on damaged files
        raise RefusedError(f"{shown} is damaged, or not what its ending says.") from error
    nested = Nested()
    for name, value in values.items():
        if not name.startswith("__"):
            _add(nested, (name,), value)
    objects = sum(kind == "opaque" for _, _, kind in found)  # SciPy returns the last of them only
    nested.left_out += ["another object"] * (objects - 1)
    if not nested.arrays:
        kinds = ", ".join(sorted({kind for _, _, kind in found})[:3]) or "nothing"
        raise RefusedError(
            f"{shown} holds no plain arrays ({kinds}): save the images as an array of numbers, "
            f"with save('{_safe(shown)}', 'X', 'y', '-v7')."
        )
    return nested


def _add(nested: Nested, path: tuple[str, ...], value: Any) -> None:
    """Add a variable, the fields of a struct, or the content of a cell."""
    from scipy import sparse
    from scipy.io import matlab

    name = "_".join(path)
    if sparse.issparse(value):
        nested.arrays[path] = value.toarray()
        nested.notes.append(f"{sandbox.display_name(name)} is sparse: zeros were filled in.")
        return
    if isinstance(value, matlab.MatlabOpaque):  # a string array, table, categorical ...
        kind = _text_of(value, "s2")
        own = _text_of(value, "s0") or name
        nested.left_out.append(own)
        cure = {"string": "cellstr", "categorical": "cellstr", "table": "table2array"}.get(kind)
        if cure:
            nested.notes.append(
                f"{sandbox.display_name(own)} is a {kind} array of MATLAB, which can't be read: "
                f"save {cure}({sandbox.display_name(own)}) instead."
            )
        return
    if not isinstance(value, np.ndarray) or isinstance(value, matlab.MatlabFunction):
        nested.left_out.append(name)
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


def _text_of(value: np.ndarray, key: str) -> str:
    """Return a text in what SciPy returns for a variable that it can't read."""
    text = value.ravel()[0][key] if value.size and key in (value.dtype.names or ()) else ""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


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


def _safe(shown: str) -> str:
    return "data.mat" if "'" in shown else shown
