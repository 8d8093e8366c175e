"""Formats that aren't read: what each is, and how to turn a file of it into one that is."""

from __future__ import annotations

import re
from pathlib import Path

from vae_core.sandbox import RefusedError, display_name

_UNPACK = "unpack it, and upload the files in it, pictures as one .zip"
# Ending -> what such a file is, and the cure.
CURES = {
    ".xlsx": ("an Excel workbook", "save the sheet as CSV UTF-8"),
    ".xls": ("an Excel workbook", "save the sheet as CSV UTF-8"),
    ".ods": ("a spreadsheet", "save the sheet as CSV"),
    ".json": (
        "a JSON file",
        'convert a table of rows with python -c "import pandas; '
        "pandas.read_json('{name}').to_csv('{stem}.csv', index=False)\"",
    ),
    ".jsonl": (
        "a file of JSON lines",
        'convert it with python -c "import pandas; '
        "pandas.read_json('{name}', lines=True).to_csv('{stem}.csv', index=False)\"",
    ),
    ".pkl": (
        "a pickle, which can run code when it is read",
        "where you trust it, load it in Python and save its arrays with "
        "numpy.savez('{stem}.npz', x=..., y=...)",
    ),
    ".pt": (
        "a PyTorch file, which can run code when it is read",
        "where you trust it, load it with torch.load and save its tensors with "
        "numpy.savez('{stem}.npz', x=..., y=...)",
    ),
    ".rar": ("a RAR archive", _UNPACK),
    ".7z": ("a 7z archive", _UNPACK),
    ".tar": ("a tar archive", _UNPACK),
    ".bz2": ("packed with bzip2", _UNPACK),
    ".xz": ("packed with xz", _UNPACK),
    ".zst": ("packed with zstd", _UNPACK),
    ".arff": (
        "an ARFF file",
        'convert it with python -c "from scipy.io import arff; import pandas; '
        "pandas.DataFrame(arff.loadarff('{name}')[0]).to_csv('{stem}.csv', index=False)\"",
    ),
    ".feather": (
        "a Feather file",
        'convert it with python -c "import pandas; '
        "pandas.read_feather('{name}').to_csv('{stem}.csv', index=False)\"",
    ),
}
_SAME = {
    **{".xlsm": ".xlsx", ".xlsb": ".xlsx", ".pickle": ".pkl", ".joblib": ".pkl", ".pth": ".pt"},
    **{".tgz": ".tar", ".tar.gz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".ndjson": ".jsonl"},
}
# First bytes -> the ending that a file with them should have.
_MAGIC = {
    b"\xd0\xcf\x11\xe0": ".xls",
    b"Rar!": ".rar",
    b"7z\xbc\xaf\x27\x1c": ".7z",
    b"BZh": ".bz2",
    b"\xfd7zXZ": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"\x80\x02": ".pkl",
    b"\x80\x03": ".pkl",
    b"\x80\x04": ".pkl",
    b"\x80\x05": ".pkl",
}
# Formats that are read, but under their own ending only.
_RENAME = {
    b"\x89HDF\r\n\x1a\n": ".h5",
    b"MATLAB 5.0": ".mat",
}
_NO_TABLES = {b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"%PDF": "a PDF"}


def ending_of(file_name: str) -> str:
    """Return a file's ending in lower case, with the one before it for gzip: `.csv.gz`."""
    suffixes = [suffix.lower() for suffix in Path(file_name).suffixes[-2:]]
    if suffixes[-1:] == [".gz"] and len(suffixes) == 2:
        return "".join(suffixes)
    return suffixes[-1] if suffixes else ""


def refuse_other_ending(file_name: str) -> None:
    """Refuse a file whose ending names a format that has to be converted.

    Raises:
        RefusedError: it does; the sentence says how.
    """
    ending = ending_of(file_name)
    ending = _SAME.get(ending, ending)
    if ending in CURES:
        raise RefusedError(f"{display_name(file_name)} {_cure(ending, file_name, 'is')}")


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
            raise RefusedError(f"{shown} {_cure(ending, shown, 'is really')}")
    for magic, ending in _RENAME.items():
        if head.startswith(magic):
            raise RefusedError(f"{shown} is really a {ending} file: give it that ending.")
    for magic, what in _NO_TABLES.items():
        if head.startswith(magic):
            raise RefusedError(f"{shown} is really {what}, not a table of pixels.")
    if head[257:262] == b"ustar":
        raise RefusedError(f"{shown} {_cure('.tar', shown, 'is really')}")


def _cure(ending: str, file_name: str, verb: str) -> str:
    what, cure = CURES[ending]
    name = display_name(file_name)
    if not re.fullmatch(r"[\w .+-]+", name):  # shortened, or not to be put into a shell as it is
        name = f"data{ending}"
    return f"{verb} {what}: {cure.format(name=name, stem=Path(name).stem)}."
