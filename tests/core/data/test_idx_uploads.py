"""IDX files, the format of MNIST: alone, in a zip, packed, and under any name."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.test_array_uploads import idx, in_order, read
from tests.core.data.upload_files import IMAGES, LABELS, parse, zipped
from vae_core.data.upload.limits import LIMITS

BYTES = LABELS.astype(np.uint8)


@pytest.mark.parametrize("packed", [False, True])
def test_the_four_files_of_mnist(tmp_path: Path, packed: bool) -> None:
    files = {
        "train-images-idx3-ubyte": idx(IMAGES[:20]),
        "train-labels-idx1-ubyte": idx(LABELS[:20].astype(np.uint8)),
        "t10k-images-idx3-ubyte": idx(IMAGES[20:]),
        "t10k-labels-idx1-ubyte": idx(LABELS[20:].astype(np.uint8)),
    }
    named = [
        (f"MNIST/raw/{name}.gz", gzip.compress(content)) if packed else (name, content)
        for name, content in files.items()
    ]
    kept = read(tmp_path, zipped(*named), "mnist.zip")["kept"]
    assert np.array_equal(kept["x_train"], IMAGES[:20])
    assert np.array_equal(kept["y_train"], LABELS[:20])
    assert np.array_equal(kept["x_test"], IMAGES[20:])
    assert np.array_equal(kept["y_test"], LABELS[20:])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(IMAGES)[:-1], "says 24 items, and 23 are there"),
        (idx(IMAGES) + b"x", "holds 1 byte more than its header says"),
        (idx(LABELS.astype(np.uint8)), "pack it into a zip together with the file of the images"),
        (gzip.compress(idx(IMAGES), mtime=0)[:-9], "cut off or damaged"),
        (idx(IMAGES)[:7], "cut off"),
    ],
)
def test_a_damaged_idx_file(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in parse(tmp_path, content, "train-images-idx3-ubyte")["error"]


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    small = replace(LIMITS, unpacked_bytes=10**6)
    content = gzip.compress(idx(np.zeros((40_000, 8, 8), np.uint8)))
    assert "unpacks to more than" in parse(tmp_path, content, "a.idx.gz", limits=small)["error"]


@pytest.mark.parametrize(
    ("kind", "dtype"), [(0x08, ">u1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
)
@pytest.mark.parametrize("name", ["a.bin", "a.dat", "a.csv", "images", "a.idx3-float"])
def test_every_type_of_numbers_under_any_ending(
    tmp_path: Path, kind: int, dtype: str, name: str
) -> None:
    result = read(tmp_path, idx(IMAGES.astype(dtype), kind), name)
    assert in_order(result["x"], result["y"], IMAGES).tolist() == [0] * 24


@pytest.mark.parametrize(
    ("images", "labels", "y"),
    [
        ("train-images.bin", "train-labels.bin", idx(BYTES)),
        ("mnist/images", "mnist/labels", idx(BYTES)),
        ("images-idx3-float", "labels-idx1-int", idx(LABELS.astype(">i4"), 0x0C)),
        ("images-idx3-ubyte", "labels-idx2-int", idx(LABELS.astype(">i4")[:, None], 0x0C)),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_names_of_files_in_a_zip(
    tmp_path: Path, images: str, labels: str, y: bytes, packed: bool
) -> None:
    files = [("README", b"hello"), (images, idx(IMAGES)), (labels, y)]
    if packed:
        files = [(f"{name}.gz", gzip.compress(content)) for name, content in files]
    result = read(tmp_path, zipped(*files), "a.zip")
    assert np.array_equal(in_order(result["x"], result["y"], IMAGES), LABELS)
    assert result["notes"] == ("A fifth, 4 images drawn by a fixed seed, is held out.",)


@pytest.mark.parametrize("name", ["emnist-letters-train-images-idx3-ubyte", "gzip.zip"])
def test_files_of_emnist_may_be_transposed(tmp_path: Path, name: str) -> None:
    content = idx(IMAGES)
    if name.endswith(".zip"):
        content = zipped(("gzip/emnist-letters-train-images-idx3-ubyte.gz", gzip.compress(content)))
    notes = read(tmp_path, content, name)["notes"]
    assert sum("The files of EMNIST hold their images transposed" in note for note in notes) == 1


def test_swapped_names_are_named(tmp_path: Path) -> None:
    content = zipped(("images-idx3-ubyte", idx(BYTES)), ("labels-idx1-ubyte", idx(IMAGES)))
    result = read(tmp_path, content, "a.zip")
    assert np.array_equal(in_order(result["x"], result["y"], IMAGES), LABELS)
    assert result["notes"][:2] == (
        "images-idx3-ubyte holds labels, although its name says images.",
        "labels-idx1-ubyte holds images, although its name says labels.",
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("train-labels-idx1-ubyte", idx(BYTES))], "such as labels, but no images"),
        ([("a-idx3-ubyte", idx(IMAGES)[:-9]), ("b-idx1-ubyte", idx(BYTES))], "is cut off"),
        ([("a-idx3-ubyte", idx(IMAGES)), ("b-idx1-ubyte", idx(BYTES[:20]))], "there are 20 labels"),
    ],
)
def test_a_zip_that_does_not_fit(
    tmp_path: Path, files: list[tuple[str, bytes]], message: str
) -> None:
    assert message in parse(tmp_path, zipped(*files), "a.zip")["error"]
