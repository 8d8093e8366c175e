"""Read the pictures in a folder on disk."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterator
from pathlib import Path

from vae_core import sandbox
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.pictures.entries import Entry, read_entries
from vae_core.data.upload.wording import counted
from vae_core.sandbox import RefusedError

MOST_FILES = 2  # times the images that are accepted: so many files are listed


def read_folder(path: Path, images: Images) -> Raw:
    """Add the pictures in a folder to `images`, and return their labels and split.

    The rules are those of a .zip file. Links are not followed.

    Raises:
        RefusedError: see `read_entries`; also if the folder holds too many files.
    """
    entries: list[Entry] = []
    folders: list[tuple[str, ...]] = []
    links: list[str] = []
    for entry in _files(path, folders, links):
        entries.append(entry)
        if len(entries) > MOST_FILES * images.limits.images:
            raise RefusedError(
                f"{images.shown} holds more than {len(entries) - 1:,} files: choose a folder that "
                "holds only the images."
            )
    what = counted(len(links), "link was", "links were")
    note = f"{what} not followed: {sandbox.display_name(links[0])}." if links else ""
    try:
        raw = read_entries(entries, folders, images)
    except RefusedError as error:
        raise RefusedError(f"{error} {note}".rstrip()) from error
    if not links:
        return raw
    return dataclasses.replace(raw, notes=(*raw.notes, note))


def _files(root: Path, all_folders: list[tuple[str, ...]], links: list[str]) -> Iterator[Entry]:
    """Yield the regular files below a folder, those of each folder in the order of their names.

    The folders are added to `all_folders`, and the names of links to `links`.
    """
    folders: list[tuple[Path, tuple[str, ...]]] = [(root, ())]
    while folders:
        folder, parts = folders.pop()
        all_folders.append(parts)
        with os.scandir(folder) as found:
            children = sorted(found, key=lambda child: child.name)
        for child in reversed(children):
            if child.is_dir(follow_symlinks=False) and child.name != ".git":
                folders.append((Path(child.path), (*parts, _readable(child.name))))
        links += [child.name for child in children if child.is_symlink()]
        for child in children:
            if child.is_file(follow_symlinks=False):
                yield Entry(
                    (*parts, _readable(child.name)),
                    functools.partial(_content, Path(child.path)),
                    child.stat(follow_symlinks=False).st_size,
                )


def _readable(name: str) -> str:
    """Return a name on disk as text; bytes that are no UTF-8 are read as Windows' code page."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("cp1252", "replace")
    return name


def _content(path: Path) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "rb") as file:
        return file.read()
