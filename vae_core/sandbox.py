"""Read files from outside safely: check names and archives, and parse them in a child process.

Such a file can hold anything. It is read in a child process with limited memory and time, which
writes its result to a private folder until the user stores it. Nothing in the file is unpickled or
executed, and nothing is unpacked to the paths in it.
"""

from __future__ import annotations

import contextlib
import hashlib
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

from vae_core import confinement, processes
from vae_core.bidirectional import isolated
from vae_core.config import VaeLabError
from vae_core.graphemes import VISIBLE, first_clusters, shortened
from vae_core.zip_names import entry_name

LABEL_LENGTH = 200
INVISIBLE = "(none)"  # the label in place of one that holds nothing to be seen
SHOWN_LENGTH = 40  # characters of a file's name in a sentence
REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they turn the direction of what follows

# An archive is refused as a zip bomb if it unpacks to more than BOMB_BYTES and to more than
# BOMB_RATIO times its packed size.
BOMB_RATIO, BOMB_BYTES = 200, 64 << 20
PREFIX = "vae-lab-private"  # of private folders' names


class RefusedError(VaeLabError):
    """A file from outside is refused; the message is one sentence that says why."""


class ChildLimits(NamedTuple):
    """Limits of the child process that reads a file; seconds are processor time."""

    memory_bytes: int
    seconds: int


def display_name(file_name: str) -> str:
    """Return a file's name for a sentence: short, printable, on one line."""
    return display_text(file_name[-1000:].replace("\\", "/").rsplit("/", 1)[-1])


def display_text(text: str) -> str:
    """Return a text of a file for a sentence: short, printable, on one line."""
    text = REORDERING.sub("?", _without_controls(text[:1000], "?"))
    return isolated(shortened(text, SHOWN_LENGTH))


def clean_label(text: str) -> str:
    """Clean a label: one line without control characters, composed (NFC), of 200 at most.

    Every letter, mark, sign and emoji is kept, so a page must escape and shorten what it shows. A
    clean label comes back unchanged.
    """
    text = REORDERING.sub("", _without_controls(text[:2000], " ")).replace("\ufeff", "")
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if all(unicodedata.category(c) in ("Cf", "Zs") and c not in VISIBLE for c in text):
        return INVISIBLE
    return first_clusters(text, LABEL_LENGTH).strip()


def _without_controls(text: str, other: str) -> str:
    """Replace control characters, breaks of lines and halves of surrogate pairs."""
    return "".join(
        other if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text
    )


def format_bytes(count: int) -> str:
    """Format a number of bytes: 3 kB, 1.5 GB."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count} bytes"


def check_file(
    content: Path | memoryview | bytes,
    file_name: str,
    most_bytes: int,
    endings: Sequence[str] = (),
) -> None:
    """Check a file's name and size.

    Raises:
        RefusedError: the ending is none of `endings` (if any are given), or the file is missing,
            not a regular file, empty or larger than `most_bytes`.
    """
    name = display_name(file_name)
    if endings and Path(file_name).suffix.lower() not in endings:
        raise RefusedError(f"{name} is not a {' or '.join(endings)} file.")
    if isinstance(content, Path):
        try:
            status = content.stat()
        except (OSError, ValueError) as error:
            raise RefusedError(f"{name} is not there, or can't be read.") from error
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError(f"{name} is not a file.")
        size = status.st_size
    else:
        size = len(content)
    if not size:
        raise RefusedError(f"{name} is empty.")
    if size > most_bytes:
        raise RefusedError(
            f"{name} has {format_bytes(size)}: at most {format_bytes(most_bytes)} are accepted."
        )


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that only this user can read.

    It is deleted if the block raises; otherwise the caller deletes it. Folders of processes that
    have died are deleted now.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}-*-*-*"):
        pid = folder.name.removeprefix(f"{PREFIX}-").partition("-")[0]
        if not pid.isdecimal() or folder.name.startswith(_prefix(int(pid))):
            continue
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_prefix(os.getpid()))).resolve()
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _prefix(pid: int) -> str:
    """Return the start of the names of a process's private folders."""
    birth = hashlib.sha256((processes.birth(pid) or "").encode()).hexdigest()[:12]
    return f"{PREFIX}-{pid}-{birth}-"


def ask_child(
    module: str, request: dict[str, Any], child: ChildLimits, name: str
) -> dict[str, Any]:
    """Run `python -m module` to read a file, and return its answer.

    Args:
        module: a module that calls `serve`.
        request: a dict that JSON can hold. The child may read `path` and `store`, if they are
            in it, and may change `folder`.
        child: the child's limits.
        name: of the file, for error messages.

    Returns:
        The dict that the child's `answer` function returned.

    Raises:
        RefusedError: the child refused the file, died, or took too long.
    """
    arguments = json.dumps(request | {"child": child})
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-m", module, arguments],
            stdin=subprocess.PIPE,  # when it closes, the child knows that this process has ended
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=confinement.environment(Path(request["folder"])),
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
        reply = json.loads(printed)
        if "error" in reply:
            raise RefusedError(reply["error"])
        return reply["answer"]
    raise RefusedError(
        f"{name} could not be read within {child.seconds} s and "
        f"{format_bytes(child.memory_bytes)} of memory: make it smaller, or check if it is damaged."
    )


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer the request on the command line with one line of JSON; this is all a child does."""
    request = json.loads(sys.argv[1])
    readable = [Path(request[name]) for name in ("path", "store") if name in request]
    if hasattr(os, "nice"):
        os.nice(10)  # whoever looks at a page comes first
    confinement.confine(readable, Path(request["folder"]))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limit_process(ChildLimits(*request["child"]))
    printed = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not look like the answer
    json.dump(answer_or_error(answer, request), printed)
    printed.close()


def _end_with_parent() -> None:
    os.read(0, 1)  # not sys.stdin.read: its lock would still be held when this process ends
    os._exit(1)


def limit_process(child: ChildLimits) -> None:
    """Limit the memory and processor time of this process, where the system can (POSIX)."""
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
        with contextlib.suppress(ValueError, OSError):  # the limit is lower already
            resource.setrlimit(limit, (value, value))


def answer_or_error(
    answer: Callable[[dict[str, Any]], dict[str, Any]], request: dict[str, Any]
) -> dict[str, Any]:
    """Call `answer`, and turn every exception into a sentence.

    Returns:
        {"answer": its result} or {"error": one sentence}.
    """
    name = display_name(request["file_name"])
    try:
        return {"answer": answer(request)}
    except VaeLabError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"{name} needs more memory than is allowed: make it smaller."}
    except OSError as error:
        return {"error": f"{name} can't be read: {error.strerror or 'it is damaged'}."}
    except Exception:  # NumPy, Pillow, HDF5, zipfile and zlib raise many errors on damaged files
        return {"error": f"{name} can't be read: it is damaged, or not what its name says."}


@contextlib.contextmanager
def archive(
    file: Path | IO[bytes], name: str, unpacked_bytes: int
) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """Open a zip file (or .npz, which is a zip) after checking its directory.

    Returns:
        The archive, and its entries that are files; their names are those of `entry_name`.

    Raises:
        RefusedError: the file is not a zip, is damaged, or is dangerous to unpack.
    """
    try:
        with zipfile.ZipFile(file) as opened:
            entries = opened.infolist()
            _check_entries(entries, name, unpacked_bytes)
            for info in entries:
                info.filename = entry_name(info)
            yield opened, [info for info in entries if not info.is_dir()]
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, struct.error, UnicodeError),
        *(NotImplementedError, RuntimeError, OSError),  # OSError: an offset before the file's start
    ) as error:
        raise RefusedError(f"{name} is damaged, or not what its ending says.") from error


def _check_entries(entries: list[zipfile.ZipInfo], name: str, unpacked_bytes: int) -> None:
    names: set[str] = set()
    for info in entries:
        entry_path = entry_name(info)
        entry = f"'{display_name(entry_path)}'"
        whole = "/".join(display_name(part) for part in entry_path.split("/")[-4:])
        for path in (info.orig_filename, entry_path):  # zipfile changes the name in `filename`
            parts = re.split(r"[/\\]", path)
            if ".." in parts or parts[0] == "" or re.match(r"[A-Za-z]:[/\\]", path):
                raise RefusedError(
                    f"{name} holds a name that leads out of the archive, '{whole}': pack the files "
                    "with names relative to their folder."
                )
            if "\0" in path:
                raise RefusedError(f"{name} holds a name with a NUL: {entry}.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise RefusedError(f"{name} holds a symbolic link, {entry}: pack the file itself.")
        if info.flag_bits & 0x1:
            raise RefusedError(f"{name} is encrypted: pack it without a password.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RefusedError(f"{name} is packed in a way that is not accepted: use plain zip.")
        if entry_path in names:
            raise RefusedError(f"{name} holds {entry} twice: leave one of them out.")
        names.add(entry_path)
    unpacked = sum(info.file_size for info in entries)
    packed = sum(info.compress_size for info in entries)
    if unpacked > unpacked_bytes:
        raise RefusedError(
            f"{name} unpacks to {format_bytes(unpacked)}: at most "
            f"{format_bytes(unpacked_bytes)} are accepted."
        )
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed:
        times = unpacked // max(packed, 1)
        raise RefusedError(f"{name} unpacks to {times:,} times its size, as a zip bomb does.")
