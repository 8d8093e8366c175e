"""One file of data in a zip is read as if it had been uploaded itself."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.upload_files import (
    IMAGES,
    LABELS,
    arrays_of,
    bomb,
    check_sentence,
    csv,
    npz,
    parse,
    picture,
    pictures,
    zipped,
)

TABLE = csv(IMAGES, LABELS, "label," + ",".join(f"p{i}" for i in range(81)))
ARRAYS = npz(x=IMAGES, y=LABELS)
FILES = {
    "a.csv": TABLE,
    "a.tsv": TABLE.replace(b",", b"\t"),
    "a.csv.gz": gzip.compress(TABLE),
    "folder/a.npz": ARRAYS,
    "inner.zip": zipped(("a.csv", TABLE), ("LICENSE", b"free")),
}


@pytest.mark.parametrize("name", FILES)
def test_the_only_file_of_data_is_read(tmp_path: Path, name: str) -> None:
    junk = [("__MACOSX/._a", b"x"), (".DS_Store", b"x"), ("Thumbs.db", b"x")]
    reply = parse(tmp_path, zipped((name, FILES[name]), *junk, ("README.md", b"Hi")), "set.zip")
    notes = reply["answer"]["notes"]
    shown = name.rsplit("/", 1)[-1]
    assert notes[0] == (
        f"Of set.zip only {shown} was read, and 1 other file was left out: README.md."
    )
    assert ("Of inner.zip only a.csv was read" in " ".join(notes)) == (name == "inner.zip")
    arrays = arrays_of(tmp_path)
    found = {
        x.tobytes(): y
        for part in ("train", "test")
        for x, y in zip(arrays[f"x_{part}"], arrays[f"y_{part}"], strict=True)
    }
    assert found == {x.tobytes(): y for x, y in zip(IMAGES, LABELS, strict=True)}


def test_a_zip_of_pictures_in_a_zip_is_read(tmp_path: Path) -> None:
    reply = parse(tmp_path, zipped(("inner.zip", zipped(*pictures()))), "set.zip")
    assert reply["answer"]["label_names"] == ("a", "b")
    assert reply["answer"]["counts"] == (10, 10)
    assert not any("left out" in note for note in reply["answer"]["notes"])


def in_zips(depth: int) -> bytes:
    content = zipped(*pictures())
    for i in range(depth):
        content = zipped((f"{i}.zip", content))
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            zipped(("train.csv", TABLE), ("test.csv", TABLE)),
            "a.zip holds no image files, but 2 files of data (train.csv and test.csv): upload one "
            "of them, or join them into one .npz or .csv.",
        ),
        (
            zipped(("a.zip", zipped(*pictures())), ("b.zip", zipped(*pictures()))),
            "a.zip holds an archive, 'a.zip': unpack that first, and pack the files in it as one "
            ".zip.",
        ),
        (zipped(("b.zip", bomb())), "b.zip unpacks to 1,"),
        (in_zips(4), "a.zip holds an archive, '0.zip': unpack that first"),
        (zipped(*((f"{i}.dcm", bytes(128) + b"DICM") for i in range(24))), "0.dcm is a DICOM file"),
        (zipped(("IM1", bytes(128) + b"DICM")), "IM1 is a DICOM file: convert it to PNG or TIFF."),
        (zipped(("a.svg", b"<?xml version='1.0'?>\n<svg/>")), "a.svg is an SVG drawing: convert"),
        (zipped(("1.png", b"<!DOCTYPE html><html>")), "1.png is a web page, not an image: down"),
        (zipped(("data_batch_1", b"\x80\x04}q")), "data_batch_1 is a pickle, which can run code"),
        (zipped(("scan.nii.gz", b"x")), "a.zip holds no image files; it holds scan.nii.gz: put"),
        (zipped(("a.txt", b"x"), ("b.txt", b"x")), "it holds a.txt and 1 more file: put PNG or"),
    ],
)
def test_other_zips_are_refused_with_the_cure(tmp_path: Path, content: bytes, message: str) -> None:
    error = parse(tmp_path, content, "a.zip")["error"]
    check_sentence(error)
    assert message in error


def test_pictures_without_an_ending_beside_others_are_read(tmp_path: Path) -> None:
    files = [(f"a/{i}.png", picture(IMAGES[i])) for i in range(12)]
    files += [(f"b/{i}", picture(IMAGES[12 + i])) for i in range(12)]
    reply = parse(tmp_path, zipped(*files, ("c/P5 notes", b"P5 is a note."), ("x", b"BM")), "a.zip")
    assert reply["answer"]["counts"] == (12, 12)
    assert reply["answer"]["notes"][:2] == (
        "12 files were read as images, because their content says so, not their name.",
        "The folder c holds no image that can be read.",
    )
    assert np.array_equal(np.unique(arrays_of(tmp_path)["y_train"]), [0, 1])
