"""Read images from the arrays of a .npz file."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import CHUNK_BYTES, LARGEST_IMAGE, LARGEST_SIDE
from vae_core.sandbox import RefusedError

ALIASES = {"target": "y", "labels": "y", "images": "x"}  # names that scikit-learn and others use
ARRAY_DTYPES = "biuf"  # NumPy's kinds: bool, signed and unsigned integer, float


def read_npz(path: Path, images: Images) -> Raw:
    """Add the images of a .npz file to `images`, and return their labels."""
    shown, limits = images.shown, images.limits
    with sandbox.archive(path, shown, limits.unpacked_bytes) as (opened, files):
        members = {info.filename.removesuffix(".npy"): info for info in files}
        for other, key in ALIASES.items():
            if other in members and not members.keys() & {"x", "x_train", key}:
                members[key] = members.pop(other)
        if len(members) != len(files):
            raise RefusedError(f"{shown} holds an array twice.")
        parts = ["x"] if "x" in members else ["x_train"]
        if "x" in members and {"x_train", "x_test"} & members.keys():
            raise RefusedError(f"{shown} holds both x and x_train or x_test: keep one of them.")
        if "x_test" in members:
            parts.append("x_test")
        if parts[0] not in members:
            names = (
                ", ".join(sandbox.display_name(name) for name in sorted(members)[:8]) or "nothing"
            )
            raise RefusedError(f"{shown} must hold x, or x_train and x_test; it holds {names}.")
        heads = {}
        for part in parts:
            with opened.open(members[part]) as file:
                heads[part] = _array_head(file, shown, part)
        for part, head in heads.items():
            _check_image_shape(shown, part, head)
        shapes = {head.image_shape for head in heads.values()}
        if len(shapes) > 1:
            raise RefusedError(f"{shown}: the images of x_train and x_test differ in shape.")
        images.expect(sum(head.shape[0] for head in heads.values()))
        for part, head in heads.items():
            with opened.open(members[part]) as file:
                _array_head(file, shown, part)
                for chunk in _array_chunks(file, head, shown, part):
                    images.add(head.as_images(chunk))
        labels = []
        for part in parts:
            name = part.replace("x", "y", 1)
            if name in members:
                labels.append(_whole_array(opened, members[name], shown, name))
                if len(labels[-1]) != heads[part].shape[0]:
                    raise RefusedError(
                        f"{shown}: {part} has {heads[part].shape[0]:,} images and {name} "
                        f"{len(labels[-1]):,} labels."
                    )
        if labels and len(labels) != len(parts):
            raise RefusedError(f"{shown} holds only one of y_train and y_test: it needs both.")
        label_names = None
        if "label_names" in members and labels:
            array = _whole_array(opened, members["label_names"], shown, "label_names")
            if array.dtype.kind not in "US" or not 1 <= len(array) <= 10_000:
                raise RefusedError(f"{shown}: label_names must be texts.")
            label_names = tuple(str(name) for name in array.astype(str))
    return Raw(
        _joined_labels(shown, labels) if labels else None,
        label_names,
        heads["x_train"].shape[0] if len(parts) == 2 else None,
    )


def _joined_labels(shown: str, labels: list[np.ndarray]) -> np.ndarray:
    if len({array.dtype.kind in "US" for array in labels}) > 1:
        raise RefusedError(f"{shown}: y_train and y_test must both be numbers or both texts.")
    return np.concatenate(
        [array.astype(str) if array.dtype.kind == "S" else array for array in labels]
    )


@dataclass(frozen=True)
class _Head:
    """The header of an .npy file."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of an image, (h, w) or (h, w, 3)."""
        rest = self.shape[1:]
        if len(rest) == 1:
            side = math.isqrt(rest[0])
            return (side, side)
        if len(rest) == 3 and rest[2] == 1:
            return rest[:2]
        if len(rest) == 3 and rest[0] in (1, 3) and rest[2] != 3:
            return rest[1:] if rest[0] == 1 else (*rest[1:], 3)
        return rest

    def as_images(self, chunk: np.ndarray) -> np.ndarray:
        """Reshape k rows of the array to images (k, *image_shape)."""
        if (
            len(self.shape) == 4
            and len(self.image_shape) == 3
            and self.shape[1:] != self.image_shape
        ):
            return np.moveaxis(chunk, 1, -1)
        return chunk.reshape(len(chunk), *self.image_shape)


def _array_head(file: IO[bytes], shown: str, name: str) -> _Head:
    """Read the header of an .npy file; the file is then at the start of its numbers."""
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        version = np.lib.format.read_magic(file)
        shape, fortran, dtype = read_header[version](file)
    except Exception as error:  # NumPy raises many errors on a damaged header
        raise RefusedError(f"{shown}: {name} is no plain NumPy array.") from error
    if dtype.hasobject:
        raise RefusedError(f"{shown}: {name} holds pickled objects: save plain numbers instead.")
    if not shape or 0 in shape or min(shape) < 0:
        raise RefusedError(f"{shown}: {name} is empty.")
    return _Head(tuple(int(length) for length in shape), bool(fortran), dtype)


def _check_image_shape(shown: str, name: str, head: _Head) -> None:
    shape = head.image_shape
    square = len(head.shape) != 2 or shape[0] ** 2 == head.shape[1]
    if not square or not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)):
        raise RefusedError(
            f"{shown}: {name} must have the shape (n, height, width), (n, height, width, 3) or "
            f"(n, pixels of a square), got {head.shape}."
        )
    if head.dtype.kind not in ARRAY_DTYPES or head.dtype.itemsize > 8:
        raise RefusedError(f"{shown}: {name} must hold numbers, got {head.dtype.name}.")
    if max(shape[:2]) > LARGEST_SIDE or math.prod(shape) > LARGEST_IMAGE:
        raise RefusedError(f"{shown}: images of {shape[1]}x{shape[0]} pixels are too large.")


def _array_chunks(file: IO[bytes], head: _Head, shown: str, name: str) -> Iterator[np.ndarray]:
    """Yield the rows of an array in chunks; refuse the file if anything follows them."""
    row = math.prod(head.shape[1:]) * head.dtype.itemsize
    if head.fortran:  # a row's numbers are scattered over the file, so all rows are read at once
        yield _numbers(file, head, head.shape[0], shown, name).reshape(head.shape, order="F")
    else:
        step = max(1, CHUNK_BYTES // row)
        for start in range(0, head.shape[0], step):
            count = min(step, head.shape[0] - start)
            yield _numbers(file, head, count, shown, name).reshape(count, *head.shape[1:])
    if file.read(1):
        raise RefusedError(f"{shown}: {name} holds more than its header says.")


def _numbers(file: IO[bytes], head: _Head, rows: int, shown: str, name: str) -> np.ndarray:
    count = rows * math.prod(head.shape[1:])
    content = file.read(count * head.dtype.itemsize)
    if len(content) != count * head.dtype.itemsize:
        raise RefusedError(f"{shown}: {name} is cut off: it holds less than its header says.")
    return np.frombuffer(content, head.dtype)


def _whole_array(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, name: str
) -> np.ndarray:
    """Read an array (n,) of numbers or texts."""
    with opened.open(info) as file:
        head = _array_head(file, shown, name)
        if len(head.shape) == 2 and head.shape[1] == 1:  # some libraries save labels as a column
            head = _Head(head.shape[:1], False, head.dtype)
        if len(head.shape) != 1 or head.dtype.kind not in ARRAY_DTYPES + "US":
            raise RefusedError(f"{shown}: {name} must be one row of numbers or texts.")
        if head.dtype.itemsize * head.shape[0] > info.file_size:
            raise RefusedError(f"{shown}: {name} is cut off: it holds less than its header says.")
        return next(_array_chunks(file, _Head(head.shape, True, head.dtype), shown, name))
