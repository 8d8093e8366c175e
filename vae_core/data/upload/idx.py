"""Read IDX files, the format in which MNIST is distributed.

An IDX file has two zero bytes, one byte for the type of its numbers, one for the number of axes,
and four bytes for the length of each axis, highest byte first. The numbers follow, row by row.
"""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.arrays import Stored, in_memory, read_arrays
from vae_core.data.upload.gzip_chunks import GZIP, gzip_chunks
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.split_words import part_of
from vae_core.sandbox import RefusedError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_AXES = 4


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
    return read_arrays({"x": in_memory(array)}, images)


def read_idx_zip(path: Path, images: Images) -> Raw:
    """Add the images of a zip of IDX files, plain or gzipped, and return their labels.

    The name of a file says whether it is for training (train), held out (t10k, test) or for
    validation (val). A file with one axis holds labels.
    """
    shown, most = images.shown, images.limits.unpacked_bytes
    arrays: dict[str, Stored] = {}
    with sandbox.archive(path, shown, most) as (opened, files):
        for info in files:
            content = opened.read(info)
            most -= len(content)
            content = unzipped(content, most, shown)
            if not is_idx(content[:4]):
                continue
            name = sandbox.display_name(info.filename)
            array = _array(content, shown, name)
            key = "_".join(["y" if array.ndim == 1 else "x", *part_of_file(info.filename)])
            if key in arrays and np.array_equal(arrays[key].whole(), array):
                continue  # the same file once more, such as packed and unpacked
            if key in arrays:
                raise RefusedError(f"{shown} holds two files for {key}: {name} is the second.")
            arrays[key] = in_memory(array)
    return read_arrays(arrays, images)


def part_of_file(path: str) -> list[str]:
    """Return the part of the split that the innermost name with a word for one says, if any."""
    parts = (part_of(name)[0] for name in reversed(path.split("/")))
    return list(filter(None, parts))[:1]


def holds_idx(path: Path, shown: str, most: int) -> bool:
    """Whether a zip holds a file that is named like an IDX file."""
    with sandbox.archive(path, shown, most) as (_, files):
        return any(
            name.endswith(("-ubyte", "-ubyte.gz", ".idx", ".idx.gz")) or ".idx" in name
            for name in (info.filename.lower() for info in files)
        )


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
        raise RefusedError(f"{shown}: {name} is cut off.")
    shape = tuple(int(length) for length in np.frombuffer(content[4:head], ">u4"))
    dtype = np.dtype(TYPES[content[2]])
    if 0 in shape:
        raise RefusedError(f"{shown}: {name} is empty.")
    if math.prod(shape) * dtype.itemsize != len(content) - head:
        raise RefusedError(f"{shown}: {name} is cut off, or holds more than its header says.")
    return np.frombuffer(content, dtype, offset=head).reshape(shape)
