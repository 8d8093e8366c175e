"""Columns of .parquet files are read by their types: numbers, lists, texts and pictures."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.core.data.test_csv_uploads import PIXELS, error, pairs, read
from tests.core.data.upload_files import IMAGES, LABELS, arrays_of, picture

NAMES = ["ant", "owl", "cat"]
WORDS = np.array(NAMES)[LABELS]
FILES = [{"bytes": picture(image), "path": f"{i}.png"} for i, image in enumerate(IMAGES)]


def table(features: dict[str, Any] | None = None, /, **columns: Any) -> bytes:
    """Return a .parquet file, with the features that Hugging Face's datasets write."""
    made = pa.table(columns)
    if features is not None:
        metadata = json.dumps({"info": {"features": features}})
        made = made.replace_schema_metadata({"huggingface": metadata})
    buffer = io.BytesIO()
    parquet.write_table(made, buffer, row_group_size=10)
    return buffer.getvalue()


CLASS_LABEL = {"names": NAMES, "_type": "ClassLabel"}


@pytest.mark.parametrize("label", ["label", "what"])
def test_pictures_as_hugging_face_writes_them(tmp_path: Path, label: str) -> None:
    features = {"image": {"_type": "Image"}, label: CLASS_LABEL}
    content = table(features, image=FILES, **{label: LABELS})
    notes, found = read(tmp_path, content, "train-00000-of-00001.parquet")
    assert found == pairs(IMAGES, WORDS)
    why = "it is the only one beside the pixels"
    assert notes == ([] if label == "label" else [f"The column what was read as the label: {why}."])


def test_pictures_with_other_columns(tmp_path: Path) -> None:
    parts = ["train", "train", "test"] * 8
    content = table(id=[f"x{i}" for i in range(24)], img=FILES, split=parts, y=WORDS.tolist())
    notes, found = read(tmp_path, content, "a.parquet")
    assert found == pairs(IMAGES, WORDS)
    assert len(arrays_of(tmp_path)["x_test"]) == 8
    assert "The column id, which numbers the rows, was left out." in notes
    assert read(tmp_path, table(image=FILES), "a.parquet") == ([], pairs(IMAGES))


def test_pictures_as_bytes(tmp_path: Path) -> None:
    content = table(jpg=pa.array([file["bytes"] for file in FILES]), label=LABELS)
    assert read(tmp_path, content, "a.parquet") == ([], pairs(IMAGES, LABELS))


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ({"bytes": None, "path": "/data/7.png"}, "the image in row 8 is only the path 7.png"),
        ({"bytes": b"", "path": None}, "the image in row 8 is missing"),
        (None, "the image in row 8 is missing"),
        ({"bytes": b"x", "path": "a"}, "the image in row 8 is cut off, damaged, or not an image"),
    ],
)
def test_pictures_that_are_missing(tmp_path: Path, file: Any, message: str) -> None:
    files = [file if i == 7 else other for i, other in enumerate(FILES)]
    assert message in error(tmp_path, table(image=files, label=LABELS), "a.parquet")


def test_two_columns_of_pictures(tmp_path: Path) -> None:
    sentence = error(tmp_path, table(image=FILES, mask=FILES, label=LABELS), "a.parquet")
    assert "holds pictures in both column image and column mask" in sentence


def test_labels_that_are_missing(tmp_path: Path) -> None:
    pixels = dict(zip(PIXELS, IMAGES.reshape(24, 81).T, strict=True))
    for labels, features in (
        ([None if i in (7, 9) else label for i, label in enumerate(LABELS.tolist())], None),
        ([None if i in (7, 9) else label for i, label in enumerate(WORDS.tolist())], None),
        ([float("nan") if i in (7, 9) else float(label) for i, label in enumerate(LABELS)], None),
        ([-1 if i in (7, 9) else label for i, label in enumerate(LABELS)], {"y": CLASS_LABEL}),
    ):
        sentence = error(tmp_path, table(features, y=labels, **pixels), "a.parquet")
        assert "row 8 has no label: column 1 holds " in sentence
        assert "and 1 more row. Fill it in, or leave the row out." in sentence
    content = table(y=pa.array([None] * 24, pa.string()), **pixels)
    said = ["The column y, which holds nothing, was left out."]
    assert read(tmp_path, content, "a.parquet") == (said, pairs(IMAGES))


@pytest.mark.parametrize(
    "labels",
    [
        pa.array(WORDS.tolist()).dictionary_encode(),
        pa.array(WORDS.tolist(), pa.large_string()),
        pa.array([f"'{word}'" for word in WORDS]),
    ],
)
def test_texts_of_every_type(tmp_path: Path, labels: pa.Array) -> None:
    for pixels in (
        dict(zip(PIXELS, IMAGES.reshape(24, 81).T, strict=True)),
        {
            name: pa.array(column).dictionary_encode()
            for name, column in zip(PIXELS, IMAGES.reshape(24, 81).T, strict=True)
        },
        {
            name: list(map(str, column))
            for name, column in zip(PIXELS, IMAGES.reshape(24, 81).T, strict=True)
        },
        {"pixels": [" ".join(map(str, image.ravel())) for image in IMAGES]},
        {"pixels": [str(image.tolist()) for image in IMAGES]},
    ):
        _, found = read(tmp_path, table(label=labels, **pixels), "a.parquet")
        assert found == pairs(IMAGES, WORDS)


ROWS = IMAGES.reshape(24, 81)
FIXED = pa.FixedSizeListArray.from_arrays(pa.array(ROWS.ravel()), 81)
FIXED_ROWS = pa.FixedSizeListArray.from_arrays(
    pa.FixedSizeListArray.from_arrays(pa.array(ROWS.ravel()), 9), 9
)


@pytest.mark.parametrize(
    "pixels",
    [
        pa.array(ROWS.tolist(), pa.list_(pa.uint8())),
        pa.array(ROWS.tolist(), pa.large_list(pa.float32())),
        pa.array(IMAGES.tolist(), pa.list_(pa.list_(pa.uint8()))),
        pa.array(IMAGES[..., None].tolist()),
        pa.array(IMAGES[:, None].tolist()),
        FIXED,
        FIXED_ROWS,
    ],
)
def test_lists_of_every_type(tmp_path: Path, pixels: pa.Array) -> None:
    notes, found = read(tmp_path, table(pixels=pixels, label=WORDS.tolist()), "a.parquet")
    assert (notes, found) == ([], pairs(IMAGES, WORDS))


def test_lists_with_something_missing(tmp_path: Path) -> None:
    some: list[Any] = IMAGES.tolist()
    some[11] = None
    for kind in (None, pa.list_(pa.list_(pa.uint8(), 9), 9)):
        content = table(pixels=pa.array(some, kind), label=LABELS)
        assert "row 12 holds 0 pixels, the first row 81" in error(tmp_path, content, "a.parquet")
    some[11] = IMAGES[11].tolist()
    some[11][2][3] = None
    content = table(pixels=some, label=LABELS)
    sentence = error(tmp_path, content, "a.parquet")
    assert "row 12, column pixels holds nothing, or no finite number" in sentence


def test_lists_that_form_no_square(tmp_path: Path) -> None:
    wide = ROWS[:, :64].reshape(24, 4, 16).tolist()
    sentence = error(tmp_path, table(pixels=wide, label=LABELS), "a.parquet")
    assert "holds 4 rows of 16 pixels in a cell" in sentence
    colour = np.stack([IMAGES] * 3, axis=-1).tolist()
    sentence = error(tmp_path, table(pixels=colour, label=LABELS), "a.parquet")
    assert "perhaps 9x9 in three colours" in sentence


def test_one_hot_labels(tmp_path: Path) -> None:
    flags = dict(zip([f"is_{name}" for name in NAMES], np.eye(3)[LABELS].T, strict=True))
    for convert in (bool, int, float):
        columns = {name: column.astype(convert) for name, column in flags.items()}
        content = table(pixels=ROWS.tolist(), **columns)
        notes, found = read(tmp_path, content, "a.parquet")
        assert found == pairs(IMAGES, WORDS)
        assert notes[0].startswith("The labels were one-hot: of column is_ant to column is_cat")


def test_one_hot_labels_in_lists(tmp_path: Path) -> None:
    content = table(pixels=ROWS.tolist(), label=np.eye(3, dtype=int)[LABELS].tolist())
    notes, found = read(tmp_path, content, "a.parquet")
    assert found == pairs(IMAGES, LABELS)
    assert notes == ["The labels were one-hot lists: the place of the 1 is the label."]


def test_the_index_that_pandas_writes(tmp_path: Path) -> None:
    pixels = dict(zip(PIXELS, ROWS.T, strict=True))
    content = table(**pixels, label=LABELS, __index_level_0__=np.arange(24)[::-1])
    notes, found = read(tmp_path, content, "a.parquet")
    assert found == pairs(IMAGES, LABELS)
    assert notes == ["The column __index_level_0__, which numbers the rows, was left out."]
