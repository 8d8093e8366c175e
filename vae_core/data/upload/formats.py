"""Find the reader of a file by its first bytes and its name."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from vae_core import sandbox
from vae_core.data.upload.arrays.hdf5_or_matlab import HDF5_OR_MATLAB, read_hdf5_or_matlab
from vae_core.data.upload.arrays.idx import holds_idx, is_idx, read_idx, read_idx_zip
from vae_core.data.upload.arrays.npy import NPY, is_array, read_npy, read_npz
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import TEXT_ENDING
from vae_core.data.upload.other_formats import (
    is_binary,
    refuse_other_ending,
    refuse_other_format,
    refuse_other_zip,
    refuse_placeholder,
    refuse_unknown,
)
from vae_core.data.upload.other_texts import LOOKED_AT, refuse_other_table, refuse_other_text
from vae_core.data.upload.pictures.folder import read_folder
from vae_core.data.upload.pictures.zip import read_zip
from vae_core.data.upload.tables.csv import read_csv
from vae_core.data.upload.tables.csv_lines import TABLES
from vae_core.data.upload.tables.parquet import PARQUET, read_parquet
from vae_core.sandbox import RefusedError

Reader = Callable[[Path, Images], Raw]
RUN_FILES = {"config.json", "metrics.jsonl", "vae.weights.h5"}  # in the zip of an exported run


def is_text(path: Path, file_name: str) -> bool:
    """Whether a file holds texts, one per line.

    Raises:
        RefusedError: it has the ending of a text, but its first bytes are those of another format.
    """
    if path.is_dir() or Path(file_name).suffix.lower() != TEXT_ENDING:
        return False
    first, shown = _first_bytes(path), sandbox.display_name(file_name)
    refuse_placeholder(first, file_name)
    if is_binary(first) or first.startswith(b"%PDF-"):  # not a list that starts with GIF89a
        refuse_other_format(first, shown)
    if is_idx(first[:4]):
        raise RefusedError(f"{shown} is really an IDX file: give it the ending .idx.")
    refuse_other_table(_first_bytes(path, LOOKED_AT), shown, among_texts=True)
    return True


def reader_of(path: Path, file_name: str, images: Images) -> Reader:
    """Return the function that reads the images of a file.

    Raises:
        RefusedError: no reader fits.
    """
    shown = images.shown
    if path.is_dir():
        refuse_other_zip([f"{file_name}/{child.name}".lower() for child in path.iterdir()], shown)
        return read_folder
    first = _first_bytes(path)
    refuse_placeholder(first, file_name)
    refuse_other_ending(file_name)
    ending = Path(file_name).suffix.lower()
    if first.startswith(NPY):
        return read_npy
    if is_idx(first[:4]):
        return read_idx
    if first.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        if not zipfile.is_zipfile(path):
            raise RefusedError(
                f"{shown} is cut off: it starts as a zip file, but its end is missing. Download or "
                "copy it again."
            )
        return _reader_of_zip(path, ending, shown, images.limits.unpacked_bytes)
    if ending in HDF5_OR_MATLAB:
        return read_hdf5_or_matlab
    if first.startswith(PARQUET):
        return read_parquet
    refuse_other_format(first, shown)
    refuse_other_table(_first_bytes(path, LOOKED_AT), shown)
    refuse_other_text(first, shown)
    if ending in TABLES:
        return read_csv
    if ending in (".zip", ".npz"):
        raise RefusedError(
            f"{shown} is damaged, or not what its ending says: it is no zip file. Download or copy "
            "it again."
        )
    refuse_unknown(first, file_name)
    raise RefusedError(f"{shown} can't be read: {ACCEPTED}.")


def _first_bytes(path: Path, count: int = 512) -> bytes:
    with open(path, "rb") as file:
        return file.read(count)


def _reader_of_zip(path: Path, ending: str, shown: str, most: int) -> Reader:
    with sandbox.archive(path, shown, most) as (_, files):
        names = [info.filename.lower() for info in files]
    if {PurePosixPath(name).name for name in names} >= RUN_FILES:
        raise RefusedError(f"{shown} is an exported run: import it as a run, not as data.")
    refuse_other_zip(names, shown)
    arrays = [name for name in names if is_array(name)]
    if ending == ".npz" or (arrays and all(name.endswith(".npy") for name in arrays)):
        return read_npz
    if holds_idx(path, shown, most):
        return read_idx_zip
    return read_zip


ACCEPTED = (
    "save it as .npz, .npy, .csv or .parquet, as a zip of images, or as .txt with one text per line"
)
