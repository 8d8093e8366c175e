"""Lifecycle: how a run changes its state, from queued to finished."""

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

# A cancelled run still writes exports and embeddings after its status says so.
CLAIM_SECONDS = 10.0


class Lifecycle:
    """The changes of one run's state.

    Args:
        path: the run folder.
        files: of the folder.
        epochs: of the run's config.
    """

    def __init__(self, path: Path, files: CheckedFiles, epochs: int) -> None:
        self._path = path
        self._files = files
        self._epochs = epochs

    @contextlib.contextmanager
    def claim(self, wait_seconds: float = 0) -> Iterator[None]:
        """Hold the run's lock while training. The lock ends with the process in any case.

        Args:
            wait_seconds: for another process that may be about to release it.

        Raises:
            RunBusyError: another process holds it.
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
        """Ask for training, or for going on with it; a finished run stays finished.

        Args:
            submitted_by: who asks (an e-mail address); None keeps who asked before.
            owned: this process will train the run; no other takes it while this one lives.
        """
        # A process that trains the run, or still writes after a stop, writes the status itself.
        with contextlib.suppress(RunBusyError), self.claim(CLAIM_SECONDS):
            if self._files.status().state not in ("finished", "running"):
                (self._path / CANCEL).unlink(missing_ok=True)
                by: dict[str, Any] = {"submitted_by": submitted_by} if submitted_by else {}
                by |= this_process() if owned else {}
                self.write(state="queued", submitted=time.time(), error=None, **by)

    def start(self, **changes: Any) -> Status:
        """`write` that this process trains the run."""
        return self.write(state="running", error=None, **this_process(), **changes)

    def finish(self, **changes: Any) -> None:
        """`write` that the run is finished, with checksums of all its files."""
        self._write(self._changed(changes | {"state": "finished", "error": None}), seal=True)

    def request_cancel(self) -> None:
        """Ask the process that trains to stop; a run that only waits is cancelled at once."""
        state = self._files.status().state
        if state not in ACTIVE:
            return
        (self._path / CANCEL).touch()
        if state == "queued":
            with contextlib.suppress(RunBusyError), self.claim():
                self.write(state="cancelled")

    def cancel_requested(self) -> bool:
        return (self._path / CANCEL).exists()

    def write(self, **changes: Any) -> Status:
        """Change fields of status.json; every write is a heartbeat.

        Only a running run has an owner, and one that was queued by `queue(owned=True)`.
        """
        status = self._changed(changes)
        self._write(status, seal=status.state == "finished" and self._files.exists(CHECKSUMS))
        return status

    def write_in_place(self, **changes: Any) -> None:
        """`write` on a full disk, where no second file fits: overwrite the old content.

        If the machine crashes meanwhile, the status is damaged. So this is for errors that can't
        be reported otherwise.

        Raises:
            OSError: not even that can be written. The process should end: a running run whose
                process is gone reads as interrupted.
        """
        content = json_bytes(dataclasses.asdict(self._changed(changes)))
        handle = os.open(self._path / STATUS, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            write_all(handle, content.ljust(os.fstat(handle).st_size))
            os.fsync(handle)
        finally:
            os.close(handle)

    def _changed(self, changes: dict[str, Any]) -> Status:
        """The status with these changes."""
        try:
            old = self._files.status()
        except RunError:  # damaged: the new status replaces it
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
