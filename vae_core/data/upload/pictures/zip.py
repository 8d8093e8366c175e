"""Read the pictures in a .zip file."""

from __future__ import annotations

import dataclasses
import functools
import zipfile
from pathlib import Path

from vae_core import sandbox
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.pictures.entries import Entry, read_entries
from vae_core.zip_names import code_pages


def read_zip(path: Path, images: Images) -> Raw:
    """Add the pictures of a .zip file to `images`, and return their labels and split."""
    with sandbox.archive(path, images.shown, images.limits.unpacked_bytes) as (opened, files):
        entries = [
            Entry(_parts(info), functools.partial(opened.read, info), info.file_size)
            for info in files
        ]
        folders = [_parts(info) for info in opened.infolist() if info.is_dir()]
        raw = read_entries(entries, folders, images)
        pages = code_pages(files)
    if not pages:
        return raw
    note = (
        f"Names in the zip are neither ASCII nor UTF-8, and were read as {' and '.join(pages)}: if "
        "they look wrong, pack it with names in UTF-8."
    )
    return dataclasses.replace(raw, notes=(*raw.notes, note))


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...]:
    return tuple(part for part in info.filename.split("/") if part not in ("", "."))
