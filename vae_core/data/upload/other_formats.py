"""Tell by its first bytes or its name that a file is of a format that isn't read."""

from __future__ import annotations

from pathlib import PurePosixPath

from vae_core.data.upload.conversions import CURES, PICTURES, cure, ending_of
from vae_core.sandbox import RefusedError, display_name

_NO_HINT = (".bin", ".gz")  # endings of files that are read if their first bytes tell the format
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".aria2", ".opdownload")
# First bytes -> the ending that a file with them should have.
_MAGIC = {
    b"\xd0\xcf\x11\xe0": ".xls",
    b"%PDF": ".pdf",
    b"Rar!\x1a": ".rar",
    b"7z\xbc\xaf\x27\x1c": ".7z",
    b"BZh": ".bz2",
    b"\xfd7zXZ": ".xz",
    b"\x5d\0\0\x80\0": ".lzma",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"\x04\x22\x4d\x18": ".lz4",
    b"\x1f\x9d": ".z",
    b"\x1f\x8b": ".gz",
    b"\x80\x02": ".pkl",
    b"\x80\x03": ".pkl",
    b"\x80\x04": ".pkl",
    b"\x80\x05": ".pkl",
    b"ARROW1": ".arrow",
    b"FEA1": ".feather",
    b"Obj\x01": ".avro",
    b"$FL2": ".sav",
    b"<stata_dta>": ".dta",
    b"RDX2": ".rdata",
    b"RDX3": ".rdata",
    b"X\n\0\0\0": ".rds",
    b"CDF\x01": ".nc",
    b"CDF\x02": ".nc",
    b"SQLite format 3\0": ".sqlite",
    b"@relation": ".arff",
    b"@RELATION": ".arff",
}
_INSIDE = (  # where the bytes are, the bytes, the ending
    (257, b"ustar", ".tar"),
    (16, b"\xde\xc0\xef\xbe", ".mdb"),
    *((4, b"ftyp" + brand, ".heic") for brand in (b"hei", b"hev", b"mif1", b"msf1", b"avi")),
    (4, b"ftyp", ".mp4"),
    (8, b"AVI ", ".mp4"),
    (128, b"DICM", ".dcm"),
    (344, b"n+1\0", ".nii"),
    (344, b"ni1\0", ".nii"),
    (12, b"\xc2\xea\x81\x60", ".sas7bdat"),
)
# Formats that are read, but under their own ending only.
_RENAME = {
    b"\x89HDF\r\n\x1a\n": ".h5",
    b"MATLAB 5.0": ".mat",
    b"MATLAB 7.3": ".mat",
    b"\x93NUMPY": ".npy",
    b"PAR1": ".parquet",
    b"PK\x03\x04": ".zip",
}
_PICTURE = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF87a": "a GIF picture",
    b"GIF89a": "a GIF picture",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
}
_GIT_LFS = b"version https://git-lfs.github.com/spec/"


def refuse_placeholder(head: bytes, file_name: str) -> None:
    """Refuse a file that came instead of the file that was meant, whatever its name.

    Args:
        head: its first 512 bytes.

    Raises:
        RefusedError: it is a Git LFS pointer, a web page, or a download that isn't finished.
    """
    shown = display_name(file_name)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_GIT_LFS):
        raise RefusedError(
            f"{shown} is a Git LFS pointer, a short text that stands for the file: get the file "
            "itself with git lfs pull, or download it from the site's page of the file."
        )
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        raise RefusedError(
            f"{shown} is a web page (HTML), not the file itself: the download led to a page, such "
            "as a sign-in. Open the address in a browser, and download the file again."
        )
    if start.startswith(b"<table"):
        raise RefusedError(
            f"{shown} is a table in HTML: save it as CSV, such as with to_csv instead of to_html."
        )
    if ending_of(file_name) in _UNFINISHED:
        raise RefusedError(
            f"{shown} is a download that isn't finished: wait until it is, or download it again."
        )


def refuse_other_ending(file_name: str) -> None:
    """Refuse a file whose ending names a format that has to be converted.

    Raises:
        RefusedError: it does; the sentence says how.
    """
    ending = ending_of(file_name)
    if ending in CURES and ending not in _NO_HINT:
        raise RefusedError(f"{display_name(file_name)} {cure(ending, file_name, 'is')}")


def refuse_other_format(head: bytes, shown: str) -> None:
    """Refuse a file that starts with the bytes of a format that isn't read, or not under its name.

    Args:
        head: its first 512 bytes.
        shown: its name, for error messages.

    Raises:
        RefusedError: it does; the sentence says what it is.
    """
    for magic, ending in _MAGIC.items():
        if head.startswith(magic):
            raise RefusedError(f"{shown} {cure(ending, shown, 'is really')}")
    for magic, ending in _RENAME.items():
        if head.startswith(magic):
            raise RefusedError(f"{shown} is really a {ending} file: give it that ending.")
    for magic, what in _PICTURE.items():
        if head.startswith(magic):
            raise RefusedError(f"{shown} is really {what}: {PICTURES}, at least 20 of them.")
    for start, magic, ending in _INSIDE:
        if head[start : start + len(magic)] == magic:
            raise RefusedError(f"{shown} {cure(ending, shown, 'is really')}")
    if head[3:8] == bytes(5) and head[8:9] == b"{":  # the length of the JSON that follows
        raise RefusedError(f"{shown} {cure('.safetensors', shown, 'is really')}")
    if head[4:8] == bytes(4) and any(head[:3]) and head[12:13] == b"\n":  # length, checksum, record
        raise RefusedError(f"{shown} {cure('.tfrecord', shown, 'seems to be')}")


def refuse_unknown(head: bytes, file_name: str) -> None:
    """Refuse a file that no reader knows, if its bytes or its ending say what may help.

    Raises:
        RefusedError: it is a text under another ending, or its ending says nothing.
    """
    if not is_binary(head) and not set(head) & set(range(128, 256)):
        raise RefusedError(
            f"{display_name(file_name)} is a text under an ending that isn't known: give it the "
            "ending .csv if each row holds the pixels of an image, or .txt if each line is a text."
        )
    ending = ending_of(file_name)
    if ending == ".bin":
        raise RefusedError(f"{display_name(file_name)} {cure(ending, file_name, 'is')}")


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file hold control characters, as no text in UTF-8 does."""
    return bool(set(head) & {*range(7), *range(14, 27)})


def refuse_other_zip(names: list[str], shown: str) -> None:
    """Refuse a zip file that is a document, a model or a store of another program.

    Args:
        names: of the files in it, in lower case.
        shown: its name, for error messages.

    Raises:
        RefusedError: it is one.
    """
    last = {PurePosixPath(name).name for name in names}
    folders = {name.split("/")[0] for name in names if "/" in name}
    ending = ""
    if "[content_types].xml" in names:
        ending = next(
            (e for f, e in (("word", ".docx"), ("ppt", ".pptx")) if f in folders), ".xlsx"
        )
    elif {"mimetype", "content.xml"} <= last:
        ending = ".ods"
    elif "data.pkl" in last and "version" in last:
        ending = ".pt"
    elif {"config.json", "model.weights.h5"} <= last:
        ending = ".keras"
    elif last & {".zgroup", ".zarray", ".zmetadata", "zarr.json"}:
        ending = ".zarr"
    if ending:
        raise RefusedError(f"{shown} {cure(ending, shown, 'is')}")
