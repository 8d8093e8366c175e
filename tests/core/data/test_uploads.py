"""Files from outside: data sets as stated, or one sentence, whatever is in them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.waiting import wait_for
from vae_core import sandbox
from vae_core.data import registry
from vae_core.data.own import OWN_NAME, own_names
from vae_core.data.upload import reader
from vae_core.data.upload.child import answer
from vae_core.data.upload.limits import DEFAULT_SIZE, LIMITS
from vae_core.runs.store import PROJECT
from vae_core.sandbox import RefusedError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (24, 9, 9)).astype(np.uint8)
LABELS = np.arange(24) % 3


def npz(compressed: bool = False, /, **arrays: Any) -> bytes:
    buffer = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(buffer, **arrays)
    return buffer.getvalue()


def picture(image: np.ndarray, kind: str = "png", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def pictures(count: int = 20, folder: str = "{}/") -> list[tuple[str | zipfile.ZipInfo, bytes]]:
    return [
        (f"{folder.format('ab'[i % 2])}{i}.png", picture(IMAGES[i % len(IMAGES)]))
        for i in range(count)
    ]


def csv(images: np.ndarray = IMAGES, labels: Any = None, header: str = "") -> bytes:
    rows = [",".join(map(str, image.ravel())) for image in images]
    if labels is not None:
        rows = [f"{label},{row}" for label, row in zip(labels, rows, strict=True)]
    return "\n".join(([header] if header else []) + rows).encode()


def parse(folder: Path, content: bytes, file_name: str, size: int | None = None) -> dict[str, Any]:
    """What the child would answer, from this process."""
    path = folder / "in"
    path.write_bytes(content)
    request = {
        "path": str(path),
        "file_name": file_name,
        "size": size,
        "limits": asdict(LIMITS),
        "folder": str(folder),
    }
    return sandbox.answer_or_error(answer, request)


def arrays_of(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "data.npz") as data:
        return {key: data[key] for key in data.files}


@pytest.fixture(autouse=True)
def own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A store and a folder for temporary files, which must be empty in the end."""
    root = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("VAE_LAB_RUNS", str(root / "runs"))
    monkeypatch.setattr(tempfile, "tempdir", str(root / "tmp"))
    (root / "tmp").mkdir()
    registry.load.cache_clear()
    yield root / "runs"
    assert list((root / "tmp").iterdir()) == []


# --- what a file is made into -------------------------------------------------------------


def test_an_npz_is_kept_and_loaded_as_it_is(own: Path) -> None:
    split: dict[str, Any] = {"x_train": IMAGES[:20], "y_train": LABELS[:20], "x_test": IMAGES[20:]}
    content = npz(**split, y_test=LABELS[20:], label_names=np.array(["cat", "dog", "T-shirt/top"]))
    upload = reader.read(content, "Ünïcode – faces & more.npz")
    s = upload.summary
    assert s.name.startswith("own_unicode_faces_more_")
    assert (s.size, s.train, s.test, s.counts, s.notes) == (9, 20, 4, (8, 8, 8), ())
    assert s.label_names == ("cat", "dog", "T-shirt/top")
    assert upload.images.shape == (24, 9, 9)
    assert not own.exists(), "a preview stores nothing"
    assert upload.keep() == s.name
    assert [path.name for path in (own / ".datasets").iterdir()] == [f"{s.name}.npz"]
    data = registry.load(s.name)
    assert np.array_equal(data.x_train, IMAGES[:20, ..., None] / np.float32(255))
    assert np.array_equal(data.x_test, IMAGES[20:, ..., None] / np.float32(255))
    assert np.array_equal(data.y_test, LABELS[20:])
    assert data.label_names == s.label_names
    again = reader.read(content, "Ünïcode – faces & more.npz")
    assert again.summary == s, "same file, same name: same runs"
    again.discard()
    other = reader.read(npz(**split | {"x_test": IMAGES[:4]}, y_test=LABELS[20:]), "x.npz")
    assert other.summary.name.rsplit("_")[-1] != s.name.rsplit("_")[-1]
    other.discard()


def test_without_a_split_a_fifth_is_held_out_always_the_same(tmp_path: Path) -> None:
    assert "answer" in parse(tmp_path, npz(x=IMAGES, y=LABELS), "a.npz")
    first = arrays_of(tmp_path)
    assert len(first["x_test"]) == 4
    everything = np.concatenate([first["x_train"], first["x_test"]])
    assert {image.tobytes() for image in everything} == {image.tobytes() for image in IMAGES}
    for image, label in zip(first["x_test"], first["y_test"], strict=True):
        (row,) = np.flatnonzero((image == IMAGES).all(axis=(1, 2)))
        assert LABELS[row] == label
    parse(tmp_path, npz(x=IMAGES, y=LABELS), "a.npz")
    assert all(np.array_equal(value, first[key]) for key, value in arrays_of(tmp_path).items())


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (IMAGES, IMAGES),
        (IMAGES[..., None], IMAGES),
        (IMAGES.reshape(24, 81), IMAGES),
        (np.asfortranarray(IMAGES), IMAGES),
        (IMAGES.astype(">f8"), IMAGES),
        (IMAGES.astype(np.int64), IMAGES),
        (IMAGES / 255, IMAGES),
        (IMAGES > 99, (IMAGES > 99) * 255),
        (np.stack([IMAGES] * 3, axis=-1), IMAGES),
        (np.stack([IMAGES] * 3, axis=1), IMAGES),
        (np.concatenate([IMAGES[:, :1], IMAGES, IMAGES[:, :1]], axis=1), IMAGES),
    ],
)
def test_layouts_and_scales_mean_the_same_images(
    tmp_path: Path, array: np.ndarray, expected: np.ndarray
) -> None:
    found = parse(tmp_path, npz(x_train=array, x_test=array[:4]), "a.npz")
    assert found["answer"]["label_names"] == ("all",)
    assert np.array_equal(arrays_of(tmp_path)["x_train"], expected)


def test_the_scale_is_that_of_all_images_together(tmp_path: Path) -> None:
    """The first ones alone would be taken for shares of white."""
    dark = np.ones((20, 2000, 1000), np.uint8)
    found = parse(tmp_path, npz(True, x_train=dark, x_test=dark[:4] * 100), "a.npz", 8)
    assert found["answer"]["size"] == 8
    kept = arrays_of(tmp_path)
    assert (kept["x_train"] == 1).all()
    assert (kept["x_test"] == 100).all()


def test_pictures_become_grey_squares(tmp_path: Path) -> None:
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 0] = 200
    red[:, :10] = red[:, 50:] = 255  # cut off with the sides
    clear = np.zeros((40, 40, 4), np.uint8)
    deep = np.full((40, 40), 51 * 257, np.uint16)
    kinds = [
        *((f"r/{i}.PNG", picture(red)) for i in range(5)),
        *((f"r/{i}.jpg", picture(red, "jpeg", quality=95)) for i in range(5)),
        *((f"r/{i}.webp", picture(red, "webp", lossless=True)) for i in range(4)),
        *((f"clear/{i}.png", picture(clear)) for i in range(3)),
        *((f"deep/{i}.tif", picture(deep, "tiff")) for i in range(3)),
        ("notes.txt", b"hello"),
        ("__MACOSX/r/._0.png", b"junk"),
    ]
    found = parse(tmp_path, zipped(*kinds), "p.zip")["answer"]
    assert (found["size"], found["label_names"]) == (40, ("clear", "deep", "r"))
    assert found["counts"] == (3, 3, 14)
    assert "1 file without an image left out." in found["notes"]
    assert any("middle was taken" in note for note in found["notes"])
    kept = arrays_of(tmp_path)
    x = np.concatenate([kept["x_train"], kept["x_test"]]).astype(int)
    y = np.concatenate([kept["y_train"], kept["y_test"]])
    assert (x[y == 0] == 255).all(), "what is transparent lies on white"
    assert (x[y == 1] == 51).all()
    assert abs(x[y == 2] - 200 * 0.299).max() <= 2


def test_pictures_of_several_sizes_are_resized(tmp_path: Path) -> None:
    files = pictures(18)
    files += [(f"a/{n}.png", picture(np.full((n, n + 9), 70, np.uint8))) for n in (50, 90)]
    found = parse(tmp_path, zipped(*files), "p.zip")["answer"]
    assert found["size"] == DEFAULT_SIZE
    assert any("9x9 to 99x90" in note for note in found["notes"])
    found = parse(tmp_path, zipped(*files), "p.zip", 16)["answer"]
    assert found["size"] == 16
    assert arrays_of(tmp_path)["x_train"].shape[1:] == (16, 16)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (csv(), ("all",)),
        (csv(labels=LABELS), ("0", "1", "2")),  # 82 columns: the first makes no square
        (csv(labels=LABELS, header="label" + ",p" * 81), ("0", "1", "2")),
        (csv(labels=np.array([9, 10, 11])[LABELS], header="label" + ",p" * 81), ("9", "10", "11")),
        (
            csv(labels=["owl", "ant", '"a cat"'] * 8, header="Label" + ",p" * 81),
            ("a cat", "ant", "owl"),
        ),
        (b"\xef\xbb\xbf" + csv(header="p" + ",p" * 80).replace(b"\n", b"\r\n"), ("all",)),
        (csv().replace(b",", b";") + b"\n\n", ("all",)),
        (csv(IMAGES / 255), ("all",)),
    ],
)
def test_a_csv(tmp_path: Path, content: bytes, names: tuple[str, ...]) -> None:
    found = parse(tmp_path, content, "a.CSV")["answer"]
    assert found["label_names"] == names
    kept = arrays_of(tmp_path)
    images = {image.tobytes() for image in np.concatenate([kept["x_train"], kept["x_test"]])}
    assert images == {image.tobytes() for image in IMAGES}


def test_a_label_column_may_stand_anywhere(tmp_path: Path) -> None:
    rows = [
        ",".join([*map(str, image.ravel()[:30]), f"k{label}", *map(str, image.ravel()[30:])])
        for image, label in zip(IMAGES, LABELS, strict=True)
    ]
    header = ",".join(["p"] * 30 + ["label"] + ["p"] * 51)
    found = parse(tmp_path, "\n".join([header, *rows]).encode(), "a.csv")["answer"]
    assert found["label_names"] == ("k0", "k1", "k2")
    kept = arrays_of(tmp_path)
    (row,) = np.flatnonzero((kept["x_test"][0] == IMAGES).all(axis=(1, 2)))
    assert LABELS[row] == kept["y_test"][0]


def test_dark_pixels_are_mentioned(tmp_path: Path) -> None:
    notes = parse(tmp_path, npz(x=IMAGES // 16), "a.npz")["answer"]["notes"]
    assert any("brightest pixel is 15 of 255" in note for note in notes)


def test_labels_are_plain_text() -> None:
    assert sandbox.clean_label("![x](http://h/p.png) <a href='x'>\n$y$ `z`") == (
        "x (http //h/p.png) a href 'x' y z"
    )
    assert sandbox.clean_label("  T-shirt/top ") == "T-shirt/top"
    assert sandbox.clean_label("\0\u202e") == "(none)"
    assert len(sandbox.clean_label("é" * 5000)) == 40


# --- what is refused ----------------------------------------------------------------------


def with_head(head: str, data: bytes = b"") -> bytes:
    """An .npz with this header of its array x."""
    text = head.encode() + b" " * (117 - len(head)) + b"\n"
    return zipped(("x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data))


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header says so."""
    content = bytearray(picture(IMAGES[0]))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(bytes(content[12:29])))
    return bytes(content)


def encrypted(content: bytes) -> bytes:
    changed = bytearray(content)
    start = changed.find(b"PK\x01\x02")
    changed[start + 8] |= 1
    return bytes(changed)


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return (
        content[:middle]
        + bytes(b ^ 255 for b in content[middle : middle + 50])
        + content[middle + 50 :]
    )


def bomb() -> bytes:
    """A PNG entry that unpacks to 100 MB, in 100 kB."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("a/x.png", "w") as file,
    ):
        for _ in range(10):
            file.write(bytes(10_000_000))
    return buffer.getvalue()


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped(*pictures(), ("a/0.png", picture(IMAGES[0])))


F8 = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }"
BAD: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "wrong type": ("a.doc", b"hello", "no .npz or .zip or .csv or .txt file"),
    "no ending": ("npz", b"hello", "no .npz"),
    "empty": ("a.npz", b"", "is empty"),
    "empty csv": ("a.csv", b"\n\n", "holds 0 images"),
    "not a zip": ("a.npz", b"hello", "damaged, or not what its ending says"),
    "a picture as npz": ("a.npz", picture(IMAGES[0]), "damaged"),
    "cut off": ("a.npz", npz(x=IMAGES)[:-100], "damaged"),
    "flipped bytes": ("a.npz", lambda: damaged(npz(x=np.repeat(IMAGES, 9, 0))), "damaged"),
    "pickled": ("a.npz", npz(x=np.array([{}] * 30, object)), "pickled objects"),
    "pickled labels": ("a.npz", npz(x=IMAGES, y=np.array([{}] * 24, object)), "pickled"),
    "structured": ("a.npz", npz(x=np.zeros((24, 9, 9), "f4,f4")), "must hold numbers"),
    "complex": ("a.npz", npz(x=IMAGES * 1j), "must hold numbers"),
    "text": ("a.npz", npz(x=IMAGES.astype(str)), "must hold numbers"),
    "another array": ("a.npz", npz(pixels=IMAGES), "it holds pixels"),
    "x_test alone": ("a.npz", npz(x_test=IMAGES), "must hold x"),
    "x and x_train": ("a.npz", npz(x=IMAGES, x_train=IMAGES), "both"),
    "no square": ("a.npz", npz(x=IMAGES.reshape(24, 81)[:, 1:]), "square"),
    "four channels": ("a.npz", npz(x=np.zeros((24, 9, 9, 4))), "shape"),
    "one number": ("a.npz", npz(x=np.array(3)), "empty"),
    "no images": ("a.npz", npz(x=np.zeros((0, 9, 9))), "empty"),
    "sizes differ": ("a.npz", npz(x_train=IMAGES, x_test=IMAGES[:, 1:]), "differ"),
    "one image": ("a.npz", npz(x=IMAGES[:1]), "holds 1 image: at least 20"),
    "few images": ("a.npz", npz(x=IMAGES[:19]), "holds 19 images: at least 20"),
    "few held out": ("a.npz", npz(x_train=IMAGES, x_test=IMAGES[:3]), "x_test 4, got 24 and 3"),
    "too many": ("a.npz", with_head(F8 % "(200001, 9, 9)"), "more than 200,000 images"),
    "nan": ("a.npz", npz(x=np.where(IMAGES[3, 3, 3] == IMAGES, np.nan, 1.0)), "NaN"),
    "infinite": ("a.npz", npz(x=np.full((24, 9, 9), np.inf)), "no finite numbers"),
    "negative": ("a.npz", npz(x=IMAGES.astype(int) - 1), "negative"),
    "above 255": ("a.npz", npz(x=IMAGES.astype(int) * 257), "above 255"),
    "labels of another length": ("a.npz", npz(x=IMAGES, y=LABELS[1:]), "24 images and y 23"),
    "labels for one part": (
        "a.npz",
        npz(x_train=IMAGES, x_test=IMAGES, y_train=LABELS),
        "only one of y_train and y_test",
    ),
    "two rows of labels": ("a.npz", npz(x=IMAGES, y=np.stack([LABELS] * 2, 1)), "one row"),
    "labels and half labels": ("a.npz", npz(x=IMAGES, y=LABELS + 0.5), "whole numbers"),
    "too many labels": ("a.npz", npz(x=np.repeat(IMAGES, 5, 0), y=np.arange(120)), "120 different"),
    "labels without names": (
        "a.npz",
        npz(x=IMAGES, y=LABELS, label_names=np.array(["a", "b"])),
        "from 0 to 1",
    ),
    "two labels alike": ("a.npz", npz(x=IMAGES, y=np.array(["a<", "a>"] * 12)), "both read 'a'"),
    "declared far too large": ("a.npz", with_head(F8 % "(20, 999999, 999999)"), "too large"),
    "declared too large": ("a.npz", with_head(F8 % "(100000, 100, 100)"), "cut off"),
    "more than declared": ("a.npz", with_head(F8 % "(20, 8, 8)", bytes(20000)), "more than its"),
    "negative shape": ("a.npz", with_head(F8 % "(-20, 8, 8)"), "no plain|empty"),
    "code in the header": ("a.npz", with_head("__import__('os').abort()"), "no plain NumPy array"),
    "deep header": ("a.npz", with_head("(" * 90), "no plain NumPy array"),
    "npz bomb": ("a.npz", npz(True, x=np.zeros((20, 2000, 2000), np.uint8)), "zip bomb"),
    "zip bomb": ("a.zip", bomb, "zip bomb"),
    "traversal": ("a.zip", zipped(("../../a.png", b"x")), "leads out of the archive: 'a.png'"),
    "absolute": ("a.zip", zipped(("/etc/a.png", b"x")), "leads out"),
    "drive": ("a.zip", zipped(("C:/a.png", b"x")), "leads out"),
    "backslashes": ("a.zip", zipped(("..\\a.png", b"x")), "leads out"),
    "backslash": ("a.zip", zipped(("a\\a.png", b"x")), "backslash"),
    "traversal in npz": ("a.npz", zipped(("../x.npy", b"x")), "leads out"),
    "link": ("a.zip", zipped((link("a.png"), b"/etc/passwd")), "symbolic link"),
    "encrypted": ("a.zip", encrypted(zipped(*pictures())), "encrypted"),
    "nested": ("a.zip", zipped(("b.zip", zipped(*pictures()))), "holds an archive, 'b.zip'"),
    "twice": ("a.zip", twice, "'0.png' twice"),
    "other packing": ("a.zip", zipped(*pictures(), method=zipfile.ZIP_LZMA), "use plain zip"),
    "no pictures": ("a.zip", zipped(("a.txt", b"x")), "holds no images"),
    "an empty zip": ("a.zip", zipped(), "holds no images"),
    "one picture": ("a.zip", zipped(*pictures(1)), "holds 1 image"),
    "no picture": (
        "a.zip",
        zipped(*pictures(), ("a/x.png", b"hello")),
        "x.png is cut off, damaged",
    ),
    "a cut picture": (
        "a.zip",
        zipped(*pictures(), ("a/x.png", picture(IMAGES[0])[:-40])),
        "x.png is cut off",
    ),
    "a giant picture": ("a.zip", zipped(("a/x.png", png_of_size(9000, 9000))), "9000x9000"),
    "a larger picture": ("a.zip", zipped(("x.png", png_of_size(60_000, 60_000))), "pixels: make"),
    "a wide picture": ("a.zip", zipped(("x.png", png_of_size(20_000, 1))), "20000x1 pixels"),
    "another format": (
        "a.zip",
        zipped(*pictures(), ("x.png", b"%!PS-Adobe-3.0 EPSF-3.0\n")),
        "no image",
    ),
    "floats in a picture": (
        "a.zip",
        zipped(("x.tif", picture(np.zeros((9, 9), np.float32), "tiff"))),
        "32-bit",
    ),
    "a line of text": ("a.csv", b"hello world\n" * 30, "row 2, column 1 holds 'hello world'"),
    "text among numbers": (
        "a.csv",
        csv().replace(b"\n", b"\nabc", 3),
        "row 2, column 1 holds 'abc",
    ),
    "a gap": ("a.csv", b"1,,3,4\n" * 30, "row 2, column 2 holds nothing"),
    "ragged": ("a.csv", csv() + b"\n1,2,3", "row 25 has 3 columns, the first has 81"),
    "no square in csv": ("a.csv", b"1,2,3\n" * 30, "3 columns"),
    "label and no square": ("a.csv", b"label,a,b,c\n" + b"1,2,3,4\n" * 30, "no square"),
    "nan in csv": ("a.csv", b"1,nan,3,4\n" * 30, "NaN"),
    "negative in csv": ("a.csv", b"1,-2,3,4\n" * 30, "negative"),
    "a header alone": ("a.csv", b"a,b,c,d\n", "holds 0 images"),
    "one row": ("a.csv", b"1,2,3,4\n", "holds 1 image"),
    "a huge row": ("a.csv", b"1," * 600_000 + b"1", "row 1 is longer than 1 MB"),
    "bytes as csv": ("a.csv", bytes(range(1, 256)) * 4, "not what its name says"),
    "zeros as csv": ("a.csv", bytes(1000), "NUL"),
    "utf-16": ("a.csv", csv().decode().encode("utf-16"), "not what its name says|NUL"),
    "a long name": ("n" * 100_000 + ".doc", b"x", r"^n{24}…n*\.doc is no"),
    "an odd name": ("a\n\u202e\ud800/../x\0.npz", b"hello", r"^x\?\.npz is damaged"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence(tmp_path: Path, case: str) -> None:
    file_name, content, message = BAD[case]
    found = parse(tmp_path, content if isinstance(content, bytes) else content(), file_name)
    check_sentence(found["error"])
    with pytest.raises(RefusedError, match=message):
        raise RefusedError(found["error"])


def check_sentence(text: str) -> None:
    assert text.endswith(".")
    assert "\n" not in text
    assert "Traceback" not in text
    assert len(text) < 300
    text.encode()


def test_sizes_out_of_range(tmp_path: Path) -> None:
    for size in (7, 65, 10**9):
        assert "from 8 to 64" in parse(tmp_path, npz(x=IMAGES), "a.npz", size)["error"]


def test_limits_can_be_set(own: Path) -> None:
    content = npz(x=IMAGES)
    for limits, message in (
        (replace(LIMITS, images=23), "more than 23 images"),
        (replace(LIMITS, file_bytes=1 << 10), "at most 1 kB are taken"),
        (replace(LIMITS, unpacked_bytes=1 << 10), "unpacks to 2.02 kB"),
        (replace(LIMITS, pixels=1000), "at most 6 pixels"),
    ):
        with pytest.raises(RefusedError, match=message):
            reader.read(content, "a.npz", 9, limits)
    assert not own.exists()


def test_a_path_that_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for name, message in (
        ("nowhere.npz", "not there"),
        ("folder.npz", "no file"),
        ("pipe.csv", "no file"),
        ("\0.npz", "not there"),
    ):
        with pytest.raises(RefusedError, match=message):
            reader.read(tmp_path / name, name)


# --- the process that reads ---------------------------------------------------------------


def test_a_child_that_does_not_behave_is_one_sentence(tmp_path: Path) -> None:
    child = sandbox.ChildLimits(memory_bytes=2 << 30, seconds=1)
    for do, message in (
        ("spin", "within 1 s and 2 GB"),
        ("allocate", "more memory"),
        ("abort", "within 1 s"),
    ):
        request = {"do": do, "file_name": "a.npz", "pid": str(tmp_path / "pid")}
        with pytest.raises(RefusedError, match=message) as caught:
            sandbox.ask_child("tests.core.data.hostile_child", request, child, "a.npz")
        check_sentence(str(caught.value))
    request = {"do": "print", "file_name": "a.npz"}
    assert sandbox.ask_child("tests.core.data.hostile_child", request, child, "a.npz") == {
        "done": True
    }


def test_a_killed_parent_leaves_nothing(tmp_path: Path) -> None:
    """The child ends with it; its folder goes when the next file is read."""
    pid = tmp_path / "pid"
    code = f"""if True:
        import tempfile
        from vae_core import sandbox
        tempfile.tempdir = {tempfile.gettempdir()!r}
        with sandbox.private_folder() as folder:
            (folder / "file").write_text("private")
            request = {{"do": "spin", "file_name": "a", "pid": {str(pid)!r}}}
            child = sandbox.ChildLimits(2 << 30, 1000)
            sandbox.ask_child("tests.core.data.hostile_child", request, child, "a")
        """
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT)
    wait_for(lambda: parent.poll() is not None or (pid.is_file() and pid.read_text()))
    assert parent.poll() is None, "it broke"
    child = psutil.Process(int(pid.read_text()))
    (left,) = Path(tempfile.gettempdir()).iterdir()
    assert left.stat().st_mode & 0o077 == 0, "nobody else can read it"
    with sandbox.private_folder() as folder:
        assert left.is_dir(), "its process lives"
        folder.rmdir()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    with sandbox.private_folder() as folder:
        assert not left.exists()
        folder.rmdir()


def test_an_upload_that_is_forgotten_takes_its_folder_along() -> None:
    upload = reader.read(npz(x=IMAGES), "a.npz")
    assert len(list(Path(tempfile.gettempdir()).iterdir())) == 1
    del upload  # the fixture looks


def test_a_disk_that_is_full_keeps_nothing(own: Path) -> None:
    upload = reader.read(npz(x=IMAGES), "a.npz")
    own.parent.mkdir(exist_ok=True)
    own.write_text("a file, where the store should be")
    with pytest.raises(NotADirectoryError):
        upload.keep()
    own.unlink()
    upload.keep()
    assert own_names() == [upload.summary.name]


# --- fuzzing ------------------------------------------------------------------------------

DRIVER = """
import json, sys, tempfile
from vae_core import sandbox
from vae_core.data.upload.child import answer
from vae_core.data.upload.limits import LIMITS
sandbox.limit_process(sandbox.ChildLimits(LIMITS.memory_bytes, 3600))
for line in sys.stdin:
    with tempfile.TemporaryDirectory() as folder:
        request = json.loads(line) | {"folder": folder}
        print(json.dumps(sandbox.answer_or_error(answer, request)), flush=True)
"""


class Driver:
    """One child for many files: the same entry and the same limit of memory as for one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "file"
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", DRIVER],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "TMPDIR": str(folder)},
        )
        assert self.process.stdin
        assert self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def read(self, content: bytes, file_name: str, size: int | None) -> dict[str, Any]:
        self.path.write_bytes(content)
        request = {
            "path": str(self.path),
            "file_name": file_name,
            "size": size,
            "limits": asdict(LIMITS),
        }
        self.stdin.write(json.dumps(request) + "\n")
        self.stdin.flush()
        line = self.stdout.readline()
        assert line, f"the child died of {file_name}"
        return json.loads(line)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(tmp_path_factory.mktemp("fuzz"))
    yield driver
    with driver.process:
        driver.stdin.close()
    assert [path.name for path in driver.path.parent.iterdir()] == ["file"]


DTYPES = ("u1", "i2", "<f4", ">f8", "?", "U3", "S2", "c8", "u8", "f2", "M8[s]", "f4,i2")
NAMES = ("x", "y", "x_train", "x_test", "y_train", "y_test", "label_names", "images", "target")
ENTRIES = st.one_of(
    st.sampled_from(["a/1.png", "../x.png", "/x.png", "a\\b.png", "x.npy", "b.zip", "a/"]),
    st.text(max_size=12).map(lambda text: f"{text}.png"),
    st.text(min_size=1, max_size=300),
)


@st.composite
def some_arrays(draw: st.DrawFn) -> bytes:
    arrays: dict[str, np.ndarray] = {"x": IMAGES, "y": LABELS}
    if draw(st.booleans()):
        arrays = {"x_train": IMAGES, "x_test": IMAGES[:5], "y_train": LABELS, "y_test": LABELS[:5]}
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        shape = draw(st.lists(st.integers(0, 30), max_size=4))
        array = np.zeros([] if not shape else shape if np.prod(shape) < 1e6 else [24], "f8")
        array += draw(st.sampled_from([0, 1, 0.5, -1, 255, 300, np.nan, np.inf, 1e300]))
        with np.errstate(all="ignore"), contextlib.suppress(ValueError, TypeError):
            arrays[name] = array.astype(draw(st.sampled_from(DTYPES)))
    for name in draw(st.lists(st.sampled_from(sorted(arrays)), max_size=2, unique=True)):
        if draw(st.booleans()) or arrays[name].ndim == 0:
            del arrays[name]
        else:
            arrays[name] = np.asfortranarray(arrays[name][: draw(st.integers(0, 24))])
    return npz(draw(st.booleans()), **arrays)


@st.composite
def some_headers(draw: st.DrawFn) -> bytes:
    shape = tuple(draw(st.lists(st.integers(-1, 10**12) | st.integers(0, 30), max_size=4)))
    descr = draw(st.sampled_from(["<f8", "|u1", "|O", ">i4", "<U1000000", "|V8", "x", "|S0"]))
    head = draw(
        st.just(f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}}}")
        | st.text(max_size=110)
    )
    return with_head(
        head.encode()[:110].decode(errors="ignore").encode("ascii", "ignore").decode(),
        draw(st.binary(max_size=3000)),
    )


@st.composite
def some_pictures(draw: st.DrawFn) -> bytes:
    files = pictures(draw(st.integers(0, 21)), draw(st.sampled_from(["", "{}/", "d/{}/"])))
    for _ in range(draw(st.integers(0, 3))):
        text = draw(ENTRIES.filter(lambda text: text[:1] not in ("", "\0")))
        name: str | zipfile.ZipInfo = text
        with contextlib.suppress(UnicodeEncodeError):
            text.encode()
            if draw(st.booleans()):
                name = link(text) if draw(st.booleans()) else zipfile.ZipInfo(text)
            kind = draw(st.sampled_from(["png", "jpeg", "gif", "bmp", "webp", "tiff"]))
            content = draw(
                st.binary(max_size=200)
                | st.just(picture(IMAGES[0], kind)).flatmap(mutated)
                | st.builds(png_of_size, st.integers(0, 2**31), st.integers(0, 2**31))
            )
            files.append((name, content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same name twice
        content = zipped(
            *files,
            method=draw(
                st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
            ),
        )
    return encrypted(content) if files and draw(st.integers(0, 9)) == 0 else content


@st.composite
def some_rows(draw: st.DrawFn) -> bytes:
    columns = draw(st.sampled_from([1, 4, 9, 10, 64, 65, 5]))
    field = st.one_of(
        st.integers(0, 255).map(str),
        st.floats().map(str),
        st.sampled_from(["", "nan", "-1", "1e999", "0x10", '"7"', "label", "é", "1_0", "٣"]),
        st.text(max_size=5),
    )
    plain = ",".join(["7"] * columns)
    rows = [plain] * draw(st.integers(0, 40))
    if draw(st.booleans()):
        rows.insert(0, ",".join(["label"] + ["p"] * (columns - 1)))
    for _ in range(draw(st.integers(0, 3))):
        odd = draw(st.lists(field, min_size=columns - 1, max_size=columns + 1))
        rows.insert(draw(st.integers(0, len(rows))), ",".join(odd))
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(rows)
    text = text.replace(",", draw(st.sampled_from([",", ";", "\t", " "])))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])), "replace")


@st.composite
def _mutated(draw: st.DrawFn, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(changed) - 1, 0)))
        length = draw(st.integers(0, 64))
        piece = draw(st.binary(max_size=16))
        match draw(st.integers(0, 4)):
            case 0:
                changed[at : at + len(piece)] = piece
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = piece
            case 3:
                changed[at:at] = changed[at : at + length]
            case _:
                del changed[at:]
    return bytes(changed)


def mutated(content: bytes) -> st.SearchStrategy[bytes]:
    return st.just(content) | _mutated(content)


VALID = [npz(x=IMAGES, y=LABELS), zipped(*pictures()), csv(labels=LABELS)]
CONTENT = st.one_of(
    some_arrays().flatmap(mutated),
    some_headers(),
    some_pictures().flatmap(mutated),
    some_rows().flatmap(mutated),
    st.sampled_from(range(len(VALID))).flatmap(lambda i: mutated(VALID[i])),
    st.binary(max_size=2000),
)
ENDING = st.sampled_from([".npz", ".zip", ".csv"])
SIZE = st.none() | st.integers(8, 64) | st.integers(6, 66)
NAME = st.text(max_size=20).map(lambda text: f"{text}a")


def fitting(content: bytes, ending: str, any_ending: bool) -> str:
    """Mostly the ending that the content is meant for."""
    if any_ending:
        return ending
    if not content.startswith(b"PK"):
        return ".csv"
    return ".npz" if b".npy" in content[:60] else ".zip"


def check(found: dict[str, Any]) -> None:
    if "error" in found:
        check_sentence(found["error"])
        return
    summary = found["answer"]
    assert OWN_NAME.fullmatch(summary["name"])
    assert summary["train"] >= 16
    assert summary["test"] >= 4
    assert 8 <= summary["size"] <= 64
    assert sum(summary["counts"]) == summary["train"] + summary["test"]
    assert 1 <= len(summary["label_names"]) == len(summary["counts"]) <= 100
    for note in summary["notes"]:
        check_sentence(note)


FUZZ = settings(
    max_examples=2000,
    deadline=2000,  # milliseconds a file
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@FUZZ
@given(CONTENT, ENDING, st.integers(0, 9), NAME, SIZE)
def test_whatever_a_file_is_it_gives_a_data_set_or_a_sentence(
    driver: Driver, content: bytes, ending: str, other: int, name: str, size: int | None
) -> None:
    check(driver.read(content, name + fitting(content, ending, other == 0), size))


@pytest.mark.slow
@settings(FUZZ, max_examples=50, deadline=None)
@given(CONTENT, ENDING, st.integers(0, 9), NAME)
def test_the_whole_way_leaves_nothing_behind(
    own: Path, content: bytes, ending: str, other: int, name: str
) -> None:
    try:
        reader.read(content, name + fitting(content, ending, other == 0)).discard()
    except RefusedError as error:
        check_sentence(str(error))
    assert not own.exists()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
