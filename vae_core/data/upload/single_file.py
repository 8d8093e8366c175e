"""Unpack a file that holds one other file: gzip, or a zip with one table or file of arrays."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

from vae_core import sandbox
from vae_core.data.upload.gzip_chunks import GZIP, gzip_chunks
from vae_core.data.upload.hidden_files import lies_hidden
from vae_core.data.upload.limits import CHUNK_BYTES, IMAGE_ENDINGS, Limits
from vae_core.data.upload.other_formats import refuse_other_zip
from vae_core.data.upload.wording import counted, listed

ZIP = b"PK\x03\x04"
DEEPEST = 3  # a table that gzip packed may lie in a zip in a zip
DATA = (".npz", ".csv", ".tsv", ".tab", ".parquet", ".h5", ".hdf5", ".mat", ".zip")


class Unpacked(NamedTuple):
    """A file after unpacking: its path, its name, and sentences on what was left out."""

    path: Path
    name: str
    notes: tuple[str, ...] = ()


def unpacked(path: Path, file_name: str, folder: Path, limits: Limits) -> Unpacked:
    """Unpack a file that gzip packed, or that lies in a zip, perhaps beside texts about it.

    Args:
        path: the file.
        file_name: its name.
        folder: where unpacked files may be written; their names begin with `unpacked`.
        limits: the most bytes that it may unpack to.

    Raises:
        RefusedError: it is damaged, or unpacks to too much.
    """
    found = Unpacked(path, file_name)
    if path.is_dir():
        return found
    for step in range(DEEPEST):
        target = folder / f"unpacked{step}"
        with open(found.path, "rb") as file:
            first = file.read(len(ZIP))
        if first.startswith(GZIP):
            found = _from_gzip(found, target, limits, sandbox.display_name(file_name))
        elif first == ZIP and not found.name.lower().endswith(".npz"):
            inner = _from_zip(found, target, limits)
            if inner is None:
                break
            found = inner
        else:
            break
    return found._replace(name=_without_gz(found.name))


def _without_gz(name: str) -> str:
    return name[:-3] if name.lower().endswith(".gz") else name


def _from_gzip(found: Unpacked, target: Path, limits: Limits, shown: str) -> Unpacked:
    with open(found.path, "rb") as file, open(target, "wb") as plain:
        plain.writelines(gzip_chunks(file, limits.unpacked_bytes, shown))
    return Unpacked(target, _without_gz(found.name), found.notes)


def _from_zip(found: Unpacked, target: Path, limits: Limits) -> Unpacked | None:
    """Unpack the only file of data in a zip; return None if there are several or none."""
    shown = sandbox.display_name(found.name)
    if not zipfile.is_zipfile(found.path):
        return None
    with sandbox.archive(found.path, shown, limits.unpacked_bytes) as (opened, files):
        refuse_other_zip([info.filename.lower() for info in files], shown)
        useful = [info for info in files if not lies_hidden(info.filename)]
        data = [info for info in useful if _without_gz(info.filename.lower()).endswith(DATA)]
        if len(data) != 1 or any(i.filename.lower().endswith(IMAGE_ENDINGS) for i in useful):
            return None
        with opened.open(data[0]) as packed, open(target, "wb") as plain:
            while content := packed.read(CHUNK_BYTES):
                plain.write(content)
    name = data[0].filename.rsplit("/", 1)[-1]
    others = [sandbox.display_name(info.filename) for info in useful if info is not data[0]]
    if not others:
        return Unpacked(target, name, found.notes)
    what = counted(len(others), "other file was", "other files were")
    note = (
        f"Of {shown} only {sandbox.display_name(name)} was read, and {what} left out: "
        f"{listed(others)}."
    )
    return Unpacked(target, name, (*found.notes, note))
