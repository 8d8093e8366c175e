"""Write whole files safely; read small files once, and cache their parsed content."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import re
import stat
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from vae_core.config import VaeLabError

TEMPORARY = re.compile(r"\.[0-9a-f]{8}-.*")  # names given by `replace_file`

MOST_BYTES = 1_000_000  # of a config or a status, even of a status with a very long error


def replace_file(path: Path, content: bytes | Callable[[Path], Any]) -> None:
    """Write a whole file so that a crash or a full disk leaves the old content or the new one.

    Args:
        path: the file.
        content: the bytes, or a function that writes them to the temporary path it is given.
            This path has the same ending as `path`.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        if callable(content):
            content(temporary)
            handle = os.open(temporary, os.O_RDWR)
        else:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            if not callable(content):
                write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_all(handle: int, content: bytes) -> None:
    """Write all bytes. On a nearly full disk `os.write` may write only a part without failing."""
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]


Value = TypeVar("Value")

# Path -> (signature, parsed content). Every click lists thousands of runs, so a file that has not
# changed is not opened again. Beyond MOST_PARSED entries the oldest are dropped.
_parsed: dict[str, tuple[tuple[int, ...], Any]] = {}
_parsed_lock = threading.Lock()
MOST_PARSED = 30_000

# Two writes within one tick of the file system's clock give the same signature. So a file that was
# written less than a tick ago is not cached.
TICK_NANOSECONDS = 50_000_000


def file_signature(path: str) -> tuple[int, ...]:
    """Return numbers that change when the file's content changes.

    Raises:
        OSError: the file does not exist, or is a symbolic link or a folder.
    """
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file (links are not followed)", path)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def is_settled(signature: tuple[int, ...]) -> bool:
    """Return whether the file is old enough for its signature to identify its content."""
    return time.time_ns() - max(signature[-2:]) > TICK_NANOSECONDS


def open_file(path: str) -> io.FileIO:
    """Open a file for reading. Links are not followed. Pipes are refused, as they may block."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    file = io.FileIO(os.open(path, flags))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a plain file", path)
    return file


def parse_file(path: str, parse: Callable[[io.FileIO], Value]) -> Value:
    """Return the result of `parse`, which is cached until the file changes."""
    signature = file_signature(path)
    cached = _parsed.get(path)
    if cached and cached[0] == signature:
        return cached[1]
    with open_file(path) as file:
        value = parse(file)
    if is_settled(signature):
        with _parsed_lock:
            _parsed.pop(path, None)
            _parsed[path] = signature, value
            while len(_parsed) > MOST_PARSED:
                del _parsed[next(iter(_parsed))]
    return value


def read_text(file: io.FileIO) -> str:
    """Read a file of at most `MOST_BYTES` bytes; raise ValueError if it is longer or not UTF-8."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    return content.decode("utf-8")


def file_digest(file: io.FileIO) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, VaeLabError)


def json_bytes(value: Any) -> bytes:
    return json.dumps(value, indent=2).encode()


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, on systems that support this (POSIX)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
