"""Files from outside: names, archives, and a process of its own to read them in.

Nobody knows what is in such a file, so it is read in a child process whose memory and time are
limited, and what that makes of it lies in a private folder until somebody keeps it. Nothing in it
is unpickled, executed, or unpacked to where its names point.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import psutil

from vae_core.config import VaeLabError

LABEL_LENGTH = 40


BOMB_RATIO, BOMB_BYTES = 200, 64 << 20  # unpacked to packed, and from where on it matters


PREFIX = "vae-lab-outside"  # of the private folders


class RefusedError(VaeLabError):
    """A file from outside can't be taken; the message is one sentence that says why."""


class Child(NamedTuple):
    """What the process that reads a file may take; seconds are of the processor."""

    memory_bytes: int
    seconds: int


def shown(file_name: str) -> str:
    """The name of a file for a sentence: short, printable, one line."""
    name = file_name[-1000:].replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c if c.isprintable() else "?" for c in name)
    return name if len(name) <= 40 else f"{name[:24]}…{name[-12:]}"


def label(text: str) -> str:
    """A label as the pages show it: one line, nothing that a chart or Markdown would act on."""
    text = unicodedata.normalize("NFC", text[:1000])
    text = "".join(c if c.isalnum() or c in " .,+-#/()&'%" else " " for c in text)
    return " ".join(text.split())[:LABEL_LENGTH].strip() or "(none)"


def in_bytes(count: int) -> str:
    """For reading: 3 kB, 1.5 GB."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count} bytes"


def check_file(
    content: Path | memoryview | bytes, file_name: str, endings: Sequence[str], most_bytes: int
) -> None:
    """Refuse by name and size alone.

    Raises:
        RefusedError: another ending, not there, no file, empty or too large.
    """
    name = shown(file_name)
    if Path(file_name).suffix.lower() not in endings:
        raise RefusedError(f"{name} is no {' or '.join(endings)} file.")
    if isinstance(content, Path):
        try:
            found = content.stat()
        except (OSError, ValueError) as error:
            raise RefusedError(f"{name} is not there, or can't be read.") from error
        if not stat.S_ISREG(found.st_mode):
            raise RefusedError(f"{name} is no file.")
        size = found.st_size
    else:
        size = len(content)
    if not size:
        raise RefusedError(f"{name} is empty.")
    if size > most_bytes:
        raise RefusedError(
            f"{name} has {in_bytes(size)}, and at most {in_bytes(most_bytes)} are taken."
        )


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder that nobody else can read. It stays where all goes well, for the caller to
    remove; what dead processes left goes now.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}-*-*-*"):
        with contextlib.suppress(ValueError, psutil.Error):
            pid, started = map(int, left.name.removeprefix(f"{PREFIX}-").split("-")[:2])
            if not _alive(pid, started) and left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
    process = psutil.Process()
    prefix = f"{PREFIX}-{process.pid}-{int(process.create_time())}-"
    folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _alive(pid: int, started: int) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - started) < 2
    except psutil.NoSuchProcess:
        return False


def ask_child(module: str, request: dict[str, Any], child: Child, name: str) -> dict[str, Any]:
    """Have `python -m module` read a file; it calls `serve`.

    Args:
        request: as JSON takes it.
        name: of the file, for sentences.

    Returns:
        What its `answer` returned.

    Raises:
        RefusedError: as the child says; or it died, or took too long.
    """
    arguments = json.dumps(request | {"child": child})
    try:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", module, arguments],
            stdin=subprocess.PIPE,  # its end tells the child that this process is gone
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )
    except (OSError, ValueError) as error:
        raise RefusedError(f"{name} could not be read: {error}; try again.") from error
    timer = threading.Timer(2 * child.seconds, process.kill)
    timer.start()
    with process:
        assert process.stdout
        try:
            printed = process.stdout.read()
        finally:
            timer.cancel()
            process.kill()
    with contextlib.suppress(ValueError, KeyError, TypeError):
        found = json.loads(printed)
        if "error" in found:
            raise RefusedError(found["error"])
        return found["answer"]
    raise RefusedError(
        f"{name} could not be read within {child.seconds} s and {in_bytes(child.memory_bytes)} of "
        "memory: make it smaller, or check that it is whole."
    )


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The whole of a child: one request from the command line, its answer as a line of JSON."""
    request = json.loads(sys.argv[1])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limit_process(Child(*request["child"]))
    printed = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    json.dump(answered(answer, request), printed)
    printed.close()


def _end_with_parent() -> None:
    os.read(0, 1)  # not through sys.stdin, whose lock would be held as this process ends
    os._exit(1)


def limit_process(child: Child) -> None:
    """Hold this process to so much memory and processor time, where the system can (POSIX)."""
    try:
        import resource
    except ImportError:
        return
    for limit, value in (
        (resource.RLIMIT_AS, child.memory_bytes),
        (resource.RLIMIT_CPU, child.seconds),
        (resource.RLIMIT_FSIZE, 1 << 30),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # less is allowed already
            resource.setrlimit(limit, (value, value))


def answered(
    answer: Callable[[dict[str, Any]], dict[str, Any]], request: dict[str, Any]
) -> dict[str, Any]:
    """`answer` of what `answer` returns, or `error`, one sentence; nothing in a file raises."""
    name = shown(request["file_name"])
    try:
        return {"answer": answer(request)}
    except VaeLabError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"{name} takes more memory to read than is allowed: make it smaller."}
    except OSError as error:
        return {"error": f"{name} can't be read: {error.strerror or 'it is damaged'}."}
    except Exception:  # NumPy, Pillow, HDF5, zipfile and zlib raise what they like
        return {"error": f"{name} can't be read: it is damaged, or not what its name says."}


@contextlib.contextmanager
def archive(
    file: Path | IO[bytes], name: str, unpacked_bytes: int
) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """A zip (an .npz is one, too) whose directory promises nothing that is not wanted; its files.

    Raises:
        RefusedError: it is none, is damaged, or holds what is dangerous to unpack.
    """
    try:
        with zipfile.ZipFile(file) as opened:
            _check_entries(opened.infolist(), name, unpacked_bytes)
            yield opened, [info for info in opened.infolist() if not info.is_dir()]
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, struct.error, UnicodeError),
        *(NotImplementedError, RuntimeError, OSError),  # a place before the file's start
    ) as error:
        raise RefusedError(f"{name} is damaged, or not what its ending says.") from error


def _check_entries(entries: list[zipfile.ZipInfo], name: str, unpacked_bytes: int) -> None:
    seen: set[str] = set()
    for info in entries:
        inside = f"{shown(info.filename)!r}"
        written = info.orig_filename  # on some systems `filename` is mended already
        parts = re.split(r"[/\\]", written)
        if ".." in parts or parts[0] == "" or re.match("[A-Za-z]:", written):
            raise RefusedError(f"{name} holds a name that leads out of the archive: {inside}.")
        if "\\" in written or "\0" in written:
            raise RefusedError(f"{name} holds a name with a backslash or a NUL: {inside}.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise RefusedError(f"{name} holds a symbolic link, {inside}: pack the file itself.")
        if info.flag_bits & 0x1:
            raise RefusedError(f"{name} is encrypted: pack it without a password.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RefusedError(f"{name} is packed in a way that is not taken: use plain zip.")
        if info.filename in seen:
            raise RefusedError(f"{name} holds {inside} twice.")
        seen.add(info.filename)
    unpacked = sum(info.file_size for info in entries)
    packed = sum(info.compress_size for info in entries)
    if unpacked > unpacked_bytes:
        raise RefusedError(
            f"{name} unpacks to {in_bytes(unpacked)}, and at most {in_bytes(unpacked_bytes)} are "
            "taken."
        )
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed:
        times = unpacked // max(packed, 1)
        raise RefusedError(f"{name} unpacks to {times:,} times its size, as a zip bomb does.")
