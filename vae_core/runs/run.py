"""Run: one run folder."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from vae_core.config import RunConfig
from vae_core.runs.checksums import Checksum, damaged, read_checksums
from vae_core.runs.disk import (
    TEMPORARY,
    UNREADABLE,
    file_digest,
    file_signature,
    is_settled,
    json_bytes,
    open_file,
    parse_file,
    read_text,
    replace_file,
    write_all,
)
from vae_core.runs.errors import RunBusyError, RunError
from vae_core.runs.files import (
    BROWSER_DECODER,
    CANCEL,
    CHECKPOINT,
    CHECKSUMS,
    CONFIG,
    DECODER,
    ENCODER,
    LOCK,
    LOG,
    METRICS,
    NETWORK_FILES,
    RUN_FILES,
    SEALED_FILES,
    STATUS,
    TICKET,
    VIEWED_FILES,
    WEIGHTS,
)
from vae_core.runs.records import LOSSES, parse_record
from vae_core.runs.status import ACTIVE, MOST_CHARACTERS, Status, read_status, this_process

# What a cancelled run still writes (exports, embeddings) after its status says so.
CLAIM_SECONDS = 10.0


def _config(file: io.FileIO) -> RunConfig:
    return RunConfig.from_json(read_text(file))


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
            self.config = parse_file(f"{self._folder}/{CONFIG}", _config)
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
        return self.path / CHECKPOINT

    @property
    def weights_path(self) -> Path:
        return self.path / WEIGHTS

    @property
    def encoder_path(self) -> Path:
        return self.path / ENCODER

    @property
    def decoder_path(self) -> Path:
        return self.path / DECODER

    @property
    def browser_path(self) -> Path:
        return self.path / BROWSER_DECODER

    @property
    def metrics_path(self) -> Path:
        return self.path / METRICS

    @property
    def checksums_path(self) -> Path:
        return self.path / CHECKSUMS

    @property
    def ticket_path(self) -> Path:
        return self.path / TICKET

    @property
    def log_path(self) -> Path:
        return self.path / LOG

    # --- state ---------------------------------------------------------------------------

    def status(self) -> Status:
        """The state as it is: a running run whose process is gone reads as interrupted.

        Raises:
            RunError: status.json is missing or damaged.
        """
        return self._status_and_checksums()[0]

    def _status_and_checksums(self) -> tuple[Status, dict[str, Checksum]]:
        """The status, and the checksums that hold: they are written just before the status says
        that the run is finished, and those of status and metrics do of such a run alone.
        """
        try:
            status, sha256 = parse_file(f"{self._folder}/{STATUS}", read_status)
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
        if STATUS in sums and sums[STATUS].sha256 != sha256:
            raise self._damage(STATUS)
        return status, sums

    def write_status(self, **changes: Any) -> Status:
        """Change fields of status.json; every write is a heartbeat.

        A state other than running, or queued by `queue(owned=True)`, has no owner.
        """
        status = self._changed(changes)
        self._put(status, seal=status.state == "finished" and self._exists(CHECKSUMS))
        return status

    def write_status_in_place(self, **changes: Any) -> None:
        """`write_status` where there is no room for another file: one write over the old content.

        A crash of the machine meanwhile would damage it, so it is for what can't be said otherwise.

        Raises:
            OSError: not even that can be written. The process should end: a running run whose
                process is gone reads as interrupted.
        """
        content = json_bytes(dataclasses.asdict(self._changed(changes)))
        path = f"{self._folder}/{STATUS}"
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            write_all(handle, content.ljust(os.fstat(handle).st_size))
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
        content = json_bytes(dataclasses.asdict(status))
        if seal:
            self._seal(SEALED_FILES, content)
        replace_file(self.path / STATUS, content)

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
            if name == STATUS:
                found[name] = {"bytes": len(status), "sha256": hashlib.sha256(status).hexdigest()}
            elif self._exists(name):
                with open_file(f"{self._folder}/{name}") as file:
                    found[name] = {
                        "bytes": os.fstat(file.fileno()).st_size,
                        "sha256": file_digest(file),
                    }
        replace_file(self.path / CHECKSUMS, json_bytes(found) + b"\n")

    def write_running(self, **changes: Any) -> Status:
        """`write_status` with this process as the owner."""
        return self.write_status(state="running", error=None, **this_process(), **changes)

    @contextlib.contextmanager
    def claim(self, wait_seconds: float = 0) -> Iterator[None]:
        """Hold the run's lock while training: it goes with the process, however that ends.

        Args:
            wait_seconds: for another process that may be about to let go.

        Raises:
            RunBusyError: another process holds it.
        """
        lock = filelock.FileLock(self.path / LOCK, timeout=wait_seconds, thread_local=False)
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
                (self.path / CANCEL).unlink(missing_ok=True)
                by: dict[str, Any] = {"submitted_by": submitted_by} if submitted_by else {}
                by |= this_process() if owned else {}
                self.write_status(state="queued", submitted=time.time(), error=None, **by)

    def request_cancel(self) -> None:
        """Ask the process that trains to stop; one that only waits is cancelled at once."""
        state = self.status().state
        if state not in ACTIVE:
            return
        (self.path / CANCEL).touch()
        if state == "queued":
            with contextlib.suppress(RunBusyError), self.claim():
                self.write_status(state="cancelled")

    def cancel_requested(self) -> bool:
        return (self.path / CANCEL).exists()

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
            signature = file_signature(path)
            with open_file(path) as file:
                content = file.readall()
            if expected is None or hashlib.sha256(content).hexdigest() == expected.sha256:
                return content
            if self._status_and_checksums()[1].get(name) == expected:  # else it was just replaced
                if is_settled(signature):
                    damaged[path] = signature
                raise self._damage(name)

    def checksums(self) -> dict[str, Checksum]:
        """What checksums.json says; empty of a run that is not complete or of an older version.

        Raises:
            RunError: it is damaged.
        """
        try:
            return parse_file(f"{self._folder}/checksums.json", read_checksums)
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
                signature = file_signature(path)
                whole = signature[2] == expected.bytes and damaged.get(path) != signature
                if name == METRICS:
                    whole = whole and parse_file(path, file_digest) == expected.sha256
            except OSError:
                whole = False
            if not whole and self._status_and_checksums()[1] == sums:  # else just replaced
                raise self._damage(name)
        return status

    def _check_metrics(self) -> None:
        """Of a finished run: are the numbers those that were written?"""
        expected = self._status_and_checksums()[1].get(METRICS)
        if expected is None:
            return
        try:
            sha256 = parse_file(f"{self._folder}/{METRICS}", file_digest)
        except OSError:
            sha256 = ""
        if sha256 != expected.sha256:
            raise self._damage(METRICS)

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

    def append_metrics(self, record: Mapping[str, Any]) -> None:
        """Add one line to metrics.jsonl, a `vae_core.runs.records.Record`."""
        self.append_lines((json.dumps(record, allow_nan=False) + "\n").encode())

    def append_lines(self, lines: bytes) -> None:
        """Add whole lines to metrics.jsonl in one write; a line torn by a crash is closed first."""
        path = self.metrics_path
        torn = False
        with contextlib.suppress(OSError), open_file(os.fspath(path)) as file:
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(path, flags, 0o644)
        try:
            write_all(handle, b"\n" + lines if torn else lines)
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
        """The held-out numbers of a finished run, by their names in `metrics.catalogue`.

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
            with open_file(f"{self._folder}/{METRICS}") as file:
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
            record = parse_record(line, self.config)
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
        return all(self._exists(name) for name in VIEWED_FILES)

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
        kept = [CONFIG, STATUS, METRICS]
        if not numbers_only:
            kept += NETWORK_FILES
        for name in kept:
            if self._exists(name):
                self.read(name)
        for path in self.path.iterdir():
            if path.name not in (*kept, CHECKSUMS):
                path.unlink()
        if self.checksums().keys() != set(self.files()) - {CHECKSUMS, CONFIG}:
            self._seal(SEALED_FILES, self.read(STATUS))
