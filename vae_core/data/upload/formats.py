"""Find the reader of a file by its first bytes and its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from vae_core import sandbox
from vae_core.data.upload.conversions import refuse_other_ending, refuse_other_format
from vae_core.data.upload.converted import CONVERTED, read_converted
from vae_core.data.upload.csv import read_csv
from vae_core.data.upload.csv_lines import TABLES, only_table
from vae_core.data.upload.folder import read_folder
from vae_core.data.upload.idx import holds_idx, is_idx, read_idx, read_idx_zip
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import TEXT_ENDING
from vae_core.data.upload.npy import NPY, read_npy, read_npz
from vae_core.data.upload.parquet import PARQUET, read_parquet
from vae_core.data.upload.zip import read_zip
from vae_core.sandbox import RefusedError

Reader = Callable[[Path, Images], Raw]
RUN_FILES = {"config.json", "metrics.jsonl", "vae.weights.h5"}  # in the zip of an exported run


def is_text(file_name: str) -> bool:
    """Whether a file holds texts, one per line."""
    return Path(file_name).suffix.lower() == TEXT_ENDING


def reader_of(path: Path, file_name: str, images: Images) -> Reader:
    """Return the function that reads the images of a file.

    Raises:
        RefusedError: no reader fits.
    """
    if path.is_dir():
        return read_folder
    shown = images.shown
    refuse_other_ending(file_name)
    with open(path, "rb") as file:
        first = file.read(512)
    ending = Path(file_name).suffix.lower()
    if first.startswith(NPY):
        return read_npy
    if is_idx(first[:4]):
        return read_idx
    if first.startswith((b"PK\x03\x04", b"PK\x05\x06")) or ending in (".zip", ".npz"):
        return _reader_of_zip(path, ending, shown, images.limits.unpacked_bytes)
    if ending in CONVERTED:
        return read_converted
    if first.startswith(PARQUET):
        return read_parquet
    refuse_other_format(first, shown)
    if ending in TABLES:
        return read_csv
    raise RefusedError(f"{shown} can't be read: {ACCEPTED}.")


def _reader_of_zip(path: Path, ending: str, shown: str, most: int) -> Reader:
    with sandbox.archive(path, shown, most) as (_, files):
        names = [info.filename.lower() for info in files]
        if "[content_types].xml" in names:
            refuse_other_ending(f"{shown}.xlsx")
        if only_table(files):
            return read_csv
    if {PurePosixPath(name).name for name in names} >= RUN_FILES:
        raise RefusedError(f"{shown} is an exported run: import it as a run, not as data.")
    if ending == ".npz" or (names and all(name.endswith(".npy") for name in names)):
        return read_npz
    if holds_idx(path, shown, most):
        return read_idx_zip
    return read_zip


ACCEPTED = "save it as .npz, .npy, IDX, .csv, a zip of images, or .txt with one text per line"
