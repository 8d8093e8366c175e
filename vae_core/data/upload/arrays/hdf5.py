"""Read plain arrays from an HDF5 file, such as a .mat file of version 7.3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.arrays.nested import Nested
from vae_core.data.upload.conversions import name_in_code
from vae_core.data.upload.limits import Limits
from vae_core.hdf5_objects import datasets, is_plain
from vae_core.sandbox import RefusedError

HDF5 = b"\x89HDF\r\n\x1a\n"
MATLAB = b"MATLAB 7.3"  # the first bytes of a .mat file that is an HDF5 file
DEEPEST = 4  # levels of groups
NOT_PLAIN = "is compressed, in chunks, or neither numbers nor texts of fixed length"
KERAS = {"keras_version", "layer_names", "model_config"}  # attributes
PYTABLES, PANDAS = "PYTABLES_FORMAT_VERSION", "pandas_type"


def hdf5_arrays(path: Path, shown: str, limits: Limits) -> Nested:
    """Read the arrays of an HDF5 file.

    Only numbers and texts of fixed length that lie in one piece are read, see `is_plain`. Of a .mat
    file the order of the axes is turned round, as MATLAB counts them.

    Raises:
        RefusedError: the file holds something else, or too much.
    """
    with open(path, "rb") as content:
        is_matlab = content.read(len(MATLAB)) == MATLAB
    cure = _matlab_cure(shown) if is_matlab else _cure(shown)
    try:
        import h5py
    except ImportError:  # it comes with what training needs
        raise RefusedError(f"{shown} is an HDF5 file: {cure}.") from None
    nested, size = Nested(), 0

    def refused(what: str) -> RefusedError:
        return RefusedError(f"{shown} {what}: {cure}.")

    try:
        with open(path, "rb") as content, h5py.File(content, "r") as file:
            _refuse_other_content(file, shown)
            for names, item in datasets(file, DEEPEST, refused):
                name = "_".join(names)
                if item.shape in (None, ()) and not _is_read(item):
                    nested.left_out.append(name)
                    continue
                if is_matlab and names[0].startswith("#"):  # what cells refer to
                    continue
                if is_matlab and names[-1] == "ir":
                    raise refused("holds a sparse matrix of version 7.3")
                if not _is_read(item):
                    name = sandbox.display_name(name)
                    raise RefusedError(f"{shown}: {name} {NOT_PLAIN}: {cure}.")
                size += item.id.get_storage_size()
                if size > limits.unpacked_bytes:
                    most = sandbox.format_bytes(limits.unpacked_bytes)
                    raise RefusedError(f"{shown} holds more than {most}: leave some out.")
                nested.arrays[names] = _as_matlab(item) if is_matlab else item[()]
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # h5py raises many kinds of errors on damaged files
        raise RefusedError(
            f"{shown} is damaged, or not what its ending says: download or copy it again."
        ) from error
    return nested


def _is_read(item: Any) -> bool:
    """Whether a dataset is plain numbers, or plain texts of fixed length."""
    import h5py

    kind = item.id.get_type()
    numbers = h5py.h5t.TypeIntegerID | h5py.h5t.TypeFloatID | h5py.h5t.TypeEnumID
    texts = isinstance(kind, h5py.h5t.TypeStringID) and not kind.is_variable_str()
    return (isinstance(kind, numbers) or texts) and item.dtype.kind in "biufS" and is_plain(item)


def _as_matlab(item: Any) -> np.ndarray:
    """Return an array of a .mat file with its axes as in MATLAB; rows (1, n) become (n,)."""
    array = item[()].T
    if item.attrs.get("MATLAB_class") == b"char" and array.ndim == 2:
        array = np.array(["".join(map(chr, row)) for row in array.tolist()])
    return array.reshape(-1) if array.ndim == 2 and array.shape[0] == 1 else array


def _refuse_other_content(file: Any, shown: str) -> None:
    """Refuse what Keras and pandas write: only names of attributes and groups are looked at.

    Raises:
        RefusedError: it is of one of them.
    """
    keys = set(file)
    if KERAS & set(file.attrs) or "model_weights" in keys or {"layers", "vars"} == keys:
        raise RefusedError(
            f"{shown} holds the weights of a Keras model, not data: upload the data that it was "
            "trained with."
        )
    if PYTABLES in file.attrs and any(PANDAS in file[key].attrs for key in list(keys)[:100]):
        name = name_in_code(shown, ".h5")
        code = f"import pandas; pandas.read_hdf('{name}').to_csv('{Path(name).stem}.csv')"
        raise RefusedError(
            f'{shown} holds a table of pandas: convert it with python -c "{code}", which needs '
            "the package tables."
        )


def _cure(shown: str) -> str:
    name = name_in_code(shown, ".h5")
    code = (
        f"import h5py, numpy as n; f = h5py.File('{name}'); d = {{}}; "
        "f.visititems(lambda k, v: d.update({k.replace('/', '_'): n.array(v.asstr()[()], str) "
        "if h5py.check_string_dtype(v.dtype) else v[()]}) "
        "if getattr(v, 'shape', None) is not None else None); "
        f"n.savez('{Path(name).stem}.npz', **d)"
    )
    return f'convert it with python -c "{code}"'


def _matlab_cure(shown: str) -> str:
    name = name_in_code(shown, ".mat")
    code = (
        f"import h5py, numpy as n; f = h5py.File('{name}'); d = {{}}; "
        "f.visititems(lambda k, v: d.update({k.replace('/', '_'): "
        "n.array([''.join(map(chr, f[r][()].astype(int).flat)) for r in v[()].flat]) "
        "if v.dtype == 'O' else v[()].T}) if '#' not in k and hasattr(v, 'dtype') else None); "
        f"n.savez('{Path(name).stem}.npz', **d)"
    )
    return f"save it in MATLAB with save('{name}', '-v7'), or convert it with python -c \"{code}\""
