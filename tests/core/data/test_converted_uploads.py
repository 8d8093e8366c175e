"""HDF5 and .parquet files are read where that is safe; of others a sentence says the cure."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.core.data.test_csv_uploads import BLOBS, CASES, NUMBERED, PIXELS, error, pairs, read
from tests.core.data.upload_files import IMAGES, LABELS, arrays_of, csv, parse

WORDS = np.array(["ant", "owl", "cat"])[LABELS]


def hdf5(folder: Path, fill: Callable[[h5py.File], object]) -> bytes:
    with h5py.File(folder / "made.h5", "w") as file:
        fill(file)
    return (folder / "made.h5").read_bytes()


def table(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["set.h5", "set.mat", "set.parquet"])
def test_cases_hold_the_same_images(tmp_path: Path, name: str) -> None:
    notes, found = read(tmp_path, (CASES / name).read_bytes(), name)
    assert found == pairs(BLOBS[:, :-1], NUMBERED)
    named = "Arrays were read by their names: X as images, y as labels."
    assert notes == ([named] if name == "set.mat" else [])


# --- HDF5 ---------------------------------------------------------------------------------


def test_arrays_in_groups_and_texts_of_fixed_length(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        for part, some in (("train", slice(20)), ("test", slice(20, None))):
            file[f"{part}/x"] = IMAGES[some]
            file[f"{part}/y"] = WORDS[some].astype("S")

    _, found = read(tmp_path, hdf5(tmp_path, fill), "a.hdf5")
    assert found == pairs(IMAGES, WORDS)
    assert np.array_equal(arrays_of(tmp_path)["x_test"], IMAGES[20:])


def _link(file: h5py.File) -> None:
    file["x"] = IMAGES
    file["y"] = h5py.ExternalLink("/etc/passwd", "y")


def _outside(file: h5py.File) -> None:
    file.create_dataset("x", (24, 9, 9), "u1", external=[("/etc/passwd", 0, 24 * 81)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((24, 9, 9), "u1")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (24, 9, 9))
    file.create_virtual_dataset("x", layout)


def _loop(file: h5py.File) -> None:
    group = file.create_group("a")
    group["b"] = group


def _keras(file: h5py.File) -> None:
    file["layers/dense/vars/0"], file["vars/0"] = np.zeros((64, 64), "f4"), np.zeros(3)


def _pandas(file: h5py.File) -> None:
    file.attrs["PYTABLES_FORMAT_VERSION"] = "2.1"
    file.create_group("df").attrs["pandas_type"] = "frame"
    file["df/block0_values"] = IMAGES.reshape(24, 81)


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (_link, "holds a link, which is not followed"),
        (_outside, "x is compressed, in chunks, or neither numbers nor texts"),
        (_virtual, "x is compressed, in chunks"),
        (_loop, "too many groups"),
        (lambda f: f.create_dataset("x", data=IMAGES, chunks=True), "in chunks"),
        (lambda f: f.create_dataset("x", data=list(map(str, WORDS))), "texts of fixed length"),
        (lambda f: f.create_dataset("x", data=np.zeros(24, "f4,f4")), "neither numbers"),
        (_keras, "holds the weights of a Keras model, not data"),
        (_pandas, "import pandas; pandas.read_hdf('a.h5').to_csv('a.csv')"),
    ],
)
def test_other_hdf5_files_are_refused(
    tmp_path: Path, fill: Callable[[h5py.File], object], message: str
) -> None:
    assert message in error(tmp_path, hdf5(tmp_path, fill), "a.h5")


def test_what_is_no_array_is_left_out(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file["set/x"], file["set/y"], file["set/seed"] = IMAGES, LABELS, 3
        file["set/author"], file["set/empty"] = "me", h5py.Empty("f4")

    notes, found = read(tmp_path, hdf5(tmp_path, fill), "a.h5")
    assert found == pairs(IMAGES, LABELS)
    assert notes == [
        "Left out: seed (a single value).",
        "set_author and set_empty, which are no plain arrays, were left out.",
    ]


def test_a_damaged_hdf5_file(tmp_path: Path) -> None:
    content = (CASES / "set.h5").read_bytes()
    assert "damaged" in error(tmp_path, content[:3000], "a.h5")


# --- .parquet -----------------------------------------------------------------------------


def test_columns_as_in_a_csv_file(tmp_path: Path) -> None:
    parts = ["train", "train", "test"] * 8
    columns = dict(zip(PIXELS, IMAGES.reshape(24, 81).T, strict=True))
    content = table(id=np.arange(24), **columns, species=pa.array(WORDS.tolist()), split=parts)
    notes, found = read(tmp_path, content, "a.parquet")
    assert found == pairs(IMAGES, WORDS)
    assert len(arrays_of(tmp_path)["x_test"]) == 8
    assert notes == [
        "The column split was used as the split: train for training, test held out.",
        "The column species was read as the label.",
        "The column id, which numbers the rows, was left out.",
    ]


@pytest.mark.parametrize("rows", [IMAGES, IMAGES.reshape(24, 81)])
def test_lists_of_pixels(tmp_path: Path, rows: np.ndarray) -> None:
    content = table(pixels=rows.tolist(), y=LABELS)
    assert read(tmp_path, content, "a.parquet")[1] == pairs(IMAGES, LABELS)


def test_binary_pixels(tmp_path: Path) -> None:
    bits = IMAGES > 127
    content = table(**dict(zip(PIXELS, bits.reshape(24, 81).T, strict=True)))
    assert read(tmp_path, content, "a.parquet")[1] == pairs((bits * 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"image": [b"x"] * 24, "label": LABELS}, "the image in row 1 is cut off, damaged"),
        ({"box": [{"x": 1, "y": 2}] * 24, "label": LABELS}, "column box holds structs"),
        ({"when": pd.date_range("2026", periods=24)}, "neither numbers nor texts"),
        (
            {"label": LABELS, "p": [None, *range(23)], "q": LABELS},
            "has 2 columns of numbers beside the label",
        ),
        (
            {"label": LABELS, **{f"p{i}": [1] * 23 + [None] for i in range(64)}},
            "row 24, column p0 holds nothing",
        ),
        ({"label": LABELS, "pixels": [[1] * 64] * 23 + [[1] * 63]}, "row 24 holds 63 pixels"),
    ],
)
def test_other_parquet_files_are_refused(
    tmp_path: Path, columns: dict[str, Any], message: str
) -> None:
    assert message in error(tmp_path, table(**columns), "a.parquet")


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    content = (CASES / "set.parquet").read_bytes()
    assert "damaged" in error(tmp_path, content[:-500], "a.parquet")
    assert "is really a .parquet file" not in error(tmp_path, b"PAR1" + bytes(50), "a.parquet")


# --- what has to be converted -------------------------------------------------------------


@pytest.mark.parametrize(
    ("file_name", "message"),
    [
        ("a.XLSX", "an Excel workbook: save the sheet as CSV UTF-8."),
        ("a.xls", "an Excel workbook"),
        ("a.pkl", "a pickle, which can run code when it is read"),
        ("a.joblib", "a pickle, which can run code when it is read"),
        ("a.pt", "a PyTorch file, which can run code"),
        ("a.rar", "a RAR archive: unpack it"),
        ("a.7z", "a 7z archive: unpack it"),
        ("a.tar.gz", "a tar archive: unpack it"),
        ("a.tgz", "a tar archive: unpack it"),
    ],
)
def test_a_format_is_refused_by_its_name(tmp_path: Path, file_name: str, message: str) -> None:
    assert message in error(tmp_path, b"hello", file_name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(90), "is really an Excel workbook"),
        (b"\x80\x04\x95" + bytes(90), "is really a pickle"),
        (b"Rar!\x1a\x07" + bytes(90), "is really a RAR archive"),
        (bytes(257) + b"ustar" + bytes(90), "is really a tar archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(90), "is really a .h5 file: give it that ending"),
        (b"\x89PNG\r\n" + bytes(90), "is really a PNG picture"),
    ],
)
def test_a_format_is_refused_by_its_bytes(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in error(tmp_path, content, "a.csv")


def _frame() -> pd.DataFrame:
    frame = pd.DataFrame(IMAGES.reshape(24, 81), columns=PIXELS)
    frame["class"] = WORDS
    return frame


def _compressed(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=IMAGES, compression="gzip", shuffle=True)
        file["y"] = WORDS.tolist()


def _scalars(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=IMAGES, compression="gzip")
        file["y"] = WORDS.tolist()
        file["version"], file["author"], file["empty"] = 3, "me", h5py.Empty("f4")


def _groups(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for part, some in (("train", slice(20)), ("test", slice(20, None))):
            file.create_dataset(f"set/{part}/x", data=IMAGES[some], chunks=True)
            file[f"set/{part}/y"] = WORDS[some].tolist()


def _records(path: Path) -> None:
    records = np.zeros(24, [("image", "u1", (9, 9)), ("label", "S3")])
    records["image"], records["label"] = IMAGES, WORDS.astype("S")
    with h5py.File(path, "w") as file:
        file["set"] = records


def _arff(path: Path) -> None:
    names = "\n".join(f"@attribute {name} numeric" for name in PIXELS)
    rows = csv().decode()
    path.write_text(f"@relation r\n{names}\n@data\n{rows}\n")


@pytest.mark.parametrize(
    ("file_name", "write"),
    [
        ("a b.json", lambda path: _frame().to_json(path)),
        ("a.json", lambda path: _frame().to_json(path, orient="records")),
        ("a.jsonl", lambda path: _frame().to_json(path, orient="records", lines=True)),
        ("a.feather", lambda path: _frame().to_feather(path)),
        ("a.h5", _compressed),
        ("a.h5", _scalars),
        ("a.h5", _groups),
        ("a.hdf5", _records),
        ("a.arff", _arff),
    ],
)
def test_the_line_that_converts_a_file_does(
    tmp_path: Path, file_name: str, write: Callable[[Path], object]
) -> None:
    write(tmp_path / file_name)
    sentence = error(tmp_path, (tmp_path / file_name).read_bytes(), file_name)
    line = re.search(r'python -c "(.*)"', sentence)
    assert line, sentence
    subprocess.run([sys.executable, "-c", line[1]], cwd=tmp_path, check=True)
    (converted,) = [p for p in tmp_path.glob("a*") if p.suffix in (".csv", ".npz")]
    assert converted.stem == Path(file_name).stem
    _, found = read(tmp_path, converted.read_bytes(), converted.name)
    assert found == pairs(IMAGES, None if file_name == "a.arff" else WORDS)


def test_a_name_is_not_put_into_a_line_of_code(tmp_path: Path) -> None:
    reply = parse(tmp_path, b"{}", "a'); import os; os.abort(); ('.json")
    assert "pandas.read_json('data.json')" in reply["error"]
    content = hdf5(tmp_path, lambda file: file.create_dataset("x", data=IMAGES, chunks=True))
    assert "h5py.File('data.h5')" in parse(tmp_path, content, "a');(f('.h5")["error"]
