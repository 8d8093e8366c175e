"""The reader of .mat files gives what SciPy wrote, and refuses what is damaged."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from scipy import io as scipy_io
from scipy import sparse

from vae_core.data.upload.arrays.mat5 import Filled, TooLargeError, is_mat5, variables

RNG = np.random.default_rng(0)
NUMBERS = RNG.integers(0, 100, (3, 4, 5))
SPARSE = sparse.random_array((6, 7), density=0.3, rng=RNG)
CELL = np.array([[np.arange(3.0), "猫"], ["", [1, 2]]], object)


def saved(packed: bool, **arrays: Any) -> bytes:
    buffer = io.BytesIO()
    scipy_io.savemat(buffer, arrays, do_compression=packed)
    return buffer.getvalue()


def found(content: bytes) -> dict[str, Any]:
    return dict(variables(content, 1 << 20))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "?"])
def test_numbers(packed: bool, kind: str) -> None:
    for array in (NUMBERS, np.asfortranarray(NUMBERS), NUMBERS[:0], NUMBERS[0, 0]):
        content = saved(packed, some=array.astype(kind))
        assert is_mat5(content)
        got = found(content)["some"]
        expected = scipy_io.loadmat(io.BytesIO(content))["some"]
        assert np.array_equal(got, expected)
        assert got.shape == expected.shape


@pytest.mark.parametrize("packed", [False, True])
def test_other_values(packed: bool) -> None:
    got = found(
        saved(
            packed,
            complex=NUMBERS[0] + 2j,
            text="Käse 猫 😀",
            rows=np.array(["ab", "c"]),
            cell=CELL,
            struct={"a": NUMBERS, "b": {"c": "deep"}},
            zeros=SPARSE.tocsc(),
            logical=(SPARSE.tocsc() > 0),
        )
    )
    assert np.array_equal(got["complex"], NUMBERS[0] + 2j)
    assert got["text"].tolist() == ["Käse 猫 😀"]
    assert got["rows"].tolist() == ["ab", "c "]
    assert got["cell"].shape == (2, 2)
    assert got["cell"][0, 0].tolist() == [[0.0, 1.0, 2.0]]
    assert got["cell"][0, 1].tolist() == ["猫"]
    assert got["cell"][1, 0].size == 0
    assert np.array_equal(got["struct"]["a"][0, 0], NUMBERS)
    assert got["struct"]["b"][0, 0]["c"][0, 0].tolist() == ["deep"]
    assert isinstance(got["zeros"], Filled)
    assert np.array_equal(got["zeros"].array, SPARSE.toarray())
    assert np.array_equal(got["logical"].array, SPARSE.toarray() > 0)


def test_the_other_byte_order() -> None:
    def element(kind: int, data: bytes) -> bytes:
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    variable = (
        element(6, struct.pack(">II", 11, 0))
        + element(5, struct.pack(">ii", 2, 3))
        + struct.pack(">HH", 2, 1)  # a short element: two bytes of type 1
        + b"ab\0\0"
        + element(4, np.arange(6).astype(">u2").tobytes())
    )
    content = b"MATLAB 5.0".ljust(124) + b"\1\0MI" + element(14, variable)
    assert found(content)["ab"].tolist() == [[0, 2, 4], [1, 3, 5]]


@pytest.mark.parametrize("packed", [False, True])
def test_a_cut_file_is_damaged(packed: bool) -> None:
    content = saved(packed, cell=CELL, struct={"a": NUMBERS}, zeros=SPARSE.tocsc())
    whole = set(found(content))
    for end in range(136, len(content), 7):
        try:
            assert set(found(content[:end])) < whole
        except (ValueError, IndexError, struct.error, zlib.error):
            continue


def test_too_much_is_refused() -> None:
    for packed in (False, True):
        with pytest.raises(TooLargeError):
            found(saved(packed, some=np.zeros((1 << 18,))))
    with pytest.raises(TooLargeError):
        found(saved(True, some=sparse.csc_array((100_000, 100_000))))
