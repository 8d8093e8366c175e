"""A file that isn't read is named for what it is, whatever its ending."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.upload_files import IMAGES, LABELS, check_sentence, csv, npz, parse, zipped

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n",
    "is a Git LFS pointer",
)
PAGE = (b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", "is a web page (HTML)")
SAFETENSORS = struct.pack("<Q", 90) + b'{"x":{"dtype":"F32"}}'
RECORD = struct.pack("<QI", 4000, 77) + b"\n\x08" + bytes(90)
ENDINGS = ("npz", "npy", "csv", "zip", "h5", "mat", "txt", "parquet", "gz", "pkl", "csv.gz", "x")


TABLE = (
    b'<table border="1">\n<thead><tr><th>label</th></tr>',
    "is a table in HTML: save it as CSV",
)


@pytest.mark.parametrize(("content", "message"), [POINTER, PAGE, TABLE])
def test_what_came_instead_of_the_file(tmp_path: Path, content: bytes, message: str) -> None:
    for ending in ENDINGS:
        sentence = parse(tmp_path, content, f"a.{ending}")["error"]
        assert message in sentence
        check_sentence(sentence)


@pytest.mark.parametrize(
    ("file_name", "content", "message"),
    [
        ("a.npz.part", npz(x=IMAGES)[:900], "is a download that isn't finished"),
        ("a.zip.crdownload", b"hello", "is a download that isn't finished"),
        ("a.npz", npz(x=IMAGES)[:900], "is cut off: it starts as a zip file"),
        ("a.zip", npz(x=IMAGES)[:900], "is cut off: it starts as a zip file"),
        ("a.npz", b"\x01\x02\x03hello", "it is no zip file"),
        (
            "a.csv.gz",
            gzip.compress(csv(), mtime=0) + b"more",
            "holds more bytes after what gzip packed",
        ),
        ("a.csv", lzma.compress(csv()), "is really packed with xz"),
        ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is really a HEIC or AVIF picture"),
        ("a.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "is a HEIC or AVIF picture"),
        ("a.csv.xz", lzma.compress(csv()), "is packed with xz"),
        ("a.csv", bz2.compress(csv()), "is really packed with bzip2"),
        ("a.csv", b"\x28\xb5\x2f\xfd" + bytes(50), "is really packed with zstd"),
        ("a.npy", b"\x04\x22\x4d\x18" + bytes(50), "is really packed with lz4"),
        ("a.npy", pickle.dumps({"x": [1]}), "is really a pickle"),
        ("data_batch_1", pickle.dumps({b"data": [1]}, 2), "is really a pickle"),
        ("mnist.pkl.gz", gzip.compress(pickle.dumps([1]), mtime=0), "is a pickle"),
        ("a.npz", b"%PDF-1.4 x", "is really a PDF"),
        ("a.txt", b"%PDF-1.4 x", "is really a PDF"),
        ("a.npz", b"\x89PNG\r\n" + bytes(50), "is really a PNG picture: upload pictures as one"),
        ("a.csv", b"ARROW1\0\0" + bytes(50), "is really an Arrow file"),
        ("a.csv", b"$FL2@(#) SPSS DATA FILE", "is really an SPSS file"),
        ("a.csv", gzip.compress(b"RDX3\nX\n" + bytes(50), mtime=0), "is really a file of R"),
        ("a.rds", gzip.compress(b"X\n\0\0\0\3", mtime=0), "a file of R: in R, save a data frame"),
        ("a.csv", b"<?xml version='1.0'?><Error/>", "is really an XML file"),
        ("a.csv", b"[[1, 2], [3, 4]]", "is really a JSON file"),
        ("a.npz", b'{"message": "Not Found"}', "is really a JSON file"),
        ("a.csv", b"SQLite format 3\0" + bytes(50), "is really an SQLite database"),
        ("model", SAFETENSORS, "is really a safetensors file"),
        ("a.safetensors", SAFETENSORS, "a safetensors file, which holds weights"),
        ("train-00000-of-00001", RECORD, "seems to be a TFRecord file"),
        ("a.tfrecord", RECORD, "a TFRecord file: read it with tf.data.TFRecordDataset"),
        ("a.csv", bytes(128) + b"DICM" + bytes(9), "is really a DICOM file"),
        ("a", bytes(4) + b"ftypisom" + bytes(9), "is really a video"),
        ("a.txt", npz(x=IMAGES), "is really a .zip file: give it that ending"),
        ("a.txt", b"\0\0\x08\x01\0\0\0\x01x", "is really an IDX file"),
        ("a.csv", b"MATLAB 7.3 MAT-file".ljust(600), "is really a .mat file"),
        ("a.bin", bytes(99), "read it with numpy.fromfile"),
        ("zip.train", csv(), "is a text under an ending that isn't known"),
    ],
)
def test_a_file_is_named_for_what_it_is(
    tmp_path: Path, file_name: str, content: bytes, message: str
) -> None:
    sentence = parse(tmp_path, content, file_name)["error"]
    assert message in sentence
    check_sentence(sentence)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("[Content_Types].xml", "word/document.xml"), "is a Word document"),
        (("[Content_Types].xml", "xl/workbook.xml"), "is an Excel workbook"),
        (("mimetype", "content.xml"), "is a spreadsheet"),
        (("archive/data.pkl", "archive/version", "archive/data/0"), "is a PyTorch file"),
        (("metadata.json", "config.json", "model.weights.h5"), "is a Keras model, not data"),
        (("a.zarr/.zgroup", "a.zarr/x/.zarray", "a.zarr/x/0.0"), "is a Zarr store"),
    ],
)
def test_a_zip_file_of_another_program(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    content = zipped(*((name, b"hello") for name in names))
    for ending in ("zip", "npz"):
        assert f"a.{ending} {message}" in parse(tmp_path, content, f"a.{ending}")["error"]


def test_texts_that_start_like_another_format(tmp_path: Path) -> None:
    for first in ("ORC", "GIF89a", "BZh", "PK", "<b>bold</b>"):
        lines = [first, *(f"item {i}" for i in range(120))]
        answer = parse(tmp_path, "\n".join(lines).encode(), "a.txt")["answer"]
        assert answer["train"] + answer["test"] == 121


def test_gzip_in_several_parts_is_read_whole(tmp_path: Path) -> None:
    table = csv(labels=LABELS)
    content = gzip.compress(table[:500]) + gzip.compress(table[500:]) + bytes(40)
    answer = parse(tmp_path, content, "a.csv.gz")["answer"]
    assert answer["counts"] == (8, 8, 8)
    with np.load(tmp_path / "data.npz") as kept:
        found = np.concatenate([kept["x_train"], kept["x_test"]])
    assert {image.tobytes() for image in found} == {image.tobytes() for image in IMAGES}
