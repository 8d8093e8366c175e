"""The files of a run folder: their names and paths, and which of them are there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from vae_core.runs.disk import TEMPORARY, replace_file
from vae_core.runs.errors import RunError

CONFIG = "config.json"
STATUS = "status.json"
METRICS = "metrics.jsonl"
CHECKPOINT = "checkpoint.weights.h5"
WEIGHTS = "vae.weights.h5"
ENCODER = "encoder.onnx"
DECODER = "decoder.onnx"
BROWSER_DECODER = "decoder.json"
ARRAYS = "arrays.npz"
SNAPSHOT = "snapshot.npz"
CHECKSUMS = "checksums.json"
LOG = "log.txt"
LOCK = "lock"
CANCEL = "cancel"
TICKET = "ticket"

# What a run folder may hold of a run; beside them lie only lock, cancel and ticket.
RUN_FILES = (
    CONFIG,
    STATUS,
    METRICS,
    CHECKPOINT,
    WEIGHTS,
    ENCODER,
    DECODER,
    BROWSER_DECODER,
    ARRAYS,
    SNAPSHOT,
    CHECKSUMS,
    LOG,
)
# Of these a finished run keeps the checksums; a cancelled one of the first row alone. (That of
# config.json is in the id.)
NETWORK_FILES = (WEIGHTS, ENCODER, DECODER, BROWSER_DECODER, ARRAYS)
SEALED_FILES = (*NETWORK_FILES, STATUS, METRICS)
# What the pages need of a run: networks to decode with, and embeddings.
VIEWED_FILES = (WEIGHTS, ENCODER, DECODER, ARRAYS)


class _PathOf:
    """An attribute of `RunFiles`: the path of the file of that name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, files: RunFiles, owner: object) -> Path:
        return files.path / self.name


class RunFiles:
    """Paths of the files in one run folder, whether they are there or not.

    Args:
        path: the folder.
    """

    config = _PathOf(CONFIG)
    status = _PathOf(STATUS)
    metrics = _PathOf(METRICS)
    checkpoint = _PathOf(CHECKPOINT)
    weights = _PathOf(WEIGHTS)
    encoder = _PathOf(ENCODER)
    decoder = _PathOf(DECODER)
    browser_decoder = _PathOf(BROWSER_DECODER)
    checksums = _PathOf(CHECKSUMS)
    log = _PathOf(LOG)
    lock = _PathOf(LOCK)
    cancel = _PathOf(CANCEL)
    ticket = _PathOf(TICKET)

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = os.fspath(path)

    def path_of(self, name: str) -> str:
        """The path of the file of that name as a text: lists of thousands of runs ask for it."""
        return f"{self._folder}/{name}"

    def has(self, name: str) -> bool:
        """Is it there, and no symbolic link?"""
        try:
            return stat.S_ISREG(os.lstat(self.path_of(name)).st_mode)
        except OSError:
            return False

    def names(self) -> list[str]:
        """Which of `RUN_FILES` are there."""
        return [name for name in RUN_FILES if self.has(name)]

    def replace(self, name: str, content: bytes) -> None:
        """Write one of `RUN_FILES` whole, as it came from elsewhere.

        Raises:
            RunError: a run folder has no file of that name.
        """
        if name not in RUN_FILES:
            raise RunError(f"a run folder has no file {name!r}.")
        replace_file(self.path / name, content)

    def remove_temporary(self) -> None:
        """Remove what writers left that were killed. For who holds the claim."""
        for path in self.path.iterdir():
            if TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)
