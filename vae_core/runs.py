"""Run and RunStore: the only code that knows the run folder.

A run is a folder named by its config's id; it is the only truth, read by pages and command line
alike, so nothing is lost with a process:

    config.json      written once, before the folder gets its name
    status.json      state, epoch, owner process, heartbeat, error; replaced whole
    metrics.jsonl    one line an event (start, step, epoch, end), one O_APPEND write each
    checkpoint.weights.h5   Keras weights and optimiser state, until the run is finished
    vae.weights.h5   Keras weights of the trained networks
    encoder.onnx, decoder.onnx   what `vae_core.inference` reads: graphs that point to the weights
    decoder.json     the decoder's layers, for scripts in the browser; not of every architecture
    arrays.npz       held-out embeddings and labels
    snapshot.npz     a small live picture of the latent space while training
    checksums.json   size and SHA-256 of the files that stay, once they are complete
    log.txt          what the training process printed
    lock, cancel     held by the process that trains; asks it to stop
    ticket           while the run is out on a cluster: the key of its task there

Beside the run folders a store keeps what viewers add: .groups/<run id>.json, held-out images
chosen by hand, by the name of their group; and .engine, held by the process that trains its queue.

Whole files are written under another name, fsynced and renamed: a reader sees the old content
or the new, never half.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import io
import json
import os
import re
import shutil
import socket
import stat
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import filelock
import numpy as np
import psutil

from vae_core.config import RUN_ID, RunConfig, VaeLabError

PROJECT = Path(__file__).resolve().parent.parent

ACTIVE = ("queued", "running")
STATES = (*ACTIVE, "finished", "failed", "cancelled", "interrupted")

# A process on this host is looked up; one elsewhere counts as dead after this long in silence.
HEARTBEAT_TIMEOUT = 30.0

# What a run folder may hold of a run; beside them lie only lock and cancel.
RUN_FILES = (
    "config.json",
    "status.json",
    "metrics.jsonl",
    "checkpoint.weights.h5",
    "vae.weights.h5",
    "encoder.onnx",
    "decoder.onnx",
    "decoder.json",
    "arrays.npz",
    "snapshot.npz",
    "checksums.json",
    "log.txt",
)

# Of these a finished run keeps the checksums; a cancelled one of the first row alone. (That of
# config.json is in the id.)
NETWORK_FILES = ("vae.weights.h5", "encoder.onnx", "decoder.onnx", "decoder.json", "arrays.npz")
SEALED_FILES = (*NETWORK_FILES, "status.json", "metrics.jsonl")

RECORD_KEYS = {
    "start": {"epoch", "steps_per_epoch", "time"},
    "step": {"epoch", "step", "seconds", "train"},
    "epoch": {"epoch", "step", "seconds", "beta", "capacity", "train", "test"},
    "end": {"epoch", "state"},
}
AUTOENCODER_KEYS = {"loss", "distortion"}  # of `test`: it has no rate and no elbo
TEST_KEYS = AUTOENCODER_KEYS | {"rate", "elbo", "rate_per_dim"}

LOSSES = ("loss", "distortion", "rate", "elbo")  # the numbers in it, in the order of the tables

NO_WEIGHTS = "run {} has no weights here: train its config in a store of your own to get them."

# What a cancelled run still writes (exports, embeddings) after its status says so.
CLAIM_SECONDS = 10.0

TEMPORARY = re.compile(r"\.[0-9a-f]{8}-.*")  # names given by `replace_file`
LEFT_OVER_SECONDS = 3600.0  # nobody takes that long to make or to remove a folder

# Longer is no config and no status; and the error of a library can be a page long.
MOST_BYTES, MOST_CHARACTERS = 1_000_000, 2_000
MOST_SECONDS = 1e12  # since 1970


class RunError(VaeLabError):
    """A run is not there, can't be read, or is in no state for what was asked."""


class RunBusyError(RunError):
    """Another process is training this run."""


@dataclasses.dataclass(frozen=True)
class Status:
    """What status.json says. Times are seconds since 1970, `seconds` is time spent training."""

    state: str = "queued"
    epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0
    submitted: float = 0.0
    heartbeat: float = 0.0
    pid: int | None = None
    host: str | None = None
    process_started: float | None = None
    error: str | None = None
    submitted_by: str | None = None
    imported: bool = False

    def __post_init__(self) -> None:
        """Raises RunError where a value can't be, as after damage or an edit by hand."""

        def number(value: Any) -> bool:
            return type(value) in (int, float) and 0 <= value < MOST_SECONDS

        def text(value: object) -> bool:
            return value is None or (
                isinstance(value, str) and len(value) <= MOST_CHARACTERS and _encodable(value)
            )

        if self.state not in STATES:
            raise RunError(f"it has the unknown state {self.state!r:.60}.")
        for names, holds in (
            (("epoch", "epochs"), lambda value: type(value) is int and 0 <= value < 2**31),
            (("seconds", "submitted", "heartbeat"), number),
            (("pid",), lambda value: value is None or (type(value) is int and 0 < value < 2**31)),
            (("process_started",), lambda value: value is None or number(value)),
            (("host", "error", "submitted_by"), text),
            (("imported",), lambda value: type(value) is bool),
        ):
            for name in names:
                if not holds(getattr(self, name)):
                    raise RunError(f"its {name} is {getattr(self, name)!r:.60}.")

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    def owner_alive(self) -> bool:
        """Is the process that trains this run, or will, still there? (A pid may be another's.)"""
        if self.pid is None:
            return False
        if self.host != socket.gethostname():
            return time.time() - self.heartbeat < HEARTBEAT_TIMEOUT
        try:
            process = psutil.Process(self.pid)
            started = process.create_time()
            if process.status() == psutil.STATUS_ZOMBIE:  # dead, and nobody has asked how
                return False
        except (psutil.Error, ValueError):
            return False
        return self.process_started is not None and abs(started - self.process_started) < 2


def replace_file(path: Path, content: bytes | Callable[[Path], Any]) -> None:
    """Write a whole file so that a crash or a full disk leaves the old content or the new one.

    Args:
        path: the file.
        content: bytes, or what is called with the temporary path to write to, whose name keeps
            the ending.
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
                _write(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _write(handle: int, content: bytes) -> None:
    """All of it: on a disk that is nearly full one call may write a part, and not fail."""
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]


def _encodable(text: str) -> bool:
    """JSON can hold halves of characters, which nothing can print."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- reading small files, once for all who ask --------------------------------------------

Value = TypeVar("Value")

# Path -> (what lstat said, the parsed content). Thousands of runs are listed at every click, so a
# file that has not changed is not opened again. Bounded: the oldest entries go.
_parsed: dict[str, tuple[tuple[int, ...], Any]] = {}
_parsed_lock = threading.Lock()
MOST_PARSED = 30_000
# Two writes within one tick of the file system's clock can look alike, so what is that young is
# read again.
TICK_NANOSECONDS = 50_000_000


def _signature(path: str) -> tuple[int, ...]:
    """What changes with a file's content.

    Raises:
        OSError: there is no such file, or it is a symbolic link or a folder.
    """
    found = os.lstat(path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a plain file (links are not followed)", path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _settled(signature: tuple[int, ...]) -> bool:
    return time.time_ns() - max(signature[-2:]) > TICK_NANOSECONDS


def _open(path: str) -> io.FileIO:
    """A file to read; no symbolic link, and no pipe, which would be waited for."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    file = io.FileIO(os.open(path, flags))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a plain file", path)
    return file


def _parse(path: str, parse: Callable[[io.FileIO], Value]) -> Value:
    """What `parse` makes of a file, kept as long as the file stays what it is."""
    signature = _signature(path)
    known = _parsed.get(path)
    if known and known[0] == signature:
        return known[1]
    with _open(path) as file:
        value = parse(file)
    if _settled(signature):
        with _parsed_lock:
            _parsed.pop(path, None)
            _parsed[path] = signature, value
            while len(_parsed) > MOST_PARSED:
                del _parsed[next(iter(_parsed))]
    return value


def _text(file: io.FileIO) -> str:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    return content.decode("utf-8")


def _config(file: io.FileIO) -> RunConfig:
    return RunConfig.from_json(_text(file))


def _status(file: io.FileIO) -> tuple[Status, str]:
    """The status, and the SHA-256 of its file."""
    text = _text(file)
    return Status(**json.loads(text)), hashlib.sha256(text.encode()).hexdigest()


@dataclasses.dataclass(frozen=True, slots=True)
class _Checksum:
    """Of a file; see checksums.json."""

    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if type(self.bytes) is not int or not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError("a checksum is none")


def _checksums(file: io.FileIO) -> dict[str, _Checksum]:
    found = {name: _Checksum(**values) for name, values in json.loads(_text(file)).items()}
    if not found.keys() <= set(SEALED_FILES):
        raise ValueError("it names other files")
    return found


def _digest(file: io.FileIO) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


# Path -> what lstat said of a file whose content turned out to be another than was written.
_damaged: dict[str, tuple[int, ...]] = {}

UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, VaeLabError)


def _number(*values: Any) -> bool:
    """Are all of these numbers that can be drawn? (JSON from Python may hold nan.)"""
    return all(type(value) in (int, float) and -1e300 < value < 1e300 for value in values)


def _numbers(found: dict[str, Any]) -> bool:
    """The same of a dict of numbers and of lists of them."""
    return all(_number(*(v if isinstance(v, list) else [v])) for v in found.values())


def test_keys(config: RunConfig) -> set[str]:
    """What `test` of an `epoch` holds."""
    return TEST_KEYS if config.has_rate else AUTOENCODER_KEYS


def _record(line: bytes, config: RunConfig) -> dict[str, Any] | None:
    """A line of metrics.jsonl, or None if it is torn, lacks what its kind always has, or holds a
    rate that can't be.
    """
    try:
        record = json.loads(line)
        whole = record.keys() >= RECORD_KEYS[record["kind"]] and _number(record["epoch"])
        if record["kind"] == "start":
            whole = whole and _number(record["steps_per_epoch"], record["time"])
        if record["kind"] in ("step", "epoch"):
            rates = {"rate_per_dim": record.get("rate_per_dim", [])}
            whole = whole and (config.has_rate or not rates["rate_per_dim"])
            whole = whole and _number(record["step"], record["seconds"])
            whole = whole and _numbers(rates) and _numbers(record["train"] or {})
        if record["kind"] == "epoch":
            keys = test_keys(config)
            whole = whole and record["test"].keys() >= keys and _numbers(record["test"])
            if config.has_rate:
                whole = whole and isinstance(record["test"]["rate_per_dim"], list)
                whole = whole and _number(record["beta"], record["capacity"] or 0)
            else:
                whole = whole and record["test"].keys() == keys
        if record["kind"] == "end":
            whole = whole and _numbers(record.get("metrics", {}))
        return record if whole else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2).encode()


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, where the system has that (POSIX)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _this_process() -> dict[str, Any]:
    """An owner, as `Status` has it."""
    process = psutil.Process()
    return {
        "pid": process.pid,
        "host": socket.gethostname(),
        "process_started": process.create_time(),
    }


class Run:
    """One run folder.

    Args:
        path: the folder; its name is the run's id.

    Raises:
        RunError: config.json is missing or damaged, or does not belong to the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records: list[dict[str, Any]] = []
        self._bytes_read = 0
        self._inode = 0
        self._reading = threading.Lock()  # visitors share a run that trains
        self._folder = os.fspath(path)
        if os.path.islink(self._folder):  # noqa: PTH114 (faster)
            raise RunError(f"run {path.name} is a symbolic link, which is not followed.")
        try:
            self.config = _parse(f"{self._folder}/config.json", _config)
        except UNREADABLE as error:
            raise RunError(f"run {path.name}: config.json can't be used: {error}") from error
        if self.config.id != path.name:
            raise RunError(
                f"run {path.name}: its config.json belongs to {self.config.id}; rename the folder."
            )

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def checkpoint_path(self) -> Path:
        return self.path / "checkpoint.weights.h5"

    @property
    def weights_path(self) -> Path:
        return self.path / "vae.weights.h5"

    @property
    def encoder_path(self) -> Path:
        return self.path / "encoder.onnx"

    @property
    def decoder_path(self) -> Path:
        return self.path / "decoder.onnx"

    @property
    def browser_path(self) -> Path:
        return self.path / "decoder.json"

    @property
    def metrics_path(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def checksums_path(self) -> Path:
        return self.path / "checksums.json"

    @property
    def ticket_path(self) -> Path:
        return self.path / "ticket"

    @property
    def log_path(self) -> Path:
        return self.path / "log.txt"

    # --- state ---------------------------------------------------------------------------

    def status(self) -> Status:
        """The state as it is: a running run whose process is gone reads as interrupted.

        Raises:
            RunError: status.json is missing or damaged.
        """
        return self._status_and_checksums()[0]

    def _status_and_checksums(self) -> tuple[Status, dict[str, _Checksum]]:
        """The status, and the checksums that hold: they are written just before the status says
        that the run is finished, and those of status and metrics do of such a run alone.
        """
        try:
            status, sha256 = _parse(f"{self._folder}/status.json", _status)
        except UNREADABLE as error:
            raise RunError(f"run {self.id}: status.json can't be used: {error}") from error
        if status.state == "running" and not status.owner_alive():
            status = dataclasses.replace(
                status,
                state="interrupted",
                error="the training process ended before the run did; resume to go on.",
            )
        sums = self.checksums()
        if sums and status.state != "finished":
            sums = {name: value for name, value in sums.items() if name in NETWORK_FILES}
        if "status.json" in sums and sums["status.json"].sha256 != sha256:
            raise self._damage("status.json")
        return status, sums

    def write_status(self, **changes: Any) -> Status:
        """Change fields of status.json; every write is a heartbeat.

        A state other than running, or queued by `queue(owned=True)`, has no owner.
        """
        status = self._changed(changes)
        self._put(status, seal=status.state == "finished" and self._exists("checksums.json"))
        return status

    def write_status_in_place(self, **changes: Any) -> None:
        """`write_status` where there is no room for another file: one write over the old content.

        A crash of the machine meanwhile would damage it, so it is for what can't be said otherwise.

        Raises:
            OSError: not even that can be written. The process should end: a running run whose
                process is gone reads as interrupted.
        """
        content = _json(dataclasses.asdict(self._changed(changes)))
        path = f"{self._folder}/status.json"
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            _write(handle, content.ljust(os.fstat(handle).st_size))
            os.fsync(handle)
        finally:
            os.close(handle)

    def finish(self, **changes: Any) -> None:
        """`write_status` of a run that is finished, with checksums of all that it holds."""
        self._put(self._changed(changes | {"state": "finished", "error": None}), seal=True)

    def _changed(self, changes: dict[str, Any]) -> Status:
        try:
            old = self.status()
        except RunError:  # damaged: what is written now replaces it
            old = Status(epochs=self.config.epochs, submitted=time.time())
        nobody = {"pid": None, "host": None, "process_started": None}
        if changes.get("state", old.state) == "running":
            nobody = {}
        if changes.get("error"):
            words = changes["error"].encode(errors="replace").decode()
            changes["error"] = words[:MOST_CHARACTERS]
        return dataclasses.replace(old, **{"heartbeat": time.time()} | nobody | changes)

    def _put(self, status: Status, seal: bool) -> None:
        content = _json(dataclasses.asdict(status))
        if seal:
            self._seal(SEALED_FILES, content)
        replace_file(self.path / "status.json", content)

    def seal_networks(self) -> None:
        """Checksums of the networks and embeddings of a run that is not finished."""
        self._seal(NETWORK_FILES)

    def _seal(self, names: tuple[str, ...], status: bytes = b"") -> None:
        """Write checksums.json.

        Args:
            names: of files, where they are there.
            status: what status.json is about to hold.
        """
        found = {}
        for name in names:
            if name == "status.json":
                found[name] = {"bytes": len(status), "sha256": hashlib.sha256(status).hexdigest()}
            elif self._exists(name):
                with _open(f"{self._folder}/{name}") as file:
                    found[name] = {
                        "bytes": os.fstat(file.fileno()).st_size,
                        "sha256": _digest(file),
                    }
        replace_file(self.path / "checksums.json", _json(found) + b"\n")

    def write_running(self, **changes: Any) -> Status:
        """`write_status` with this process as the owner."""
        return self.write_status(state="running", error=None, **_this_process(), **changes)

    @contextlib.contextmanager
    def claim(self, wait_seconds: float = 0) -> Iterator[None]:
        """Hold the run's lock while training: it goes with the process, however that ends.

        Args:
            wait_seconds: for another process that may be about to let go.

        Raises:
            RunBusyError: another process holds it.
        """
        lock = filelock.FileLock(self.path / "lock", timeout=wait_seconds, thread_local=False)
        try:
            with lock:
                yield
        except filelock.Timeout:
            raise RunBusyError(f"run {self.id} is being trained by another process.") from None

    def queue(self, submitted_by: str | None = None, owned: bool = False) -> None:
        """Ask for training, or for going on with it; a finished run stays finished.

        Args:
            submitted_by: who asks (an e-mail address); None keeps who asked before.
            owned: this process will train it, so no other takes it on while this one lives.
        """
        # A process that trains it, or still writes what a stop leaves, writes the status itself.
        with contextlib.suppress(RunBusyError), self.claim(CLAIM_SECONDS):
            if self.status().state not in ("finished", "running"):
                (self.path / "cancel").unlink(missing_ok=True)
                by: dict[str, Any] = {"submitted_by": submitted_by} if submitted_by else {}
                by |= _this_process() if owned else {}
                self.write_status(state="queued", submitted=time.time(), error=None, **by)

    def request_cancel(self) -> None:
        """Ask the process that trains to stop; one that only waits is cancelled at once."""
        state = self.status().state
        if state not in ACTIVE:
            return
        (self.path / "cancel").touch()
        if state == "queued":
            with contextlib.suppress(RunBusyError), self.claim():
                self.write_status(state="cancelled")

    def cancel_requested(self) -> bool:
        return (self.path / "cancel").exists()

    # --- files ---------------------------------------------------------------------------

    def files(self) -> list[str]:
        """Which of `RUN_FILES` are there."""
        return [name for name in RUN_FILES if self._exists(name)]

    def _exists(self, name: str) -> bool:
        """Is it there, and no symbolic link?"""
        try:
            return stat.S_ISREG(os.lstat(f"{self._folder}/{name}").st_mode)
        except OSError:
            return False

    def read(self, name: str) -> bytes:
        """A file, checked against what was written where that is known (see `checksums`).

        Raises:
            FileNotFoundError: it is not there.
            RunError: it is damaged.
        """
        path = f"{self._folder}/{name}"
        while True:
            expected = self._status_and_checksums()[1].get(name)
            signature = _signature(path)
            with _open(path) as file:
                content = file.readall()
            if expected is None or hashlib.sha256(content).hexdigest() == expected.sha256:
                return content
            if self._status_and_checksums()[1].get(name) == expected:  # else it was just replaced
                if _settled(signature):
                    _damaged[path] = signature
                raise self._damage(name)

    def checksums(self) -> dict[str, _Checksum]:
        """What checksums.json says; empty of a run that is not complete or of an older version.

        Raises:
            RunError: it is damaged.
        """
        try:
            return _parse(f"{self._folder}/checksums.json", _checksums)
        except FileNotFoundError:
            return {}
        except UNREADABLE as error:
            raise RunError(f"run {self.id}: checksums.json can't be used: {error}") from error

    def check(self) -> Status:
        """Is all there that a run was left with? Only the numbers are read, and only once.

        The content of larger files is checked where it is used; what was found out then is known
        here.

        Returns:
            what `status` does.

        Raises:
            RunError: a file is damaged or missing.
        """
        status, sums = self._status_and_checksums()
        if status.active:
            return status
        for name, expected in sums.items():
            path = f"{self._folder}/{name}"
            try:
                signature = _signature(path)
                whole = signature[2] == expected.bytes and _damaged.get(path) != signature
                if name == "metrics.jsonl":
                    whole = whole and _parse(path, _digest) == expected.sha256
            except OSError:
                whole = False
            if not whole and self._status_and_checksums()[1] == sums:  # else just replaced
                raise self._damage(name)
        return status

    def _check_metrics(self) -> None:
        """Of a finished run: are the numbers those that were written?"""
        expected = self._status_and_checksums()[1].get("metrics.jsonl")
        if expected is None:
            return
        try:
            sha256 = _parse(f"{self._folder}/metrics.jsonl", _digest)
        except OSError:
            sha256 = ""
        if sha256 != expected.sha256:
            raise self._damage("metrics.jsonl")

    def _damage(self, name: str) -> RunError:
        return RunError(
            f"run {self.id}: {name} is damaged: it is not what was written; remove the folder and "
            "train the run again."
        )

    def clear(self) -> None:
        """Remove what writers left that were killed. For who holds the claim."""
        for path in self.path.iterdir():
            if TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def replace(self, name: str, content: bytes) -> None:
        """Write one of `RUN_FILES` whole, as it came from elsewhere.

        Raises:
            RunError: a run folder has no file of that name.
        """
        if name not in RUN_FILES:
            raise RunError(f"a run folder has no file {name!r}.")
        replace_file(self.path / name, content)

    # --- metrics -------------------------------------------------------------------------

    def append_metrics(self, record: dict[str, Any]) -> None:
        """Add one line to metrics.jsonl."""
        self.append_lines((json.dumps(record, allow_nan=False) + "\n").encode())

    def append_lines(self, lines: bytes) -> None:
        """Add whole lines to metrics.jsonl in one write; a line torn by a crash is closed first."""
        path = self.metrics_path
        torn = False
        with contextlib.suppress(OSError), _open(os.fspath(path)) as file:
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(path, flags, 0o644)
        try:
            _write(handle, b"\n" + lines if torn else lines)
        finally:
            os.close(handle)

    def records(self, *kinds: str) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl of these kinds (all, if none), torn ones left out.

        A resumed run repeats what came after its last checkpoint, number for number: a `start`
        takes back the steps and epochs beyond the one it goes on from, and all where it starts
        over. Only lines that are new since the last call are parsed.
        """
        with self._reading:
            self._read_new_lines()
            read = self._records[:]
        self._check_metrics()
        return [r for r in read if not kinds or r["kind"] in kinds]

    def metrics(self) -> dict[str, float]:
        """The held-out numbers of a finished run, by their names in `vae_core.metrics.METRICS`.

        Those of its last epoch and those measured at its end; empty of any other run.
        """
        ends, epochs = self.records("end")[-1:], self.records("epoch")[-1:]
        if not (ends and epochs and ends[0]["state"] == "finished"):
            return {}
        test = {name: epochs[0]["test"][name] for name in LOSSES if name in epochs[0]["test"]}
        # Runs from before most metrics have these two beside the others' place.
        units = {n: ends[0][n] for n in ("active_units", "high_rate_units") if n in ends[0]}
        return test | units | ends[0].get("metrics", {})

    def _read_new_lines(self) -> None:
        try:
            with _open(f"{self._folder}/metrics.jsonl") as file:
                found = os.fstat(file.fileno())
                if found.st_ino != self._inode or found.st_size < self._bytes_read:
                    # Deleted, and trained again.
                    self._records, self._bytes_read, self._inode = [], 0, found.st_ino
                elif found.st_size == self._bytes_read:
                    return
                file.seek(self._bytes_read)
                new = file.readall()
        except OSError:
            return
        whole = new[: new.rfind(b"\n") + 1]  # the last line may still be on its way
        self._bytes_read += len(whole)
        for line in whole.splitlines():
            record = _record(line, self.config)
            if record is None:
                continue
            if record["kind"] == "start":
                self._records = [
                    r
                    for r in self._records
                    if r["kind"] not in ("step", "epoch") or r["epoch"] <= record["epoch"] > 0
                ]
            self._records.append(record)

    # --- arrays --------------------------------------------------------------------------

    def write_arrays(self, name: str, **arrays: np.ndarray) -> None:
        """Replace `<name>.npz` whole."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        replace_file(self.path / f"{name}.npz", buffer.getvalue())

    def arrays(self, name: str = "arrays") -> dict[str, np.ndarray]:
        """What `<name>.npz` holds.

        Raises:
            RunError: it is not there, or damaged.
        """
        try:
            content = io.BytesIO(self.read(f"{name}.npz"))
            with np.load(content, allow_pickle=False) as data:
                return {key: data[key] for key in data.files}
        except FileNotFoundError:
            raise RunError(f"run {self.id} has no {name}.npz yet.") from None
        except RunError:
            raise
        except Exception as error:  # NumPy, zipfile and zlib raise what they like
            raise RunError(f"run {self.id}: {name}.npz is damaged: {error}") from error

    @property
    def viewable(self) -> bool:
        """Has it what the pages show: networks to decode with, and embeddings?"""
        needed = ("vae.weights.h5", "encoder.onnx", "decoder.onnx", "arrays.npz")
        return all(self._exists(name) for name in needed)

    def strip(self, numbers_only: bool) -> None:
        """Delete what a finished run is not read for: lock, log, snapshot, and what was left over.

        Args:
            numbers_only: keep config, status and metrics alone; the run is then no longer
                `viewable`, and still finished.

        Raises:
            RunError: the run is not finished, or damaged.
        """
        if self.status().state != "finished":
            raise RunError(f"run {self.id} is not finished, so nothing of it can go.")
        kept = ["config.json", "status.json", "metrics.jsonl"]
        if not numbers_only:
            kept += NETWORK_FILES
        for name in kept:
            if self._exists(name):
                self.read(name)
        for path in self.path.iterdir():
            if path.name not in (*kept, "checksums.json"):
                path.unlink()
        if self.checksums().keys() != set(self.files()) - {"checksums.json", "config.json"}:
            self._seal(SEALED_FILES, self.read("status.json"))


@dataclasses.dataclass(frozen=True)
class Group:
    """Held-out images that belong together, chosen by hand: a start of latent arithmetic.

    Attributes:
        images: their indices in the held-out set, each once, at least one.
    """

    images: tuple[int, ...]

    def __post_init__(self) -> None:
        whole = all(type(image) is int and image >= 0 for image in self.images)
        if not self.images or not whole or len(set(self.images)) != len(self.images):
            raise RunError(
                "a group must hold at least one image, and each by its index from 0, once."
            )


GROUP_NAME_LENGTH = 60


def _group_name(name: str) -> str:
    """A name as it is stored.

    Raises:
        RunError: it is empty or too long.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= GROUP_NAME_LENGTH:
        raise RunError(f"the name of a group must have 1 to {GROUP_NAME_LENGTH} characters.")
    return name


class RunStore:
    """A folder of run folders.

    Args:
        root: made when the first run is.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunStore) and self.root == other.root

    def __hash__(self) -> int:
        return hash(self.root)

    def create(self, config: RunConfig, submitted_by: str | None = None) -> Run:
        """The run of this config: made and queued, or the one that is there.

        The folder gets its name by one rename when it is complete: of several processes that
        create the same run one wins, and nobody ever sees a folder without a config.
        """
        path = self.root / config.id
        if not path.exists():
            temporary = self.root / f".new-{uuid.uuid4().hex}"
            now = time.time()
            status = Status(
                epochs=config.epochs, submitted=now, heartbeat=now, submitted_by=submitted_by
            )
            try:
                temporary.mkdir(parents=True)
                replace_file(temporary / "config.json", config.to_json().encode())
                replace_file(temporary / "status.json", _json(dataclasses.asdict(status)))
                os.rename(temporary, path)
                _sync_folder(self.root)
            except OSError as error:
                shutil.rmtree(temporary, ignore_errors=True)
                if not path.exists():  # else another process was first
                    raise RunError(
                        f"no run can be made in {self.root} ({error.strerror}); choose another "
                        "store or put that right."
                    ) from error
        return Run(path)

    def adopt(self, folder: Path, config: RunConfig) -> Run:
        """Take a complete run folder in, by one rename; it must lie on the store's disk.

        Args:
            folder: made by the caller, best as a hidden folder in `root`; gone afterwards.
            config: what its config.json says.

        Raises:
            RunError: there is a run of this config already, or the folder can't be moved.
        """
        path = self.root / config.id
        try:
            if path.exists():
                raise FileExistsError
            self.root.mkdir(parents=True, exist_ok=True)
            os.rename(folder, path)
            _sync_folder(self.root)
        except OSError as error:
            if path.exists():
                raise RunError(
                    f"there is a run {config.id} in {self.root} already; delete it first."
                ) from error
            raise RunError(
                f"the run can't be moved to {self.root} ({error.strerror}); choose another "
                "store or put that right."
            ) from error
        return Run(path)

    def get(self, run_id: str) -> Run:
        """The run of that id.

        Raises:
            RunError: no such run, or its folder is damaged.
        """
        if not self.has(run_id):
            raise RunError(f"no run {run_id[:150]!r} in {self.root}; list shows those there are.")
        run = Run(self.root / run_id)
        run.check()
        return run

    def has(self, run_id: str) -> bool:
        """Is there a folder of that name? It may be damaged."""
        return bool(RUN_ID.fullmatch(run_id)) and (self.root / run_id).is_dir()

    def scan(self) -> tuple[list[Run], dict[str, str]]:
        """All runs, oldest submission first, and the damaged folders with the reason."""
        runs: list[tuple[float, Run]] = []
        damaged: dict[str, str] = {}
        try:
            with os.scandir(self.root) as entries:
                found = sorted(
                    entry.name
                    for entry in entries
                    if RUN_ID.fullmatch(entry.name) and (entry.is_symlink() or entry.is_dir())
                )
        except (FileNotFoundError, NotADirectoryError):
            found = []
        for name in found:
            try:
                run = Run(self.root / name)
                runs.append((run.check().submitted, run))
            except RunError as error:
                if not os.path.lexists(self.root / name):  # deleted meanwhile
                    continue
                damaged[name] = str(error)
        runs.sort(key=lambda pair: pair[0])
        return [run for _, run in runs], damaged

    def clear(self) -> None:
        """Remove folders that were half made or half removed when their process was killed."""
        for path in self.root.iterdir():
            if path.name.startswith((".new-", ".trash-")):
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime > LEFT_OVER_SECONDS:
                        shutil.rmtree(path)

    def delete(self, run: Run) -> None:
        """Remove a run that nobody trains. Its groups stay, for when it is trained again.

        Raises:
            RunBusyError: it is being trained.
        """
        trash = self.root / f".trash-{uuid.uuid4().hex}"
        with run.claim():
            os.rename(run.path, trash)
        shutil.rmtree(trash, ignore_errors=True)

    # --- groups of held-out images -------------------------------------------------------
    # Beside the run folders: the runs of another store, which may be read-only, have groups too.

    def _groups_path(self, run_id: str) -> Path:
        if not RUN_ID.fullmatch(run_id):
            raise RunError(f"{run_id!r} is no id of a run.")
        return self.root / ".groups" / f"{run_id}.json"

    def groups(self, run_id: str) -> dict[str, Group]:
        """The groups of a run of any store, by name.

        Raises:
            RunError: their file is damaged.
        """
        path = self._groups_path(run_id)
        try:
            found = json.loads(path.read_text("utf-8"))
            return {_group_name(n): Group(tuple(g["images"])) for n, g in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RunError) as error:
            raise RunError(
                f"the groups of run {run_id} can't be read; remove {path} to start anew. ({error})"
            ) from error

    def save_group(self, run_id: str, name: str, group: Group) -> str:
        """Keep a group under a name of 1 to 60 characters; one of the same name is replaced.

        Returns:
            the name as it is kept: without blanks around it.

        Raises:
            RunError: the name can't be used, the file is damaged or can't be written.
        """
        name = _group_name(name)
        self._change_groups(run_id, lambda groups: groups | {name: group})
        return name

    def delete_group(self, run_id: str, name: str) -> None:
        """Forget the group of that name, if there is one.

        Raises:
            RunError: the file is damaged or can't be written.
        """
        self._change_groups(
            run_id, lambda groups: {n: group for n, group in groups.items() if n != name}
        )

    def _change_groups(
        self, run_id: str, change: Callable[[dict[str, Group]], dict[str, Group]]
    ) -> None:
        path = self._groups_path(run_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Two viewers may save at the same time.
            with filelock.FileLock(path.parent / "lock", timeout=CLAIM_SECONDS):
                groups = change(self.groups(run_id))
                content = json.dumps(
                    {name: dataclasses.asdict(group) for name, group in groups.items()}
                ).encode()
                replace_file(path, content)
        except (OSError, filelock.Timeout) as error:
            raise RunError(
                f"the groups of run {run_id} can't be written to {path.parent}: put that right "
                f"or choose another store. ({error})"
            ) from error


def default_store() -> RunStore:
    """The store that training fills: `VAE_LAB_RUNS`, else runs/ in the project."""
    return RunStore(os.environ.get("VAE_LAB_RUNS") or PROJECT / "runs")


def pretrained_store() -> RunStore:
    """The runs that ship with the project, to be looked at only."""
    return RunStore(PROJECT / "pretrained")
