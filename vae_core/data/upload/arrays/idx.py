"""Read IDX files, the format in which MNIST is distributed.

An IDX file has two zero bytes, one byte for the type of its numbers, one for the number of axes,
and four bytes for the length of each axis, highest byte first. The numbers follow, row by row.
"""

from __future__ import annotations

import io
import itertools
import math
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from vae_core import sandbox
from vae_core.data.upload import emnist
from vae_core.data.upload.arrays.arrays import read_arrays
from vae_core.data.upload.arrays.stored import Stored, in_memory
from vae_core.data.upload.gzip_chunks import GZIP, gzip_chunks
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import IMAGE_ENDINGS
from vae_core.data.upload.split_words import part_of
from vae_core.data.upload.wording import counted
from vae_core.sandbox import RefusedError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_AXES = 4
_WHAT = {"x": "images", "y": "labels"}
LOOKED_AT, PEEKED = 20, 1 << 10  # files in a zip, and bytes of each, to tell what it holds


def is_idx(first: bytes) -> bool:
    """Whether a file that begins with these four bytes is an IDX file."""
    return (
        len(first) >= 4
        and first[:2] == b"\0\0"
        and first[2] in TYPES
        and 1 <= first[3] <= MOST_AXES
    )


def read_idx(path: Path, images: Images) -> Raw:
    """Add the images of one IDX file to `images`. It holds no labels."""
    shown = images.shown
    array = _array(path.read_bytes(), shown, shown)
    if array.ndim < 2:
        raise RefusedError(
            f"{shown} holds one number per item, such as labels: pack it into a zip together with "
            "the file of the images."
        )
    raw = read_arrays({"x": in_memory(array)}, images)
    return replace(raw, notes=(*raw.notes, *emnist.notes(shown)))


def read_idx_zip(path: Path, images: Images) -> Raw:
    """Add the images of a zip of IDX files, plain or gzipped, and return their labels.

    The name of a file says whether it is for training (train), held out (t10k, test) or for
    validation (val). A file with one axis holds labels; one with two if its name says so.
    """
    shown, most = images.shown, images.limits.unpacked_bytes
    arrays: dict[str, Stored] = {}
    notes = []
    with sandbox.archive(path, shown, most) as (opened, files):
        for info in files:
            content = unzipped(opened.read(info), most, shown)
            most -= len(content)
            if not is_idx(content[:4]):
                continue
            name = sandbox.display_name(info.filename)
            array = _array(content, shown, name)
            named = "y" if "label" in name.lower() else "x" if "image" in name.lower() else ""
            role = "y" if array.ndim == 1 or (array.ndim == 2 and named == "y") else "x"
            key = "_".join([role, *part_of_file(info.filename)])
            if key in arrays and np.array_equal(arrays[key].whole(), array):
                continue  # the same file once more, such as packed and unpacked
            if key in arrays:
                raise RefusedError(
                    f"{shown} holds two different files of {_WHAT[role]} for the same part of the "
                    f"split: {name} is the second. Leave one of them out."
                )
            arrays[key] = in_memory(array)
            if named and named != role:
                notes.append(f"{name} holds {_WHAT[role]}, although its name says {_WHAT[named]}.")
    raw = read_arrays(arrays, images)
    names = (shown, *(info.filename for info in files))
    return replace(raw, notes=(*raw.notes, *notes, *emnist.notes(*names)))


def part_of_file(path: str) -> list[str]:
    """Return the part of the split that the innermost name with a word for one says, if any."""
    parts = (part_of(name)[0] for name in reversed(path.split("/")))
    return list(filter(None, parts))[:1]


def holds_idx(path: Path, shown: str, most: int) -> bool:
    """Whether one of the first files of a zip that are no pictures is an IDX file."""
    with sandbox.archive(path, shown, most) as (opened, files):
        others = (info for info in files if not info.filename.lower().endswith(IMAGE_ENDINGS))
        return any(is_idx(_start(opened, info)) for info in itertools.islice(others, LOOKED_AT))


def _start(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the first four bytes of a file in a zip; of an unpacked one if gzip packed it."""
    with opened.open(info) as file:
        start = file.read(PEEKED)
    if not start.startswith(GZIP):
        return start[:4]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, 4)
    except zlib.error:
        return b""


def unzipped(content: bytes, most: int, shown: str) -> bytes:
    """Unpack bytes that gzip packed; other bytes are returned as they are.

    Raises:
        RefusedError: they unpack to more than `most` bytes, or are damaged.
    """
    if not content.startswith(GZIP):
        return content
    return b"".join(gzip_chunks(io.BytesIO(content), most, shown))


def _array(content: bytes, shown: str, name: str) -> np.ndarray:
    if not is_idx(content[:4]):
        raise RefusedError(f"{shown}: {name} is no IDX file.")
    head = 4 + 4 * content[3]
    if len(content) < head:
        raise RefusedError(f"{shown}: {name} is cut off: download or copy it again.")
    shape = tuple(int(length) for length in np.frombuffer(content[4:head], ">u4"))
    dtype = np.dtype(TYPES[content[2]])
    if 0 in shape:
        raise RefusedError(f"{shown}: {name} is empty: download or copy it again.")
    expected, found = math.prod(shape) * dtype.itemsize, len(content) - head
    if found < expected:
        raise RefusedError(
            f"{shown}: {name} is cut off: its header says {shape[0]:,} items, and "
            f"{found * shape[0] // expected:,} are there. Download or copy it again."
        )
    if found > expected:
        raise RefusedError(
            f"{shown}: {name} holds {counted(found - expected, 'byte', 'bytes')} more than its "
            "header says: download or copy it again."
        )
    return np.frombuffer(content, dtype, offset=head).reshape(shape)
