"""Zips of pictures as people have them, each after a public report of a bug."""

from __future__ import annotations

import io
import shutil
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.core.data.picture_sets import (
    UPLOADS,
    Found,
    PlainName,
    encoded,
    read,
    read_files,
    zip_of_bytes,
)
from tests.core.data.upload_files import arrays_of, link, parse
from vae_core.data.upload.images import Images
from vae_core.data.upload.limits import LIMITS
from vae_core.data.upload.pictures.folder import read_folder
from vae_core.sandbox import RefusedError


def pixels(case: str, ending: str = ".png") -> list[np.ndarray]:
    """The pictures of a case in the order of their numbers, as Pillow reads them."""
    found = {}
    with zipfile.ZipFile(UPLOADS / f"{case}.zip") as archive:
        for info in archive.infolist():
            name = info.filename.replace("\\", "/").rsplit("/", 1)[-1]
            if name.endswith(ending) and name.split(".")[0].isdecimal():
                with Image.open(io.BytesIO(archive.read(info))) as image:
                    found[int(name.split(".")[0])] = np.asarray(image)
    return [image for _, image in sorted(found.items())]


def check(found: Found, images: list[np.ndarray], names: tuple[str, ...]) -> None:
    """Check that image i has the label i modulo the number of names."""
    assert found.labels is not None
    labels = {x.tobytes(): y for x, y in zip(found.x, found.labels, strict=True)}
    assert labels == {x.tobytes(): names[i % len(names)] for i, x in enumerate(images)}
    assert len(found.x) == len(images)


ANIMALS = ("cat", "dog", "fox")
TAXA = tuple(
    f"Animalia_Arthropoda_Insecta_Coleoptera_Coccinellidae_{name}"
    for name in ("Harmonia_axyridis", "Harmonia_conformis", "Adalia_bipunctata")
)
CASES = {
    "class_patient": (("healthy", "ill"), "(healthy and ill), not patient0 and patient1."),
    "traintest": (ANIMALS, "The images in test are held out: 15 of 60."),
    "ipynb": (ANIMALS, "1 image was left out, because a name with a dot in front is hidden"),
    "stray": (ANIMALS, "because it lies outside the folders: preview.png."),
    "hindi_folders": (("हिन्दी", "मराठी", "नेपाली"), ""),
    "taxa": (TAXA, ""),
    "mac_umlaut": (("Käse", "Öl", "Fuß"), ""),
    "labelscsv": (("0", "1", "2"), "The labels are those in labels.csv."),
    "onebroken": (ANIMALS, "no image can be read from it: 666.jpg."),
    "powershell": (ANIMALS, ""),
    "macosx": (ANIMALS, ""),
    "pgm": (ANIMALS, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_read(tmp_path: Path, case: str) -> None:
    names, note = CASES[case]
    images = pixels(case, ".pgm" if case == "pgm" else ".png")
    assert len(images) == 60
    check(read(UPLOADS / f"{case}.zip"), images, names)
    found = read(UPLOADS / f"{case}.zip")
    assert note in found.notes
    assert bool(note) == bool(found.notes)
    reply = parse(tmp_path, (UPLOADS / f"{case}.zip").read_bytes(), f"{case}.zip")["answer"]
    assert set(reply["label_names"]) == set(names)
    assert sum(reply["counts"]) == 60


def test_the_split_of_a_zip_reaches_the_data_set(tmp_path: Path) -> None:
    parse(tmp_path, (UPLOADS / "traintest.zip").read_bytes(), "traintest.zip")
    kept = arrays_of(tmp_path)
    held_out = []
    with zipfile.ZipFile(UPLOADS / "traintest.zip") as archive:
        for name in archive.namelist():
            if name.startswith("test/"):
                with Image.open(io.BytesIO(archive.read(name))) as image:
                    held_out.append(np.asarray(image).tobytes())
    assert sorted(x.tobytes() for x in kept["x_test"]) == sorted(held_out)


@pytest.mark.parametrize(("case", "ending"), [("png12in16", ".png"), ("tif32", ".tif")])
def test_deep_pictures_keep_their_range(case: str, ending: str) -> None:
    images = np.stack(pixels(case, ending)).astype(np.float64)
    white = 4095 if case == "png12in16" else 1
    found = read(UPLOADS / f"{case}.zip")
    expected = np.rint(images / white * 255).astype(np.uint8)
    check(found, list(expected), ANIMALS)
    assert found.x.max() == 255
    assert found.notes


def test_every_page_of_tiffs_has_the_label_of_its_file() -> None:
    found = read(UPLOADS / "tiffpages.zip")
    assert found.labels == ["a"] * 250
    pages = []
    with zipfile.ZipFile(UPLOADS / "tiffpages.zip") as archive:
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as image:
                for page in range(10):
                    image.seek(page)
                    pages.append(np.asarray(image))
    assert np.array_equal(found.x, np.stack(pages))
    assert "225 images more than files" in found.notes


@pytest.mark.parametrize("in_folders", [True, False])
def test_a_split_counts_the_pages_of_tiffs(tmp_path: Path, in_folders: bool) -> None:
    pages = np.random.default_rng(7).integers(0, 256, (60, 9, 9)).astype(np.uint8)
    files: dict[str, bytes] = {}
    rows = ["file,label,split"]
    for k in range(6):
        first, *more = [Image.fromarray(page) for page in pages[10 * k : 10 * k + 10]]
        buffer = io.BytesIO()
        first.save(buffer, "tiff", save_all=True, append_images=more)
        part = "test" if k > 3 else "train"
        files[f"{part}/{'ab'[k % 2]}/{k}.tif" if in_folders else f"{k}.tif"] = buffer.getvalue()
        rows.append(f"{k}.tif,{'ab'[k % 2]},{part}")
    if not in_folders:
        files["labels.csv"] = "\n".join(rows).encode()
    found = read_files(tmp_path, files)
    assert found.labels is not None
    assert found.held_out is not None
    read_as = {
        image.tobytes(): (label, bool(out))
        for image, label, out in zip(found.x, found.labels, found.held_out, strict=True)
    }
    assert read_as == {page.tobytes(): ("ab"[i // 10 % 2], i >= 40) for i, page in enumerate(pages)}
    assert "held out: 20 of 60." in found.notes or "20 of 60 images are held out" in found.notes


def test_colour_becomes_grey_as_before() -> None:
    found = read(UPLOADS / "cmyk.zip")
    assert Counter(found.labels) == dict.fromkeys(ANIMALS, 20)
    assert "Colour became grey" in found.notes


# --- names in a zip -----------------------------------------------------------------------

IMAGES = np.random.default_rng(3).integers(0, 256, (24, 8, 8)).astype(np.uint8)


def names_of(path: Path, names: list[bytes], extra: bytes = b"") -> Found:
    files = [
        (PlainName(name + b"/%02d.png" % i, extra), encoded(image))
        for i, (name, image) in enumerate(zip(names * 12, IMAGES, strict=True))
    ]
    return read(zip_of_bytes(path / "a.zip", files))


def test_names_of_a_mac_are_composed(tmp_path: Path) -> None:
    decomposed = [unicodedata.normalize("NFD", name).encode() for name in ("Käse", "한국어")]
    assert {*(names_of(tmp_path, decomposed).by_label)} == {"Käse", "한국어"}


def test_names_in_the_code_page_of_dos_are_a_guess_that_is_said(tmp_path: Path) -> None:
    found = names_of(tmp_path, ["Käse".encode("cp437"), b"cat"])
    assert {*found.by_label} == {"Käse", "cat"}
    assert "read as code page 437: if they look wrong" in found.notes
    assert "code page" not in names_of(tmp_path, [b"dog", b"cat"]).notes


@pytest.mark.parametrize(
    ("encoding", "names", "shown", "page"),
    [
        ("cp932", ["ソース", "表示"], ["â\\ü[âX", "ò\\Äª"], "code page 437"),
        ("gbk", ["誠實", "乗車"], ["╒\\îì", "ü\\▄ç"], "code page 437"),
        ("big5", ["功能", "許可"], ["Ñ\\»α", "│\\Ñi"], "code page 437"),
        ("cp1252", ["Bär", "Löwe"], ["Bär", "Löwe"], "Windows-1252"),
        ("cp437", ["Äpfel", "Füße"], ["Äpfel", "Füße"], "code page 437"),
        ("cp1251", ["кот", "пёс"], ["Ωε≥", "∩╕±"], "code page 437"),
    ],
)
def test_a_byte_of_a_letter_is_no_backslash(
    tmp_path: Path, encoding: str, names: list[str], shown: list[str], page: str
) -> None:
    found = names_of(tmp_path, [name.encode(encoding) for name in names])
    assert {label: len(x) for label, x in found.by_label.items()} == dict.fromkeys(shown, 12)
    assert f"neither ASCII nor UTF-8, and were read as {page}: if they look" in found.notes


def test_backslashes_in_a_code_page_are_folders(tmp_path: Path) -> None:
    files: list[tuple[zipfile.ZipInfo | str, bytes]] = [
        (PlainName(b"K\x84se\\Nr %02d.png" % i), encoded(image)) for i, image in enumerate(IMAGES)
    ]
    assert {*read(zip_of_bytes(tmp_path / "a.zip", files)).by_label} == {"Käse"}
    flat: list[tuple[zipfile.ZipInfo | str, bytes]] = [
        (PlainName(f"表{i}表.png".encode("cp932")), encoded(image))
        for i, image in enumerate(IMAGES)
    ]
    found = read(zip_of_bytes(tmp_path / "b.zip", flat))
    assert found.labels is None
    assert np.array_equal(found.x, IMAGES)


@pytest.mark.parametrize(
    "names",
    [
        ["c:x", "d:y"],
        ["cat.", "dog. "],
        ["CON", 'a<b>|?*"'],
        ["👩‍🔬", "👨‍🔬"],
        ["_cat", "_"],
        ["c" * 200, "c" * 199 + "d"],
        ["cat..dog", "dog..cat"],
    ],
)
def test_unusual_names_stay_whole(tmp_path: Path, names: list[str]) -> None:
    found = names_of(tmp_path, [name.encode() for name in names])
    assert {label: len(x) for label, x in found.by_label.items()} == dict.fromkeys(names, 12)
    assert found.notes == ""


def test_the_extra_field_with_a_unicode_path_is_used(tmp_path: Path) -> None:
    def entry(raw: bytes, name: str, checksum: int) -> PlainName:
        field = struct.pack("<BL", 1, checksum) + name.encode()
        return PlainName(raw, struct.pack("<HH", 0x7075, len(field)) + field)

    files: list[tuple[zipfile.ZipInfo | str, bytes]] = []
    for i, image in enumerate(IMAGES):
        raw = b"K\x84se/%02d.png" % i
        right = zlib.crc32(raw) ^ (i % 2)  # a wrong checksum: the name was changed since
        files.append((entry(raw, f"チーズ/{i}.png", right), encoded(image)))
    found = read(zip_of_bytes(tmp_path / "a.zip", files))
    assert {name: len(found.by_label[name]) for name in found.by_label} == {
        "チーズ": 12,
        "Käse": 12,
    }


@pytest.mark.parametrize("name", ["../x.png", "..\\x.png", "/x.png", "C:\\x.png", "a/../../x.png"])
def test_a_path_in_the_extra_field_can_not_lead_out(tmp_path: Path, name: str) -> None:
    field = struct.pack("<BL", 1, zlib.crc32(b"x.png")) + name.encode()
    info = PlainName(b"x.png", struct.pack("<HH", 0x7075, len(field)) + field)
    path = zip_of_bytes(tmp_path / "a.zip", [(info, encoded(IMAGES[0]))])
    with pytest.raises(RefusedError, match="leads out of the archive"):
        read(path)


def test_folders_that_differ_in_how_accents_are_written_are_one(tmp_path: Path) -> None:
    both = [unicodedata.normalize(form, "Käse").encode() for form in ("NFC", "NFD")]
    found = names_of(tmp_path, both)
    assert found.labels == ["Käse"] * 24
    assert "2 folders whose names differ only in how their accents are written" in found.notes


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    path = zip_of_bytes(tmp_path / "a.zip", [("a\\x.png", b"1"), ("a/x.png", b"2")])
    with pytest.raises(RefusedError, match=r"holds 'x.png' twice"):
        read(path)


def test_names_that_systems_add_are_skipped(tmp_path: Path) -> None:
    files = {f"{'ab'[i % 2]}/{i:02}.png": encoded(image) for i, image in enumerate(IMAGES)}
    more = [".DS_Store", "a/Thumbs.db", "a/desktop.ini", "@eaDir/a.png", "a/._00.png", ".git/x.png"]
    found = read_files(tmp_path, files | dict.fromkeys([f"__MACOSX/{n}" for n in ("x.png",)], b""))
    check(found, list(IMAGES), ("a", "b"))
    assert found.notes == ""
    found = read_files(tmp_path, files | dict.fromkeys(more[:-1], b"junk"))
    check(found, list(IMAGES), ("a", "b"))
    assert found.notes == ""


def test_pictures_that_can_not_be_read_are_said(tmp_path: Path) -> None:
    files = {f"{'ab'[i % 2]}/{i:02}.png": encoded(image) for i, image in enumerate(IMAGES)}
    more = {"a/1.heic": b"x", "b/2.HEIC": b"x", "b/3.svg": b"x", "notes.md": b"x"}
    found = read_files(tmp_path, files | more)
    check(found, list(IMAGES), ("a", "b"))
    assert found.notes == (
        "3 files were left out, because .heic, .svg is not read: convert to PNG. "
        "1 file that is not an image was left out."
    )


def test_one_of_a_hundred_may_be_broken(tmp_path: Path) -> None:
    files = {f"{'ab'[i % 2]}/{i:03}.png": encoded(IMAGES[i % 24]) for i in range(295)}
    broken = {f"a/x{i}.png": b"" for i in range(5)}
    found = read_files(tmp_path, files | dict(list(broken.items())[:2]))
    assert len(found.x) == 295
    assert "2 files were left out, because no image can be read from them: x0.png and x1.png." in (
        found.notes
    )
    with pytest.raises(RefusedError, match=r"x0.png is cut off, damaged, or not an image, and 4 m"):
        read_files(tmp_path, files | broken)


def test_an_entry_with_a_wrong_checksum_is_one_broken_picture(tmp_path: Path) -> None:
    files: list[tuple[zipfile.ZipInfo | str, bytes]] = [
        (f"{'ab'[i % 2]}/{i:02}.png", encoded(image)) for i, image in enumerate(IMAGES)
    ]
    path = zip_of_bytes(tmp_path / "a.zip", files)
    content = path.read_bytes()
    at = content.index(files[5][1]) + 20
    path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    found = read(path)
    assert {x.tobytes() for x in found.x} == {x.tobytes() for i, x in enumerate(IMAGES) if i != 5}
    assert "1 file was left out, because no image can be read from it: 05.png." in found.notes


def test_pictures_are_known_by_their_content(tmp_path: Path) -> None:
    """The Yale faces are GIFs with names such as subject01.happy."""
    kinds = ("png", "gif", "bmp", "ppm", "tiff")
    files = {f"{'ab'[i % 2]}/s{i:02}.happy": encoded(x, kinds[i % 5]) for i, x in enumerate(IMAGES)}
    found = read_files(tmp_path, files | {"a/Readme": b"Faces"})
    check(found, list(IMAGES), ("a", "b"))
    assert "24 files were read as images, because their content says so" in found.notes
    assert "1 file that is not an image was left out." in found.notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "x.jpg is a HEIC or AVIF file: convert it to PNG or JPEG"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid",
            "x.jpg is a pointer of Git LFS: fetch",
        ),
    ],
)
def test_files_that_only_look_like_pictures(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        read(zip_of_bytes(tmp_path / "a.zip", [("a/x.jpg", content)]))


# --- a folder on disk ---------------------------------------------------------------------


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    for i, image in enumerate(IMAGES):
        path = tmp_path / "set" / "ab"[i % 2] / f"{i:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(image))
    shutil.copytree(tmp_path / "set" / "a", tmp_path / "outside")
    (tmp_path / "set" / "c").symlink_to(tmp_path / "outside")
    (tmp_path / "set" / "a" / "link.png").symlink_to(tmp_path / "outside" / "00.png")
    (tmp_path / "set" / "a" / "loop").symlink_to(tmp_path / "set")
    found = read(tmp_path / "set")
    check(found, list(IMAGES), ("a", "b"))
    assert "3 links were not followed" in found.notes


def test_a_folder_of_too_many_files(tmp_path: Path) -> None:
    for i in range(9):
        (tmp_path / f"{i}.txt").write_bytes(b"x")
    limits = replace(LIMITS, images=4)
    with pytest.raises(RefusedError, match="holds more than 8 files: choose a folder"):
        read_folder(tmp_path, Images("set", None, limits))


def test_a_folder_of_large_pictures(tmp_path: Path) -> None:
    for i in range(9):
        (tmp_path / f"{i}.png").write_bytes(bytes(1000))
    limits = replace(LIMITS, unpacked_bytes=8000)
    with pytest.raises(RefusedError, match=r"holds images of more than 7.81 kB: leave some out"):
        read_folder(tmp_path, Images("set", None, limits))


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    path = zip_of_bytes(tmp_path / "a.zip", [(link("a/x.png"), b"/etc/passwd")])
    with pytest.raises(RefusedError, match="symbolic link"):
        read(path)


def test_pictures_with_different_whites_are_refused(tmp_path: Path) -> None:
    files: list[tuple[zipfile.ZipInfo | str, bytes]] = []
    for i, image in enumerate(IMAGES):
        deep = image * np.uint16(257) if i % 3 else (image / np.float32(255)).astype(np.float32)
        files.append((f"{'ab'[i % 2]}/{i:02}.tif", encoded(deep, "tiff")))
    message = "a.zip: 8 images have pixels from 0 to 1, and 16 up to 65535: save all of them alike"
    with pytest.raises(RefusedError, match=message):
        read(zip_of_bytes(tmp_path / "a.zip", files))


def test_a_folder_of_links_says_that_they_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "cat").symlink_to(tmp_path)
    with pytest.raises(RefusedError) as caught:
        read(tmp_path / "set")
    assert str(caught.value) == (
        "set holds no image files: put PNG or JPEG files into it, those of each class in a folder. "
        "1 link was not followed: cat."
    )
