"""Read the pictures in an archive or a folder, their labels and their split."""

from __future__ import annotations

import contextlib
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.hidden_files import is_hidden, is_system
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import IMAGE_ENDINGS
from vae_core.data.upload.pictures.decode import (
    DAMAGED,
    PictureError,
    changes,
    count_pages,
    decode,
    is_picture,
    other_format,
)
from vae_core.data.upload.pictures.labels_and_split import find_labels
from vae_core.data.upload.pictures.picture_names import Parts
from vae_core.data.upload.pictures.table_labels import LARGEST
from vae_core.data.upload.pictures.table_rows import ENDINGS
from vae_core.data.upload.wording import counted, listed
from vae_core.sandbox import RefusedError

ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar")
ARRAYS = (".npz", ".npy", ".csv", ".h5", ".hdf5", ".mat", ".parquet", ".pkl", ".pt")
OTHER_PICTURES = (
    *(".heic", ".heif", ".avif", ".jp2", ".j2k", ".jxl", ".svg", ".psd", ".tga", ".ico", ".eps"),
    *(".dib", ".pcx", ".sgi", ".rgb", ".xbm", ".xpm", ".ras", ".cur", ".icns", ".wmf", ".emf"),
    *(".fits", ".fit", ".nrrd", ".mha", ".czi", ".lif", ".nd2", ".svs", ".arw", ".raf", ".orf"),
    *(".pdf", ".dcm", ".nii", ".exr", ".hdr", ".dng", ".cr2", ".nef", ".mp4", ".avi", ".mov"),
)
TIFF = (".tif", ".tiff")
TABLES = (".csv", ".tsv", ".tab")
DOCUMENTS = (".md", ".rst", ".html", ".yaml", ".yml", ".py", ".ipynb", ".log", ".db", ".zip")
OTHER_TABLES = (
    *(".xlsx", ".xls", ".ods", ".json", ".jsonl", ".xml", ".mat", ".parquet", ".pkl", ".npy"),
)
BROKEN = 100  # one of so many pictures may be broken, and one in any case


@dataclass(frozen=True)
class Entry:
    """A file of an archive or a folder.

    Attributes:
        parts: its folders, from the outermost one, and its name.
        read: returns its content.
        size: bytes of the content.
    """

    parts: tuple[str, ...]
    read: Callable[[], bytes]
    size: int

    @property
    def ending(self) -> str:
        return PurePosixPath(self.parts[-1]).suffix.lower()

    @property
    def shown(self) -> str:
        return sandbox.display_name(self.parts[-1])


@dataclass
class _Sorted:
    """The files of an archive or a folder by what they are."""

    pictures: list[Entry]
    tables: list[Entry]
    others: list[Entry]
    notes: list[str]


def read_entries(entries: Sequence[Entry], folders: Sequence[Parts], images: Images) -> Raw:
    """Add the pictures among some files to `images`, and return their labels and split.

    Args:
        entries: the files.
        folders: all folders, also those without files.
        images: collects the pictures.

    Raises:
        RefusedError: there are no pictures, more than a few are broken, or a table of labels does
            not fit them.
    """
    files = _sort(entries, images.shown)
    _find_by_content(files)
    if not files.pictures:
        raise _no_pictures(files, images.shown)
    images.expect(len(files.pictures))
    if sum(entry.size for entry in files.pictures) > images.limits.unpacked_bytes:
        most = sandbox.format_bytes(images.limits.unpacked_bytes)
        raise RefusedError(f"{images.shown} holds images of more than {most}: leave some out.")
    paths = [_composed(entry.parts) for entry in files.pictures]
    tables = {_composed(table.parts): table for table in files.tables}
    contents = [(path, table.read()) for path, table in tables.items()]
    folders = [*folders, *(entry.parts[:-1] for entry in (*files.others, *files.tables))]
    pages = np.array([_pages(entry) for entry in files.pictures])
    found = find_labels(images.shown, paths, contents, [*map(_composed, folders)], pages)
    unseen = [table for path, table in tables.items() if path not in found.seen]
    notes = [*files.notes, *found.notes, *_others([*files.others, *unseen])]
    if found.by_folder:
        notes += _joined_folders(files.pictures)
    decoded = _decode(files.pictures, found.left_out, images, notes)
    rows = np.repeat(np.arange(len(paths)), decoded)
    return Raw(
        None if found.labels is None else [found.labels[row] for row in rows],
        held_out=None if found.held_out is None else found.held_out[rows],
        notes=tuple(notes),
    )


def _composed(parts: Parts) -> Parts:
    return tuple(unicodedata.normalize("NFC", part) for part in parts)


def _sort(entries: Sequence[Entry], shown: str) -> _Sorted:
    found = _Sorted([], [], [], [])
    hidden: Counter[str] = Counter()
    for entry in entries:
        added = list(filter(is_hidden, entry.parts))
        if added:
            if (
                entry.ending in IMAGE_ENDINGS
                and not entry.parts[-1].startswith("._")
                and not any(map(is_system, added))
            ):
                hidden[added[0]] += 1
        elif entry.ending in ARCHIVES and not entry.parts[-1].endswith(("ubyte.gz", ".nii.gz")):
            raise RefusedError(
                f"{shown} holds an archive, '{entry.shown}': unpack that first, and pack the files "
                "in it as one .zip."
            )
        elif entry.ending in IMAGE_ENDINGS:
            found.pictures.append(entry)
        elif entry.ending in ENDINGS and entry.size <= LARGEST:
            found.tables.append(entry)
        else:
            found.others.append(entry)
    for name, count in hidden.items():
        what = counted(count, "image was", "images were")
        found.notes.append(
            f"{what} left out, because a name with a dot in front is hidden: "
            f"{sandbox.display_name(name)}."
        )
    return found


def _find_by_content(files: _Sorted) -> None:
    """Find pictures by their first bytes: some sets have names such as subject01.happy."""
    others, files.others = files.others, []
    count = len(files.pictures)
    for entry in others:
        found_picture = False
        if entry.ending not in (*OTHER_PICTURES, *ARRAYS, *OTHER_TABLES, *DOCUMENTS):
            with contextlib.suppress(PictureError):
                found_picture = is_picture(_content(entry))
        (files.pictures if found_picture else files.others).append(entry)
    if found := len(files.pictures) - count:
        what = counted(found, "file was", "files were")
        files.notes.append(f"{what} read as images, because their content says so, not their name.")


def _no_pictures(files: _Sorted, shown: str) -> RefusedError:
    others = [*files.others, *files.tables]
    for entry in others:
        with contextlib.suppress(PictureError):
            if reason := other_format(_content(entry)):
                return RefusedError(
                    f"{shown} holds no image files that can be read: {entry.shown} {reason}."
                )
    data = [entry for entry in others if entry.ending in (*ARRAYS, *TABLES)]
    if len(data) > 1:
        names = listed([entry.shown for entry in data])
        return RefusedError(
            f"{shown} holds no image files, but {len(data):,} files of data ({names}): upload one "
            "of them, or join them into one .npz or .csv."
        )
    for endings, cure in ((OTHER_PICTURES, "convert it to PNG"), (ARRAYS, "upload that file")):
        for entry in others:
            if entry.ending in endings:
                return RefusedError(
                    f"{shown} holds no image files that can be read, but {entry.shown}: {cure}."
                )
    if files.notes:
        return RefusedError(
            f"{shown} holds only images whose folder or name begins with a dot: rename them."
        )
    held = f"; it holds {others[0].shown}" if others else ""
    if len(others) > 1:
        held += f" and {counted(len(others) - 1, 'more file', 'more files')}"
    return RefusedError(
        f"{shown} holds no image files{held}: put PNG or JPEG files into it, those of each class "
        "in a folder."
    )


def _others(others: list[Entry]) -> list[str]:
    """Return notes on files that were left out."""
    unread = [entry for entry in others if entry.ending in OTHER_PICTURES]
    notes = []
    if unread:
        endings = ", ".join(sorted({entry.ending for entry in unread}))
        what = counted(len(unread), "file was", "files were")
        notes.append(f"{what} left out, because {endings} is not read: convert to PNG.")
    tables = [entry for entry in others if entry.ending in OTHER_TABLES]
    notes += [
        f"{table.shown} was not read: if it holds labels, save them as labels.csv."
        for table in tables[:1]
    ]
    if len(tables) > 1:
        more = counted(len(tables) - 1, "more such file", "more such files")
        notes[-1] = f"{notes[-1][:-1]}. The same goes for {more}."
    count = len(others) - len(unread) - len(tables)
    if count:
        what = counted(count, "file that is not an image was", "files that are not images were")
        notes.append(f"{what} left out.")
    return notes


def _joined_folders(entries: list[Entry]) -> list[str]:
    """Return a note on folders whose names differ only in how their accents are written."""
    written: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for folders in {entry.parts[:-1] for entry in entries}:
        written.setdefault(_composed(folders), set()).add(folders)
    return [
        f"{len(several)} folders whose names differ only in how their accents are written were "
        f"read as one: {sandbox.display_name(folders[-1])}."
        for folders, several in sorted(written.items())
        if len(several) > 1
    ]


def _content(entry: Entry) -> bytes:
    try:
        return entry.read()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise PictureError(DAMAGED) from error


def _pages(entry: Entry) -> int:
    """Return how many images a file holds; 1 if it can't be read."""
    if entry.ending not in TIFF:
        return 1
    with contextlib.suppress(PictureError):
        return count_pages(_content(entry))
    return 1


def _decode(
    entries: list[Entry], left_out: np.ndarray, images: Images, notes: list[str]
) -> list[int]:
    """Add the pictures of files to `images`, and return how many each file gave.

    Raises:
        RefusedError: too many files are broken.
    """
    counts: Counter[str] = Counter()
    broken: list[tuple[str, str]] = []
    pages = []
    for entry, unused in zip(entries, left_out, strict=True):
        before = images.count
        try:
            if not unused:
                shown = f"{images.shown}: {entry.shown}"
                for picture in decode(_content(entry), shown, counts):
                    images.add_picture(*picture)
        except PictureError as error:
            broken.append((entry.shown, str(error)))
        pages.append(images.count - before)
    notes += changes(counts)
    if not broken:
        return pages
    name, reason = broken[0]
    if not images.count or len(broken) > max(1, sum(~left_out) // BROKEN):
        more = f", and {len(broken) - 1:,} more can't be read" if len(broken) > 1 else ""
        raise RefusedError(f"{images.shown}: {name} {reason}{more}.")
    names = listed([name for name, _ in broken])
    what, them = (
        counted(len(broken), "file was", "files were"),
        "it" if len(broken) == 1 else "them",
    )
    notes.append(f"{what} left out, because no image can be read from {them}: {names}.")
    return pages
