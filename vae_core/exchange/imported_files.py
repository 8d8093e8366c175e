"""Read the files of an imported run from a zip or a folder.

Only files with known names and limited sizes are read.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import stat
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeVar

from vae_core import sandbox
from vae_core.runs.files import ARRAYS, CONFIG, METRICS, WEIGHTS
from vae_core.sandbox import RefusedError

PathType = TypeVar("PathType", bound=PurePath)
DEEPEST = 3  # levels of folders that are searched for a run
UNPACKED_BYTES = 1 << 30  # of a whole zip
# The files that are read, and the largest size of each in bytes.
MOST_BYTES = {
    CONFIG: 1 << 16,
    METRICS: 64 << 20,
    WEIGHTS: 256 << 20,
    ARRAYS: 512 << 20,
}


def zip_files(path: Path, name: str) -> tuple[str, dict[str, bytes]]:
    """Read the files of a run from a zip.

    The run may lie in folders of any name. What a Mac adds to a zip is left out.

    Returns:
        The name of the run's folder, empty if there is none, and the content of each file.

    Raises:
        RefusedError: the zip does not hold exactly one run, or a file is missing or too large.
    """
    with sandbox.archive(path, name, UNPACKED_BYTES) as (opened, infos):
        by_path = {PurePosixPath(info.filename.replace("\\", "/")): info for info in infos}
        config = _only_config(
            [place for place in by_path if place.name == CONFIG and not _is_hidden(place)], name
        )
        contents = {}
        for file, most in MOST_BYTES.items():
            info = by_path.get(config.parent / file)
            if info is None:
                raise RefusedError(f"{name} has no {file}: export the whole finished run.")
            if info.file_size > most:
                raise RefusedError(f"{name}: {file} is larger than {sandbox.format_bytes(most)}.")
            contents[file] = plain_text(opened.read(info), file)
    return config.parent.name, contents


def folder_files(path: Path, name: str) -> tuple[str, dict[str, bytes]]:
    """Read the files of a run from a folder, as `zip_files` does. Refuse links and pipes."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    path = _run_folder(path, name)
    contents = {}
    for file, most in MOST_BYTES.items():
        try:
            handle = os.open(path / file, flags)
        except OSError as error:
            raise RefusedError(
                f"{name} has no {file} that can be read (links are not followed)."
            ) from error
        with open(handle, "rb") as opened:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise RefusedError(f"{name}: {file} is not a regular file.")
            content = opened.read(most + 1)
        if len(content) > most:
            raise RefusedError(f"{name}: {file} is larger than {sandbox.format_bytes(most)}.")
        contents[file] = plain_text(content, file)
    return path.name, contents


def plain_text(content: bytes, file: str) -> bytes:
    """Return a JSON file as UTF-8 without the mark that editors put first; others unchanged."""
    if not file.endswith((".json", ".jsonl")):
        return content
    if len(content) > 2 and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        with contextlib.suppress(UnicodeDecodeError):
            return content.decode("utf-16").encode()
    return content.removeprefix(codecs.BOM_UTF8)


def _is_hidden(place: PurePath) -> bool:
    """Return whether a path is no part of a run: `__MACOSX`, or a name that begins with a dot."""
    return any(part == "__MACOSX" or part.startswith(".") for part in place.parts)


def _only_config(configs: list[PathType], name: str) -> PathType:
    if len(configs) != 1:
        raise RefusedError(f"{name} must hold one run, but it holds {len(configs)}.")
    return configs[0]


def _run_folder(path: Path, name: str) -> Path:
    """Return the folder of the run: this one, or the only one below it that holds a run."""
    if os.path.lexists(path / CONFIG):
        return path
    configs = []
    for folder, below, files in os.walk(path):
        here = Path(folder).relative_to(path)
        below[:] = [sub for sub in below if not _is_hidden(PurePath(sub))]
        if len(here.parts) >= DEEPEST:
            below.clear()
        configs += [here / CONFIG] if CONFIG in files else []
    return path / _only_config(configs, name).parent
