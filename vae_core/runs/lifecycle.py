"""Change the state of a run, from queued to finished."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from vae_core.runs.checked_files import CheckedFiles
from vae_core.runs.disk import json_bytes, replace_file, write_all
from vae_core.runs.errors import RunBusyError, RunError
from vae_core.runs.files import CANCEL, CHECKSUMS, LOCK, SEALED_FILES, STATUS
from vae_core.runs.status import ACTIVE, MOST_CHARACTERS, Status, this_process

# How long to wait for a lock. While a cancelled run still writes its exports, its lock is held.
CLAIM_SECONDS = 10.0


class Lifecycle:
    """Changes the state of one run.

    Args:
        path: the run folder.
        files: the folder's files.
        epochs: number of epochs in the run's config.
    """

    def __init__(self, path: Path, files: CheckedFiles, epochs: int) -> None:
        self._path = path
        self._files = files
        self._epochs = epochs

    @contextlib.contextmanager
    def claim(self, wait_seconds: float = 0) -> Iterator[None]:
        """Hold the run's lock. If the process dies, the system releases it.

        Args:
            wait_seconds: how long to wait for another process to release the lock.

        Raises:
            RunBusyError: another process holds the lock.
        """
        lock = filelock.FileLock(self._path / LOCK, timeout=wait_seconds, thread_local=False)
        try:
            with lock:
                yield
        except filelock.Timeout:
            raise RunBusyError(
                f"run {self._path.name} is being trained by another process."
            ) from None

    def queue(self, submitted_by: str | None = None, owned: bool = False) -> None:
        """Queue a run to be trained or resumed; a finished run stays finished.

        Args:
            submitted_by: e-mail address of the user; None keeps the address of an earlier call.
            owned: whether this process will train the run. If so, no other process
                trains it while this one lives.
        """
        # Whoever holds the lock trains the run or is just stopping, and writes the status itself.
        with contextlib.suppress(RunBusyError), self.claim(CLAIM_SECONDS):
            if self._files.status().state not in ("finished", "running"):
                (self._path / CANCEL).unlink(missing_ok=True)
                fields: dict[str, Any] = {"submitted_by": submitted_by} if submitted_by else {}
                fields |= this_process() if owned else {}
                self.write(state="queued", submitted=time.time(), error=None, **fields)

    def start(self, **changes: Any) -> Status:
        """Set the state to running, with this process as the owner."""
        return self.write(state="running", error=None, **this_process(), **changes)

    def finish(self, **changes: Any) -> None:
        """Set the state to finished, and write the checksums of `SEALED_FILES`."""
        self._write(self._changed(changes | {"state": "finished", "error": None}), seal=True)

    def request_cancel(self) -> None:
        """Ask the training process to stop; a queued run is cancelled at once."""
        state = self._files.status().state
        if state not in ACTIVE:
            return
        (self._path / CANCEL).touch()
        if state == "queued":
            with contextlib.suppress(RunBusyError), self.claim():
                self.write(state="cancelled")

    def cancel_requested(self) -> bool:
        """Return whether `request_cancel` was called since the run was queued."""
        return (self._path / CANCEL).exists()

    def write(self, **changes: Any) -> Status:
        """Change fields of status.json, and set its heartbeat to now.

        Only a running run keeps its owner, unless `changes` names one, see `queue(owned=True)`.
        """
        status = self._changed(changes)
        self._write(status, seal=status.state == "finished" and self._files.exists(CHECKSUMS))
        return status

    def write_in_place(self, **changes: Any) -> None:
        """Like `write`, but overwrite status.json, for a disk that is too full for a second file.

        A crash of the machine during this call damages the status. So call it only for errors that
        can't be reported otherwise.

        Raises:
            OSError: the file can't be overwritten either. Then the process should end: a running
                run whose process has ended counts as interrupted.
        """
        content = json_bytes(dataclasses.asdict(self._changed(changes)))
        handle = os.open(self._path / STATUS, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            write_all(handle, content.ljust(os.fstat(handle).st_size))
            os.fsync(handle)
        finally:
            os.close(handle)

    def _changed(self, changes: dict[str, Any]) -> Status:
        """Return the status with these changes."""
        try:
            old = self._files.status()
        except RunError:  # status.json is damaged, and the new status replaces it
            old = Status(epochs=self._epochs, submitted=time.time())
        owner: dict[str, Any] = {"pid": None, "host": None, "process_started": None}
        if changes.get("state", old.state) == "running":
            owner = {}
        if changes.get("error"):
            words = changes["error"].encode(errors="replace").decode()
            changes["error"] = words[:MOST_CHARACTERS]
        return dataclasses.replace(old, **{"heartbeat": time.time()} | owner | changes)

    def _write(self, status: Status, seal: bool) -> None:
        content = json_bytes(dataclasses.asdict(status))
        if seal:
            self._files.seal(SEALED_FILES, content)
        replace_file(self._path / STATUS, content)
