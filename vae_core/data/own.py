"""The user's own data sets: their names, files and folder."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vae_core.data.dataset import Dataset, DatasetError, checked, items_of_arrays, of_items
from vae_core.data.local_files import read_npz
from vae_core.data.source import Source
from vae_core.runs.store import default_store

OWN_NAME = re.compile(r"own_[a-z0-9_]{1,19}_[0-9a-f]{16}")
OWN_KEYS = ("x_train", "y_train", "x_test", "y_test", "label_names")


def own_name(file_name: str, arrays: Mapping[str, np.ndarray]) -> str:
    """Return the name of a user's data set, made from its file's name and a hash of its content.

    Args:
        file_name: in any script, of any length.
        arrays: `OWN_KEYS`, and `vocabulary` for texts.

    Returns:
        A name that matches `OWN_NAME`.
    """
    text = unicodedata.normalize("NFKD", Path(file_name).stem[:200]).encode("ascii", "ignore")
    slug = re.sub(r"[^a-z0-9]+", "_", text.decode().lower())[:19].strip("_") or "data"
    return f"own_{slug}_{_own_hash(arrays)}"


def _own_hash(arrays: Mapping[str, np.ndarray]) -> str:
    names = [str(name) for name in arrays["label_names"]]
    if "vocabulary" in arrays:
        names.append(str(arrays["vocabulary"]))
    digest = hashlib.sha256(json.dumps(names).encode())
    for key in OWN_KEYS[:4]:
        array = np.ascontiguousarray(arrays[key], np.uint8)
        digest.update(repr(array.shape).encode())
        digest.update(array.data)
    return digest.hexdigest()[:16]


def own_folder() -> Path:
    """Return the folder of the user's own data sets.

    It is in the run store, so it is copied with the runs; `RunStore.scan` skips it.
    """
    return default_store().root / ".datasets"


def own_names() -> list[str]:
    """Return the names of the user's own data sets on this machine, in alphabetical order."""
    return sorted(path.stem for path in own_folder().glob("own_*.npz") if is_own(path))


def own_bytes() -> int:
    """Return the bytes that the user's own data sets take on the disk."""
    return sum(path.stat().st_size for path in own_folder().glob("own_*.npz") if is_own(path))


def is_own(path: Path) -> bool:
    """Return whether a path is the regular file of a user's own data set."""
    return bool(OWN_NAME.fullmatch(path.stem)) and path.is_file() and not path.is_symlink()


@functools.lru_cache(maxsize=64)
def own_source(path: Path, _signature: tuple[int, ...]) -> Source:
    """Describe a user's data set from the header of its file; no pixel is read.

    Raises:
        DatasetError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open("x_train.npy") as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if len(shape) == 2 and dtype == np.uint8:
            return Source(lambda: _load_own_text(path), shape[1], shape[0], own=True, kind="text")
        n, height, width = shape
        if dtype != np.uint8 or height != width:
            raise ValueError(f"{dtype} of shape {shape}")
    except Exception as error:  # NumPy and zipfile raise many errors on a damaged file
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.") from error
    return Source(lambda: _load_own(path), width, n, own=True)


def _load_own(path: Path) -> Dataset:
    arrays = read_npz(path, *OWN_KEYS)
    if path.stem.rsplit("_", 1)[-1] != _own_hash(arrays):
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.")
    label_names = tuple(str(name) for name in arrays.pop("label_names"))
    return checked(path.stem, **arrays, label_names=label_names)


def _load_own_text(path: Path) -> Dataset:
    arrays = read_npz(path, *OWN_KEYS, "vocabulary")
    if path.stem.rsplit("_", 1)[-1] != _own_hash(arrays):
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.")
    return of_items(path.stem, items_of_arrays(path, arrays))
