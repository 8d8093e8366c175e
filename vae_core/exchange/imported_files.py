"""Read the files of an imported run from a zip or a folder.

Only files with known names and limited sizes are read.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from vae_core import sandbox
from vae_core.runs.files import ARRAYS, CONFIG, METRICS, WEIGHTS
from vae_core.sandbox import RefusedError

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

    Returns:
        The name of the folder in the zip, empty if there is none, and the content of each file.

    Raises:
        RefusedError: the zip does not hold exactly one run, or a file is missing or too large.
    """
    with sandbox.archive(path, name, UNPACKED_BYTES) as (opened, infos):
        configs = [info for info in infos if PurePosixPath(info.filename).name == CONFIG]
        if len(configs) != 1:
            raise RefusedError(f"{name} must hold one run, but it holds {len(configs)}.")
        folder = PurePosixPath(configs[0].filename).parent
        if len(folder.parts) > 1:
            raise RefusedError(f"{name} must hold the run's files in one folder.")
        by_name = {info.filename: info for info in infos}
        contents = {}
        for file, most in MOST_BYTES.items():
            info = by_name.get(str(folder / file))
            if info is None:
                raise RefusedError(f"{name} has no {file}: export the whole finished run.")
            if info.file_size > most:
                raise RefusedError(f"{name}: {file} is larger than {sandbox.format_bytes(most)}.")
            contents[file] = opened.read(info)
    return str(folder) if folder.parts else "", contents


def folder_files(path: Path, name: str) -> tuple[str, dict[str, bytes]]:
    """Read the files of a run from a folder, as `zip_files` does. Refuse links and pipes."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
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
            contents[file] = opened.read(most + 1)
        if len(contents[file]) > most:
            raise RefusedError(f"{name}: {file} is larger than {sandbox.format_bytes(most)}.")
    return path.name, contents
