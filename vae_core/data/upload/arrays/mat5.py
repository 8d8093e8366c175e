"""Read the variables of a .mat file of version 5 to 7.2, without a library in C.

SciPy's reader crashes on some damaged files. A file is a header of 128 bytes and elements: a tag
of type and size, and data, which may be packed with zlib. A variable is an element of elements: its
class and flags, its shape, its name, and its numbers, or the variables in it. See MathWorks,
"MAT-File Format", chapter 1.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

HEADER = 128
MATRIX, COMPRESSED = 14, 15  # types of elements
NUMBERS = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
CELL, STRUCT, OBJECT, CHAR, SPARSE, OPAQUE = 1, 2, 3, 4, 5, 17  # classes of variables
ARRAYS = {
    **{6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4"},
    **{14: "i8", 15: "u8"},
}
LOGICAL, COMPLEX = 0x02, 0x08  # flags
DEEPEST = 12  # levels of cells and structs


class DamagedError(ValueError):
    """The file is not as the format says."""


class TooLargeError(ValueError):
    """The file unpacks to more than is accepted."""


@dataclass(frozen=True)
class Other:
    """A variable that is no array of numbers, texts or variables, such as a function or a table."""

    name: str
    kind: str


@dataclass(frozen=True)
class Filled:
    """A sparse array, with its zeros."""

    array: np.ndarray


def is_mat5(head: bytes) -> bool:
    """Whether a file begins with the header of such a file."""
    return head[126:128] in (b"IM", b"MI")


def variables(content: bytes, most: int) -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of each variable.

    A value is an array of numbers, or of texts (rows,); an array of values (a cell); an array with
    fields of values (a struct); `Filled` or `Other`.

    Args:
        content: the file.
        most: bytes that its variables may take.

    Raises:
        ValueError, struct.error, zlib.error: the file is damaged or too large.
    """
    reader = _Reader("<" if content[126:128] == b"IM" else ">", most)
    at = HEADER
    while at + 8 <= len(content):
        kind, data, at = reader.element(memoryview(content), at)
        if kind == COMPRESSED:
            kind, data, _ = reader.element(memoryview(reader.unpacked(data)), 0)
        if kind == MATRIX:
            name, value = reader.variable(data, 0)
            if name:  # without one it is what objects refer to
                yield name, value


class _Reader:
    """Reads elements of one byte order, up to a number of bytes."""

    def __init__(self, order: str, most: int) -> None:
        self.order, self.left, self.packed_left = order, most, most

    def element(self, data: memoryview, at: int) -> tuple[int, memoryview, int]:
        """Return the type and the data of the element at a place, and the place after it."""
        kind, size = struct.unpack_from(f"{self.order}II", data, at)
        if kind >> 16:  # a short one: type and size take four bytes, the data four
            kind, size, start, end = kind & 0xFFFF, kind >> 16, at + 4, at + 8
        else:
            start = at + 8
            end = start + (size if kind == COMPRESSED else -(-size // 8) * 8)
        if start + size > len(data) or (start == at + 4 and size > 4):
            raise DamagedError("an element is cut off")
        return kind, data[start : start + size], end

    def unpacked(self, data: memoryview) -> bytes:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(data, self.packed_left + 1)
        self.packed_left -= len(content)
        if self.packed_left < 0:
            raise TooLargeError
        if not unpacker.eof:
            raise DamagedError("what is packed is cut off")
        return content

    def _take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise TooLargeError

    def variable(self, data: memoryview, depth: int) -> tuple[str, Any]:
        """Return the name and the value of a variable."""
        if not data:
            return "", np.zeros((0, 0))
        _, head, at = self.element(data, 0)
        (flags,) = struct.unpack_from(f"{self.order}I", head)
        kind, flags = flags & 0xFF, flags >> 8
        if kind == OPAQUE:
            texts = []
            for _ in range(3):  # its name, the system of its type, and its class
                _, text, at = self.element(data, at)
                texts.append(self._ascii(text))
            return texts[0], Other(texts[0], texts[2])
        _, dims, at = self.element(data, at)
        shape = tuple(np.frombuffer(dims, f"{self.order}i4").tolist())
        _, raw_name, at = self.element(data, at)
        name, count = self._ascii(raw_name), math.prod(shape)
        if len(shape) < 2 or min(shape) < 0:
            raise DamagedError("no shape")
        if kind in ARRAYS or kind == CHAR:
            return name, self._numbers(data, at, kind, flags, shape)
        if kind == SPARSE:
            return name, self._sparse(data, at, flags, shape)
        if kind not in (CELL, STRUCT, OBJECT) or depth == DEEPEST:
            return name, Other(name, "function")
        self._take(8 * count)
        if kind == CELL:
            values, at = self._values(data, at, count, depth)
            return name, _objects(values).reshape(shape, order="F")
        if kind == OBJECT:
            _, _, at = self.element(data, at)
        fields, at = self._fields(data, at)
        if not fields:
            return name, Other(name, "struct")
        values, _ = self._values(data, at, count * len(fields), depth)
        array = np.zeros(count, [(field, object) for field in fields])
        for i, field in enumerate(fields):
            array[field] = _objects(values[i :: len(fields)])
        return name, array.reshape(shape, order="F")

    def _values(self, data: memoryview, at: int, count: int, depth: int) -> tuple[list[Any], int]:
        values = []
        for _ in range(count):
            kind, element, at = self.element(data, at)
            if kind != MATRIX:
                raise DamagedError("no variable")
            values.append(self.variable(element, depth + 1)[1])
        return values, at

    def _fields(self, data: memoryview, at: int) -> tuple[list[str], int]:
        _, size, at = self.element(data, at)
        (length,) = struct.unpack_from(f"{self.order}i", size)
        _, names, at = self.element(data, at)
        if length < 1 or len(names) % length:
            raise DamagedError("no names of fields")
        fields = [self._ascii(names[i : i + length]) for i in range(0, len(names), length)]
        return [
            f"{field}_{i}" if field in fields[:i] else field for i, field in enumerate(fields)
        ], at

    def _array(self, data: memoryview, at: int) -> tuple[np.ndarray, int]:
        kind, element, at = self.element(data, at)
        if kind not in NUMBERS:
            raise DamagedError("no numbers")
        return np.frombuffer(element, f"{self.order}{NUMBERS[kind]}"), at

    def _numbers(
        self, data: memoryview, at: int, kind: int, flags: int, shape: tuple[int, ...]
    ) -> np.ndarray:
        if kind == CHAR:
            return self._texts(data, at, shape)
        stored, at = self._array(data, at)
        numbers = stored.astype(bool if flags & LOGICAL else ARRAYS[kind], copy=False)
        self._take(numbers.nbytes)
        if flags & COMPLEX:
            numbers = numbers + 1j * self._array(data, at)[0]
        return numbers.reshape(shape, order="F")

    def _texts(self, data: memoryview, at: int, shape: tuple[int, ...]) -> np.ndarray:
        """Return the rows of an array of characters, (rows,)."""
        kind, element, _ = self.element(data, at) if at < len(data) else (16, memoryview(b""), 0)
        encoding = TEXTS.get(kind, "utf-8")
        suffix = "" if encoding in ("latin-1", "utf-8") else "-le" if self.order == "<" else "-be"
        text = bytes(element).decode(encoding + suffix, "replace")
        self._take(4 * len(text))
        if not text:
            return np.array([], str)
        if shape[0] == 1:
            return np.array([text])
        letters = np.array(list(text)).reshape((shape[0], -1), order="F")
        return np.array(["".join(row) for row in letters.tolist()])

    def _sparse(self, data: memoryview, at: int, flags: int, shape: tuple[int, ...]) -> Filled:
        rows, at = self._array(data, at)
        starts, at = self._array(data, at)
        if len(shape) != 2 or len(starts) != shape[1] + 1:
            raise DamagedError("no sparse array")
        self._take(8 * math.prod(shape))
        columns = np.repeat(np.arange(shape[1]), np.diff(starts))
        rows = rows[: len(columns)]
        if flags & LOGICAL:
            dense = np.zeros(shape, bool)
            dense[rows, columns] = True
            return Filled(dense)
        numbers, at = self._array(data, at)
        dense = np.zeros(shape, complex if flags & COMPLEX else float)
        dense[rows, columns] = numbers[: len(columns)]
        if flags & COMPLEX:
            dense[rows, columns] += 1j * self._array(data, at)[0][: len(columns)]
        return Filled(dense)

    def _ascii(self, data: memoryview) -> str:
        return bytes(data).split(b"\0")[0].decode("utf-8", "replace")


def _objects(values: list[Any]) -> np.ndarray:
    """Return values as an array of objects (n,), whatever they are."""
    array = np.empty(len(values), object)
    for i, value in enumerate(values):
        array[i] = value
    return array
