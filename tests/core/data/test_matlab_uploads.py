"""Files of MATLAB: structs, cells, sparse arrays and texts, of every version."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy import io as scipy_io
from scipy import sparse

from tests.core.data.test_csv_uploads import error, pairs, read
from tests.core.data.upload_files import IMAGES, LABELS, arrays_of

NAMES = ["ant", "owl", "cat"]
WORDS = np.array(NAMES)[LABELS]
CELL = WORDS.astype(object)
COLUMN = LABELS[:, None] + 0.0
FLAT = IMAGES.reshape(24, 81)
SIDE = (
    "The pixels of an image in {} were read row by row. If the images lie on their side, they were "
    "saved column by column: transpose each, and save them again."
)


def mat(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    scipy_io.savemat(buffer, arrays)
    return buffer.getvalue()


def structs() -> np.ndarray:
    """Return a struct array: s(1).image, s(1).label, s(2).image, ..."""
    array = np.zeros((1, 24), [("image", object), ("label", object)])
    for i in range(24):
        array[0, i] = IMAGES[i], WORDS[i]
    return array


def cells(images: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a cell array of images."""
    array = np.empty(len(images), object)
    array[:] = list(images)
    return array.reshape(shape)


@pytest.mark.parametrize("y", [LABELS, LABELS[:, None], WORDS])
def test_images_in_the_order_of_matlab(tmp_path: Path, y: np.ndarray) -> None:
    content = mat(X=np.moveaxis(IMAGES, 0, -1), y=y)
    _, found = read(tmp_path, content, "a.mat")
    assert found == pairs(IMAGES, y.ravel())


def test_a_damaged_mat_file(tmp_path: Path) -> None:
    for content in (b"MATLAB 5.0 MAT-file".ljust(300), mat(x=IMAGES)[:-100], b"x" * 999):
        assert "is damaged, or not what its ending says" in error(tmp_path, content, "a.mat")


@pytest.mark.parametrize(
    ("arrays", "labels", "notes"),
    [
        ({"x": IMAGES, "y": CELL}, WORDS, []),
        ({"x": IMAGES, "y": CELL[:, None]}, WORDS, []),
        ({"x": IMAGES, "y": COLUMN + 1, "classnames": CELL[[0, 1, 2]]}, WORDS, ["from 1"]),
        ({"x": IMAGES, "y": COLUMN, "classnames": np.array(NAMES)}, WORDS, []),
        ({"x": sparse.csc_array(FLAT + 0.0), "y": LABELS}, LABELS, [SIDE.format("x"), "sparse"]),
        ({"data": {"X": IMAGES, "y": CELL}}, WORDS, ["X as images, y as labels"]),
        ({"s": structs()}, WORDS, ["image as images, label as labels"]),
        ({"imgs": cells(IMAGES, (1, 24)), "y": LABELS}, LABELS, ["imgs as images"]),
        (
            {"x": cells(IMAGES, (2, 12))},
            None,
            ["x, a cell of 2 x 12 arrays, was read row by row."],
        ),
        (
            {
                "x": IMAGES,
                "y": LABELS,
                "about": {"author": "me"},
                "odd": np.array([1, "a"], object),
            },
            LABELS,
            ["Left out: about_author.", "odd, which is no plain array, was left out."],
        ),
        (
            {"fea": FLAT / 255, "gnd": COLUMN + 1},
            LABELS + 1,
            ["gnd as", SIDE.format("fea"), "1 was"],
        ),
        (
            {"faces": FLAT.T, "p": np.eye(4), "u": np.eye(9)},
            None,
            ["faces", "last", "row", "p and u."],
        ),
    ],
)
def test_what_matlab_saves(
    tmp_path: Path, arrays: dict[str, Any], labels: np.ndarray | None, notes: list[str]
) -> None:
    said, found = read(tmp_path, mat(**arrays), "a.mat")
    assert found == pairs(IMAGES, labels)
    assert len(said) == len(notes), said
    for part in notes:
        assert any(part in sentence for sentence in said), said


def test_a_struct_in_a_struct(tmp_path: Path) -> None:
    """As in the files of EMNIST."""
    parts = {
        part: {"images": FLAT[some], "labels": COLUMN[some], "writers": COLUMN[some]}
        for part, some in (("train", slice(20)), ("test", slice(20, None)))
    }
    content = mat(dataset=parts | {"mapping": np.zeros((26, 3))})
    notes, _ = read(tmp_path, content, "a.mat")
    kept = arrays_of(tmp_path)
    assert np.array_equal(kept["x_train"], IMAGES[:20])
    assert np.array_equal(kept["y_test"], LABELS[20:])
    assert notes == [
        "Arrays were read by their names: train_images and test_images as images, train_labels "
        "and test_labels as labels.",
        SIDE.format("train_images"),
        "Left out: train_writers, test_writers and mapping.",
    ]


def test_no_arrays(tmp_path: Path) -> None:
    content = mat(parts=np.array([{"a": 1}, [1, 2]], object))
    sentence = error(tmp_path, content, "a.mat")
    assert "a.mat holds no plain arrays: save the images" in sentence
    assert "save('a.mat', 'X', 'y', '-v7')" in sentence


def test_pictures_of_several_sizes_in_a_cell(tmp_path: Path) -> None:
    parts = np.empty(2, object)
    parts[:] = IMAGES[:9], IMAGES[9:]
    sentence = error(tmp_path, mat(faces=parts, names=CELL[:2]), "a.mat")
    assert sentence.endswith("faces, which is no plain array, was left out.")


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def test_a_string_array_is_named_with_its_cure(tmp_path: Path) -> None:
    """SciPy can't write such an array."""
    names = b"".join(element(1, text) for text in (b"y", b"MCOS", b"string"))
    variable = element(14, element(6, struct.pack("<II", 17, 0)) + names + element(14, b""))
    notes, found = read(tmp_path, mat(x=IMAGES) + variable, "a.mat")
    assert found == pairs(IMAGES)
    assert notes[-2:] == [
        "y is a string array of MATLAB, which can't be read: save cellstr(y) instead.",
        "y, which is no plain array, was left out.",
    ]


# --- version 7.3 --------------------------------------------------------------------------


def version_7_3(folder: Path, fill: Callable[[h5py.File], object]) -> bytes:
    with h5py.File(folder / "made.h5", "w", userblock_size=512) as file:
        fill(file)
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM"
    return head.ljust(512, b"\0") + (folder / "made.h5").read_bytes()[512:]


def _plain(file: h5py.File) -> None:
    file["X"], file["y"] = IMAGES.transpose(1, 2, 0).T, COLUMN.T
    codes = np.array([[ord(letter) for letter in name] for name in NAMES], np.uint16)
    file["classnames"] = codes.T
    file["classnames"].attrs["MATLAB_class"] = np.bytes_("char")


def test_plain_arrays_of_version_7_3(tmp_path: Path) -> None:
    notes, found = read(tmp_path, version_7_3(tmp_path, _plain), "a.mat")
    assert found == pairs(IMAGES, WORDS)
    assert "The last axis of X (9, 9, 24) counts the images" in notes[1]


def _packed(file: h5py.File) -> None:
    file.create_dataset("set/X", data=IMAGES.T, compression="gzip")
    refs = [
        file.create_dataset(f"#refs#/{i}", data=np.array([[ord(c)] for c in word], "u2")).ref
        for i, word in enumerate(WORDS)
    ]
    file.create_dataset("set/y", data=np.array([refs], h5py.ref_dtype), dtype=h5py.ref_dtype)


def test_the_line_that_converts_version_7_3(tmp_path: Path) -> None:
    content = version_7_3(tmp_path, _packed)
    (tmp_path / "a.mat").write_bytes(content)
    sentence = error(tmp_path, content, "a.mat")
    assert "save it in MATLAB with save('a.mat', '-v7'), or convert it with" in sentence
    line = re.search(r'python -c "(.*)"', sentence)
    assert line
    subprocess.run([sys.executable, "-c", line[1]], cwd=tmp_path, check=True)
    assert read(tmp_path, (tmp_path / "a.npz").read_bytes(), "a.npz")[1] == pairs(IMAGES, WORDS)
