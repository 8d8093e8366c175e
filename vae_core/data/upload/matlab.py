"""Read arrays from a .mat file, as MATLAB and SciPy write it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.limits import Limits
from vae_core.sandbox import RefusedError

VERSION_7_3 = b"MATLAB 7.3"
# MATLAB's classes that are read -> bytes a number; not struct, cell, object, sparse ...
PLAIN = {
    **{"double": 8, "single": 4, "logical": 1, "char": 4},
    **{f"{sign}int{8 * size}": size for sign in ("", "u") for size in (1, 2, 4, 8)},
}


def matlab_arrays(path: Path, shown: str, limits: Limits) -> dict[str, np.ndarray]:
    """Read the arrays of numbers and of characters in a .mat file; rows (1, n) become (n,).

    Raises:
        RefusedError: the file is of version 7.3, damaged, too large, or holds no plain array.
    """
    from scipy import io

    with open(path, "rb") as file:
        if file.read(len(VERSION_7_3)) == VERSION_7_3:
            raise RefusedError(
                f"{shown} has version 7.3: save it in MATLAB with save('{_safe(shown)}', '-v7')."
            )
    try:
        found = io.whosmat(path)
        plain = {
            name: PLAIN[kind] * math.prod(shape) for name, shape, kind in found if kind in PLAIN
        }
        if sum(plain.values()) > limits.unpacked_bytes:
            most = sandbox.format_bytes(limits.unpacked_bytes)
            raise RefusedError(f"{shown} holds more than {most}: leave some out.")
        if not plain:
            kinds = ", ".join(sorted({kind for _, _, kind in found})[:3]) or "nothing"
            raise RefusedError(
                f"{shown} holds no plain arrays ({kinds}): save the images as an array of numbers, "
                f"with save('{_safe(shown)}', 'X', 'y', '-v7')."
            )
        arrays = io.loadmat(path, variable_names=list(plain), chars_as_strings=True)
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # SciPy raises many kinds of errors on damaged files
        raise RefusedError(f"{shown} is damaged, or not a .mat file.") from error
    return {
        name: array.reshape(-1) if array.ndim == 2 and array.shape[0] == 1 else array
        for name, array in ((name, np.asarray(arrays[name])) for name in plain)
        if array.dtype.kind in "biufU"
    }


def _safe(shown: str) -> str:
    return "data.mat" if "'" in shown else shown
