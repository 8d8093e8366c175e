"""The user's own data sets: their names, files and folder."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

import numpy as np

from vae_core.data.dataset import Dataset, DatasetError, checked, items_of_arrays, of_items
from vae_core.data.local_files import read_npz
from vae_core.data.source import Source
from vae_core.runs.store import RunStore, default_store

# A name ends with the hash of the content, and for vectors also with their kind. A run records only
# the name of its data set, and its architecture doesn't tell images from vectors.
OWN_NAME = re.compile(r"own_[a-z0-9_]{1,19}_[0-9a-f]{16}(?:_(?P<kind>vectors))?")
LONGEST_SLUG = 19  # so that a name is a lower-case name of at most 40 characters
FOLDER = ".datasets"
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
    ending = _name_ending(arrays)
    longest = LONGEST_SLUG - len(ending)
    slug = re.sub(r"[^a-z0-9]+", "_", text.decode().lower())[:longest].strip("_") or "data"
    return f"own_{slug}_{_own_hash(arrays)}{ending}"


def own_kind(name: str) -> str:
    """Return the kind at the end of the name of a user's data set; empty if there is none."""
    match = OWN_NAME.fullmatch(name)
    return (match["kind"] or "") if match else ""


def _name_ending(arrays: Mapping[str, np.ndarray]) -> str:
    """Return what follows the hash in the name: `_vectors`, or nothing for images and texts."""
    return "_vectors" if arrays["x_train"].ndim == 2 and "vocabulary" not in arrays else ""


def _own_hash(arrays: Mapping[str, np.ndarray]) -> str:
    names = [str(name) for name in arrays["label_names"]]
    if "vocabulary" in arrays:
        names.append(str(arrays["vocabulary"]))
    digest = hashlib.sha256(json.dumps(names).encode())
    for key in OWN_KEYS[:4]:
        is_float = np.issubdtype(arrays[key].dtype, np.floating)
        array = np.ascontiguousarray(arrays[key], np.float32 if is_float else np.uint8)
        digest.update(repr(array.shape).encode())
        digest.update(array.data)
    return digest.hexdigest()[:16]


_store: ContextVar[RunStore | None] = ContextVar("store", default=None)


@contextmanager
def in_store(store: RunStore) -> Iterator[None]:
    """Keep data sets in this store, and look for them there before the default store."""
    token = _store.set(store)
    try:
        yield
    finally:
        _store.reset(token)


def own_folder() -> Path:
    """Return the folder of the user's own data sets.

    It is in the run store, so it is copied with the runs; `RunStore.scan` skips it.
    """
    return (_store.get() or default_store()).root / FOLDER


def own_folders() -> list[Path]:
    """Return the folders in which data sets are looked for, the one for new ones first."""
    return list(dict.fromkeys((own_folder(), default_store().root / FOLDER)))


def own_path(name: str) -> Path:
    """Return the file of a data set; if there is none, the place where it would be kept."""
    paths = [folder / f"{name}.npz" for folder in own_folders()]
    return next(filter(is_own, paths), paths[0])


def own_names() -> list[str]:
    """Return the names of the user's own data sets on this machine, in alphabetical order."""
    found = (path for folder in own_folders() for path in folder.glob("own_*.npz"))
    return sorted({path.stem for path in found if is_own(path)})


def own_bytes() -> int:
    """Return the bytes that the user's own data sets take on the disk."""
    return sum(path.stat().st_size for path in own_folder().glob("own_*.npz") if is_own(path))


def is_own(path: Path) -> bool:
    """Return whether a path is the regular file of a user's own data set."""
    return bool(OWN_NAME.fullmatch(path.stem)) and path.is_file() and not path.is_symlink()


@functools.lru_cache(maxsize=64)
def own_source(path: Path, _signature: tuple[int, ...]) -> Source:
    """Describe a user's data set from the header of its file; no item is read.

    x_train is images (n, h, w) or (n, h, w, 3), vectors (n, features) or tokens (n, length): uint8,
    or float32 in [0, 1] for images and vectors.

    Raises:
        DatasetError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open("x_train.npy") as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        vectors = own_kind(path.stem)
        if len(shape) == 2 and dtype == np.uint8 and not vectors:
            return Source(lambda: _load_own_text(path), shape[1:], shape[0], own=True, kind="text")
        if dtype not in (np.uint8, np.float32) or len(shape) not in ((2,) if vectors else (3, 4)):
            raise ValueError(f"{dtype} of shape {shape}")
    except Exception as error:  # NumPy and zipfile raise many errors on a damaged file
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.") from error
    item_shape = (*shape[1:], 1) if len(shape) == 3 else shape[1:]
    return Source(lambda: _load_own(path), item_shape, shape[0], own=True, shown_as=vectors)


def _load_own(path: Path) -> Dataset:
    arrays = _arrays_of(path, *OWN_KEYS)
    label_names = tuple(str(name) for name in arrays.pop("label_names"))
    data = checked(path.stem, **arrays, label_names=label_names)
    return replace(data, notes=_notes(path))


def _load_own_text(path: Path) -> Dataset:
    items = items_of_arrays(path, _arrays_of(path, *OWN_KEYS, "vocabulary"))
    return of_items(path.stem, items, _notes(path))


def _notes(path: Path) -> tuple[str, ...]:
    """Return the sentences on how the file was read; older data sets have none."""
    with np.load(path, allow_pickle=False) as arrays:
        return tuple(str(note) for note in arrays["notes"]) if "notes" in arrays else ()


def _arrays_of(path: Path, *keys: str) -> dict[str, np.ndarray]:
    """Read the arrays of a user's data set, and compare them with the hash in its name."""
    arrays = read_npz(path, *keys)
    if not path.stem.endswith(f"_{_own_hash(arrays)}{_name_ending(arrays)}"):
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.")
    return arrays
