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
    log.txt          what the training process printed
    lock, cancel     held by the process that trains; asks it to stop

Beside the run folders a store keeps what viewers add: .groups/<run id>.json, held-out images
chosen by hand, by the name of their group.

Whole files are written under another name, fsynced and renamed: a reader sees the old content
or the new, never half.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import psutil

from vae_core.config import RUN_ID, RunConfig, VaeLabError

PROJECT = Path(__file__).resolve().parent.parent

ACTIVE = ("queued", "running")
STATES = (*ACTIVE, "finished", "failed", "cancelled", "interrupted")

# A process on this host is looked up; one elsewhere counts as dead after this long in silence.
HEARTBEAT_TIMEOUT = 30.0

RECORD_KEYS = {
    "start": {"epoch", "steps_per_epoch", "time"},
    "step": {"epoch", "step", "seconds", "train"},
    "epoch": {"epoch", "step", "seconds", "beta", "capacity", "train", "test"},
    "end": {"epoch", "state"},
}
TEST_KEYS = {"loss", "distortion", "rate", "elbo", "rate_per_dim"}

NO_WEIGHTS = "run {} has no weights here: train its config in a store of your own to get them."

# What a cancelled run still writes (exports, embeddings) after its status says so.
CLAIM_SECONDS = 10.0


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

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    def owner_alive(self) -> bool:
        """Is the process that trains this run still there? (A pid alone may be another's.)"""
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


def replace_file(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a whole file so that a crash leaves the old content or the new one.

    Args:
        path: the file.
        write: called with the temporary path to write to; the name keeps its ending.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        write(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _record(line: bytes) -> dict[str, Any] | None:
    """A line of metrics.jsonl, or None if it is torn or lacks what its kind always has."""
    try:
        record = json.loads(line)
        whole = record.keys() >= RECORD_KEYS[record["kind"]]
        if record["kind"] == "epoch":
            whole = whole and record["test"].keys() >= TEST_KEYS
        if record["kind"] == "end":
            whole = whole and isinstance(record.get("metrics", {}), dict)
        return record if whole else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _replace_status(folder: Path, status: Status) -> None:
    content = json.dumps(dataclasses.asdict(status), indent=2).encode()
    replace_file(folder / "status.json", lambda path: path.write_bytes(content))


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, where the system has that (POSIX)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
        try:
            self.config = RunConfig.from_json((path / "config.json").read_text("utf-8"))
        except (OSError, UnicodeDecodeError, VaeLabError) as error:
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
    def log_path(self) -> Path:
        return self.path / "log.txt"

    # --- state ---------------------------------------------------------------------------

    def status(self) -> Status:
        """The state as it is: a running run whose process is gone reads as interrupted.

        Raises:
            RunError: status.json is missing or damaged.
        """
        try:
            values = json.loads((self.path / "status.json").read_text("utf-8"))
            status = Status(**values)
        except (OSError, ValueError, TypeError) as error:
            raise RunError(f"run {self.id}: status.json can't be used: {error}") from error
        if status.state not in STATES:
            raise RunError(f"run {self.id}: status.json has the unknown state {status.state!r}.")
        if status.state == "running" and not status.owner_alive():
            return dataclasses.replace(
                status,
                state="interrupted",
                error="the training process ended before the run did; resume to go on.",
            )
        return status

    def write_status(self, **changes: Any) -> Status:
        """Change fields of status.json; every write is a heartbeat.

        A state other than running has no owner.
        """
        try:
            old = self.status()
        except RunError:  # damaged: what is written now replaces it
            old = Status(epochs=self.config.epochs, submitted=time.time())
        status = dataclasses.replace(old, **{"heartbeat": time.time()} | changes)
        if status.state != "running":
            status = dataclasses.replace(status, pid=None, host=None, process_started=None)
        _replace_status(self.path, status)
        return status

    def write_running(self, **changes: Any) -> Status:
        """`write_status` with this process as the owner."""
        process = psutil.Process()
        return self.write_status(
            state="running",
            pid=process.pid,
            host=socket.gethostname(),
            process_started=process.create_time(),
            error=None,
            **changes,
        )

    @contextlib.contextmanager
    def claim(self, wait_seconds: float = 0) -> Iterator[None]:
        """Hold the run's lock while training: it goes with the process, however that ends.

        Args:
            wait_seconds: for another process that may be about to let go.

        Raises:
            RunBusyError: another process holds it.
        """
        lock = filelock.FileLock(self.path / "lock", timeout=wait_seconds)
        try:
            with lock:
                yield
        except filelock.Timeout:
            raise RunBusyError(f"run {self.id} is being trained by another process.") from None

    def queue(self) -> None:
        """Ask for training, or for going on with it; a finished run stays finished."""
        # A process that trains it, or still writes what a stop leaves, writes the status itself.
        with contextlib.suppress(RunBusyError), self.claim(CLAIM_SECONDS):
            if self.status().state not in ("finished", "running"):
                (self.path / "cancel").unlink(missing_ok=True)
                self.write_status(state="queued", submitted=time.time(), error=None)

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

    # --- metrics -------------------------------------------------------------------------

    def append_metrics(self, record: dict[str, Any]) -> None:
        """Add one line to metrics.jsonl in one write; a line torn by a crash is closed first."""
        line = (json.dumps(record, allow_nan=False) + "\n").encode()
        path = self.path / "metrics.jsonl"
        torn = False
        with contextlib.suppress(OSError), open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, b"\n" + line if torn else line)
        finally:
            os.close(handle)

    def records(self, *kinds: str) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl of these kinds (all, if none), torn ones left out.

        A resumed run repeats what came after its last checkpoint, number for number: a `start`
        takes back the steps and epochs beyond the one it goes on from. Only lines that are new
        since the last call are parsed.
        """
        self._read_new_lines()
        return [r for r in self._records if not kinds or r["kind"] in kinds]

    def metrics(self) -> dict[str, float]:
        """The held-out numbers of a finished run, by their names in `vae_core.metrics.METRICS`.

        Those of its last epoch and those measured at its end; empty of any other run.
        """
        ends, epochs = self.records("end")[-1:], self.records("epoch")[-1:]
        if not (ends and epochs and ends[0]["state"] == "finished"):
            return {}
        test = {name: epochs[0]["test"][name] for name in ("loss", "distortion", "rate", "elbo")}
        # Runs from before most metrics have these two beside the others' place.
        units = {n: ends[0][n] for n in ("active_units", "high_rate_units") if n in ends[0]}
        return test | units | ends[0].get("metrics", {})

    def _read_new_lines(self) -> None:
        try:
            with open(self.path / "metrics.jsonl", "rb") as file:
                if os.fstat(file.fileno()).st_size < self._bytes_read:  # deleted, trained again
                    self._records, self._bytes_read = [], 0
                file.seek(self._bytes_read)
                new = file.read()
        except OSError:
            return
        whole = new[: new.rfind(b"\n") + 1]  # the last line may still be on its way
        self._bytes_read += len(whole)
        for line in whole.splitlines():
            record = _record(line)
            if record is None:
                continue
            if record["kind"] == "start":
                self._records = [
                    r
                    for r in self._records
                    if r["kind"] not in ("step", "epoch") or r["epoch"] <= record["epoch"]
                ]
            self._records.append(record)

    # --- arrays --------------------------------------------------------------------------

    def write_arrays(self, name: str, **arrays: np.ndarray) -> None:
        """Replace `<name>.npz` whole."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        replace_file(self.path / f"{name}.npz", lambda path: path.write_bytes(buffer.getvalue()))

    def arrays(self, name: str = "arrays") -> dict[str, np.ndarray]:
        """What `<name>.npz` holds.

        Raises:
            RunError: it is not there, or damaged.
        """
        path = self.path / f"{name}.npz"
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as data:
                return {key: data[key] for key in data.files}
        except FileNotFoundError:
            raise RunError(f"run {self.id} has no {name}.npz yet.") from None
        except Exception as error:  # NumPy, zipfile and zlib raise what they like
            raise RunError(f"run {self.id}: {name}.npz is damaged: {error}") from error

    @property
    def viewable(self) -> bool:
        """Has it what the pages show: networks to decode with, and embeddings?"""
        return all(
            path.is_file()
            for path in (
                self.weights_path,
                self.encoder_path,
                self.decoder_path,
                self.path / "arrays.npz",
            )
        )

    def strip(self, numbers_only: bool) -> None:
        """Delete what a finished run is not read for: lock, log, snapshot, and what was left over.

        Args:
            numbers_only: keep config, status and metrics alone; the run is then no longer
                `viewable`, and still finished.

        Raises:
            RunError: the run is not finished.
        """
        if self.status().state != "finished":
            raise RunError(f"run {self.id} is not finished, so nothing of it can go.")
        kept = {"config.json", "status.json", "metrics.jsonl"}
        if not numbers_only:
            kept |= {"vae.weights.h5", "encoder.onnx", "decoder.onnx", "decoder.json", "arrays.npz"}
        for path in self.path.iterdir():
            if path.name not in kept:
                path.unlink()


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

    def create(self, config: RunConfig) -> Run:
        """The run of this config: made and queued, or the one that is there.

        The folder gets its name by one rename when it is complete: of several processes that
        create the same run one wins, and nobody ever sees a folder without a config.
        """
        path = self.root / config.id
        if not path.exists():
            temporary = self.root / f".new-{uuid.uuid4().hex}"
            config_json = config.to_json().encode()
            status = Status(epochs=config.epochs, submitted=time.time(), heartbeat=time.time())
            try:
                temporary.mkdir(parents=True)
                replace_file(temporary / "config.json", lambda file: file.write_bytes(config_json))
                _replace_status(temporary, status)
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

    def get(self, run_id: str) -> Run:
        """The run of that id.

        Raises:
            RunError: no such run, or its folder is damaged.
        """
        if not RUN_ID.fullmatch(run_id) or not (self.root / run_id).is_dir():
            raise RunError(f"no run {run_id!r} in {self.root}; list shows those there are.")
        return Run(self.root / run_id)

    def scan(self) -> tuple[list[Run], dict[str, str]]:
        """All runs, oldest submission first, and the damaged folders with the reason."""
        runs: list[tuple[float, Run]] = []
        damaged: dict[str, str] = {}
        for path in sorted(self.root.iterdir()) if self.root.is_dir() else []:
            if not RUN_ID.fullmatch(path.name) or path.is_symlink() or not path.is_dir():
                continue
            try:
                run = Run(path)
                runs.append((run.status().submitted, run))
            except RunError as error:
                damaged[path.name] = str(error)
        runs.sort(key=lambda pair: pair[0])
        return [run for _, run in runs], damaged

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
                replace_file(path, lambda file: file.write_bytes(content))
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
