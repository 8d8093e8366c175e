"""Files that can't be used are refused with one sentence that says why."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.upload_files import (
    IMAGES,
    LABELS,
    bomb,
    check_sentence,
    csv,
    damaged,
    encrypted,
    link,
    npz,
    parse,
    picture,
    pictures,
    png_of_size,
    twice,
    with_head,
    zipped,
)
from vae_core.data.upload import reader
from vae_core.data.upload.limits import LIMITS
from vae_core.sandbox import RefusedError

pytestmark = pytest.mark.usefixtures("own")


MORE = b",1,2,3,4" * 3 + b"\n"  # more pixels of a row of 16
F8 = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }"
BAD: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "wrong type": ("a.xyz", b"\0\1", "a.xyz can't be read: save it as .npz"),
    "no ending": ("npz", b"hello", "npz is a text under an ending that isn't known"),
    "empty": ("a.npz", b"", "is empty"),
    "empty csv": ("a.csv", b"\n\n", "holds 0 images"),
    "not a zip": ("a.npz", b"hello", "damaged, or not what its ending says"),
    "a picture as npz": ("a.npz", picture(IMAGES[0]), "is really a PNG picture"),
    "cut off": ("a.npz", npz(x=IMAGES)[:-100], "is cut off"),
    "flipped bytes": ("a.npz", lambda: damaged(npz(x=np.repeat(IMAGES, 9, 0))), "damaged"),
    "pickled": ("a.npz", npz(x=np.array([{}] * 30, object)), "pickled objects"),
    "pickled labels": ("a.npz", npz(x=IMAGES, y=np.array([{}] * 24, object)), "pickled"),
    "structured": (
        "a.npz",
        npz(x=np.zeros((24, 9, 9), "f4,f4")),
        "several arrays that may be images",
    ),
    "complex": ("a.npz", npz(x=IMAGES * 1j), "complex numbers"),
    "text": ("a.npz", npz(x=IMAGES.astype(str)), "must hold numbers"),
    "two arrays": (
        "a.npz",
        npz(one=IMAGES, other=IMAGES),
        r"several arrays.*one \(24, 9, 9\), other",
    ),
    "x_test alone": ("a.npz", npz(x_test=IMAGES), "no images to train on"),
    "x and x_train": ("a.npz", npz(x=IMAGES, x_train=IMAGES), "both"),
    "no square": ("a.npz", npz(x=IMAGES.reshape(24, 81)[:, 1:]), r"the shape \(24, 80\)"),
    "four channels": ("a.npz", npz(x=np.zeros((24, 9, 9, 4))), "shape"),
    "one number": ("a.npz", npz(x=np.array(3)), r"the shape \(\)"),
    "no images": ("a.npz", npz(x=np.zeros((0, 9, 9))), "empty"),
    "sizes differ": ("a.npz", npz(x_train=IMAGES, x_test=IMAGES[:, 1:]), "differ"),
    "one image": ("a.npz", npz(x=IMAGES[:1]), "holds 1 image: at least 20"),
    "few images": ("a.npz", npz(x=IMAGES[:19]), "holds 19 images: at least 20"),
    "few held out": (
        "a.npz",
        npz(x_train=IMAGES, x_test=IMAGES[:3]),
        "24 training and 3 held-out images",
    ),
    "too many": ("a.npz", with_head(F8 % "(200001, 9, 9)"), "more than 200,000 images"),
    "nan": ("a.npz", npz(x=np.where(IMAGES[3, 3, 3] == IMAGES, np.nan, 1.0)), "NaN"),
    "infinite": ("a.npz", npz(x=np.full((24, 9, 9), np.inf)), "no finite numbers"),
    "negative": ("a.npz", npz(x=IMAGES.astype(int) - 100), "from -100 to 1"),
    "no usual range": ("a.npz", npz(x=IMAGES * 20.5 - 900), "scale them to 0 to 255"),
    "labels of another length": (
        "a.npz",
        npz(x=IMAGES, y=LABELS[1:]),
        "24 images of 9x9, and there are 23 labels",
    ),
    "labels for one part": (
        "a.npz",
        npz(x_train=IMAGES, x_test=IMAGES, y_train=LABELS),
        "no labels for x_test",
    ),
    "two rows of labels": (
        "a.npz",
        npz(x=IMAGES, y=np.stack([LABELS] * 2, 1)),
        "2 labels for each image",
    ),
    "labels and half labels": ("a.npz", npz(x=IMAGES, y=LABELS + 0.5), "whole numbers"),
    "too many labels": ("a.npz", npz(x=np.repeat(IMAGES, 5, 0), y=np.arange(120)), "120 different"),
    "labels without names": (
        "a.npz",
        npz(x=IMAGES, y=LABELS, label_names=np.array(["a", "b"])),
        "from 0 to 1",
    ),
    "two labels alike": ("a.npz", npz(x=IMAGES, y=np.array(["a ", "a\n"] * 12)), "both read 'a'"),
    "declared far too large": ("a.npz", with_head(F8 % "(20, 999999, 999999)"), "too large"),
    "declared too large": ("a.npz", with_head(F8 % "(100000, 100, 100)"), "cut off"),
    "more than declared": ("a.npz", with_head(F8 % "(20, 8, 8)", bytes(20000)), "more than its"),
    "negative shape": ("a.npz", with_head(F8 % "(-20, 8, 8)"), "no plain|empty"),
    "code in the header": ("a.npz", with_head("__import__('os').abort()"), "no plain NumPy array"),
    "deep header": ("a.npz", with_head("(" * 90), "no plain NumPy array"),
    "npz bomb": ("a.npz", npz(True, x=np.zeros((20, 2000, 2000), np.uint8)), "zip bomb"),
    "zip bomb": ("a.zip", bomb, "zip bomb"),
    "traversal": ("a.zip", zipped(("../../a.png", b"x")), "archive, '../../a.png': pack"),
    "absolute": ("a.zip", zipped(("/etc/a.png", b"x")), "leads out"),
    "drive": ("a.zip", zipped(("C:/a.png", b"x")), "leads out"),
    "backslashes": ("a.zip", zipped(("..\\a.png", b"x")), "leads out"),
    "a backslash and a drive": ("a.zip", zipped(("C:\\a.png", b"x")), "leads out"),
    "a backslash in front": ("a.zip", zipped(("\\a.png", b"x")), "leads out"),
    "traversal in npz": ("a.npz", zipped(("../x.npy", b"x")), "leads out"),
    "link": ("a.zip", zipped((link("a.png"), b"/etc/passwd")), "symbolic link"),
    "encrypted": ("a.zip", encrypted(zipped(*pictures())), "encrypted"),
    "nested": (
        "a.zip",
        zipped(("b.zip", zipped(*pictures())), ("a.png", picture(IMAGES[0]))),
        "holds an archive, 'b.zip'",
    ),
    "twice": ("a.zip", twice, "'0.png' twice"),
    "other packing": ("a.zip", zipped(*pictures(), method=zipfile.ZIP_LZMA), "use plain zip"),
    "no pictures": ("a.zip", zipped(("a.txt", b"x")), "holds no image files"),
    "an empty zip": ("a.zip", zipped(), "holds no image files"),
    "one picture": ("a.zip", zipped(*pictures(1)), "holds 1 image"),
    "no picture": ("a.zip", zipped(("a/x.png", b"hello")), "x.png is cut off, damaged"),
    "two broken pictures": (
        "a.zip",
        zipped(*pictures(), ("a/x.png", b"hello"), ("a/y.png", b"")),
        r"x.png is cut off, damaged, or not an image, and 1 more can't be read\.$",
    ),
    "cut pictures": (
        "a.zip",
        zipped(*pictures(), *((f"a/x{i}.png", picture(IMAGES[0])[:-40]) for i in range(3))),
        "x0.png is cut off",
    ),
    "a giant picture": ("a.zip", zipped(("a/x.png", png_of_size(9000, 9000))), "9000x9000"),
    "a larger picture": ("a.zip", zipped(("x.png", png_of_size(60_000, 60_000))), "pixels: make"),
    "a wide picture": ("a.zip", zipped(("x.png", png_of_size(20_000, 1))), "20000x1 pixels"),
    "another format": (
        "a.zip",
        zipped(("x.png", b"%!PS-Adobe-3.0 EPSF-3.0\n")),
        "not an image",
    ),
    "nan in a picture": (
        "a.zip",
        zipped(("x.tif", picture(np.full((9, 9), np.nan, np.float32), "tiff"))),
        "x.tif has pixels that are no finite numbers",
    ),
    "a picture of a phone": ("a.zip", zipped(("a/x.HEIC", b"x")), "but x.HEIC: convert it to PNG"),
    "hidden pictures": ("a.zip", zipped((".a/x.png", b"x")), "begins with a dot: rename them"),
    "arrays in a zip": (
        "a.zip",
        zipped(("x.npz", npz(x=IMAGES)), ("y.npz", npz(x=IMAGES))),
        r"2 files of data \(x.npz and y.npz\): upload one",
    ),
    "a line of text": ("a.csv", b"hello world\n" * 30, "has no columns of numbers"),
    "text among numbers": (
        "a.csv",
        csv().replace(b"\n", b"\nabc", 3),
        "row 2, column 1 holds 'abc",
    ),
    "a gap": ("a.csv", (b"1,,3,4" + MORE) * 30, "row 1, column 2 holds nothing"),
    "ragged": ("a.csv", csv() + b"\n1,2,3", "row 25 has 3 columns, the first has 81"),
    "no square in csv": ("a.csv", b"1,2,3\n" * 30, "3 columns"),
    "label and no square": (
        "a.csv",
        b"label,a,b,c\n" + b"1,2,3,4\n" * 30,
        "has 3 columns of numbers beside the label",
    ),
    "nan in csv": ("a.csv", (b"1,nan,3,4" + MORE) * 30, "NaN"),
    "negative in csv": ("a.csv", (b"1,-2,3,4" + MORE) * 30, "from -2 to 4: scale"),
    "a header alone": ("a.csv", b"a,b,c,d\n", "holds 0 images"),
    "one row": ("a.csv", b"1,2,3,4" + MORE, "holds 1 image"),
    "a huge row": ("a.csv", b"1," * 600_000 + b"1", "row 1 is longer than 1 MB"),
    "bytes as csv": ("a.csv", bytes(range(1, 256)) * 4, "not in UTF-8"),
    "zeros as csv": ("a.csv", bytes(1000), "NUL"),
    "utf-16 cut off": ("a.csv", csv().decode().encode("utf-16")[:-1], "is damaged"),
    "a long name": ("n" * 100_000 + ".xyz", b"\1", r"^n{26}…n*\.xyz can't be read"),
    "an odd name": ("a\n\u202e\ud800/../x\0.npz", b"hello", r"^x\?\.npz is damaged"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence(tmp_path: Path, case: str) -> None:
    file_name, content, message = BAD[case]
    reply = parse(tmp_path, content if isinstance(content, bytes) else content(), file_name)
    check_sentence(reply["error"])
    with pytest.raises(RefusedError, match=message):
        raise RefusedError(reply["error"])


def test_sizes_out_of_range(tmp_path: Path) -> None:
    for size in (7, 65, 10**9):
        assert "from 8 to 64" in parse(tmp_path, npz(x=IMAGES), "a.npz", size)["error"]


def test_limits_can_be_set(own: Path, tmp_path: Path) -> None:
    content = npz(x=IMAGES)
    for limits, message in (
        (replace(LIMITS, file_bytes=1 << 10), "at most 1 kB are accepted"),
        (replace(LIMITS, unpacked_bytes=1 << 10), "unpacks to 2.02 kB"),
        (replace(LIMITS, pixels=1000), "at most 6 pixels"),
    ):
        assert message in parse(tmp_path, content, "a.npz", 9, limits=limits)["error"]
    with pytest.raises(RefusedError, match="more than 23 images"):
        reader.read(content, "a.npz", 9, replace(LIMITS, images=23))
    assert not own.exists()


def test_a_path_that_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for name, message in (
        ("nowhere.npz", "not there"),
        ("folder.npz", "holds no image files"),
        ("pipe.csv", "not a file"),
        ("\0.npz", "not there"),
    ):
        with pytest.raises(RefusedError, match=message):
            reader.read(tmp_path / name, name)
