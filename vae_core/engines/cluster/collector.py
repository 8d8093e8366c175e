"""Collector: brings the files of a run from the machine that trains it to its run folder."""

from __future__ import annotations

import contextlib
import dataclasses
import time

from vae_core.engines.base import EngineError
from vae_core.engines.cluster.connection import Connection
from vae_core.engines.cluster.reports import COLLECTED_FILES, TaskReport, Version, fetch
from vae_core.runs.files import CHECKPOINT, NETWORK_FILES
from vae_core.runs.run import Run
from vae_core.runs.status import Status

HEARTBEAT_SECONDS = 5.0  # after this time, even an unchanged status is written again
CHECKPOINT_SECONDS = 10.0  # a checkpoint is collected at most this often


class Collector:
    """Collects the files of one run during training, and holds the run's claim meanwhile."""

    def __init__(self) -> None:
        self._claim: contextlib.ExitStack | None = None
        self._start_over("")

    def _start_over(self, folder_id: str) -> None:
        """Forget what was collected, because the run trains in another folder now."""
        self._folder_id = folder_id
        self._offset: int | None = None  # read so far of that metrics.jsonl; None: unknown
        self._versions: dict[str, Version] = {}
        self._status: Status | None = None
        self._next_heartbeat = self._next_checkpoint = 0.0

    @property
    def has_begun(self) -> bool:
        return self._claim is not None

    def release(self) -> None:
        """Release the run's claim."""
        if self._claim:
            self._claim.close()
            self._claim = None

    def collect(self, run: Run, ticket: str, report: TaskReport, connection: Connection) -> None:
        """Collect what has changed: files, then metrics, then the status.

        Raises:
            RunBusyError: another client collects the run.
            EngineError: the worker does not answer.
        """
        if self._claim is None:
            claim = contextlib.ExitStack()
            claim.enter_context(run.lifecycle.claim())
            self._claim = claim
        if self._folder_id != report.folder_id:
            self._start_over(report.folder_id)
        self._collect_files(run, ticket, report, connection)
        if report.training and report.status:
            self._write_progress(run, report.worker, report.status)

    def _collect_files(
        self, run: Run, ticket: str, report: TaskReport, connection: Connection
    ) -> None:
        with_checkpoint = report.ended is not None or time.monotonic() >= self._next_checkpoint
        names = [
            name
            for name in COLLECTED_FILES  # in this order, checksums come after their files
            if name in report.versions
            and self._versions.get(name) != report.versions[name]
            and (name != CHECKPOINT or with_checkpoint)
        ]
        if not names and report.metrics_size == self._offset:
            return
        answers = connection.call([report.worker], fetch, ticket, self._offset or 0, names)
        if report.worker not in answers:
            raise EngineError(f"{report.worker} does not answer.")
        lines, files = answers[report.worker]
        if not files.keys().isdisjoint(NETWORK_FILES):
            run.checksums_path.unlink(missing_ok=True)  # the files are about to change
        for name in names:
            if name in files:
                run.files.replace(name, files[name])
                self._versions[name] = report.versions[name]
        if CHECKPOINT in files:
            self._next_checkpoint = time.monotonic() + CHECKPOINT_SECONDS
        old_offset, self._offset = self._offset, None  # if appending fails, compare again
        known_bytes = _known_bytes(run, lines) if old_offset is None else 0
        if lines[known_bytes:]:
            run.metrics_file.append_lines(lines[known_bytes:])
        self._offset = (old_offset or 0) + len(lines)

    def _write_progress(self, run: Run, worker: str, status: Status) -> None:
        if status.state not in ("running", "cancelled"):
            return
        without_heartbeat = dataclasses.replace(status, heartbeat=0)
        now = time.monotonic()
        if without_heartbeat == self._status and now < self._next_heartbeat:
            return
        # The host is the worker's address. So no machine mistakes the pid for one of its own.
        owner = {"host": worker, "pid": status.pid, "process_started": None}
        run.lifecycle.write(
            state=status.state,
            epoch=status.epoch,
            seconds=status.seconds,
            error=status.error,
            **(owner if status.state == "running" else {}),
        )
        self._status, self._next_heartbeat = without_heartbeat, now + HEARTBEAT_SECONDS


def write_end(run: Run, report: TaskReport, stopping: bool) -> None:
    """Write the final state of a run that has ended and whose files are collected.

    Raises:
        RunError: a file differs from the worker's.
    """
    status = report.status
    if not report.shared and status:
        if status.state == "finished":
            for name in run.files.checksums().keys() & set(NETWORK_FILES):
                run.files.read(name)
            run.lifecycle.finish(epoch=status.epoch, seconds=status.seconds)
            run.checkpoint_path.unlink(missing_ok=True)
        elif status.state not in ("queued", "running"):
            run.lifecycle.write(
                state=status.state,
                epoch=status.epoch,
                seconds=status.seconds,
                error=status.error,
            )
    state = run.status().state
    if (state == "queued" and not stopping) or (state == "running" and not report.shared):
        run.lifecycle.write(
            state="failed", error=report.ended or "training ended without a result."
        )


def _known_bytes(run: Run, lines: bytes) -> int:
    """Return how many bytes of these lines an earlier client has already collected."""
    try:
        collected = run.metrics_path.read_bytes()
    except FileNotFoundError:
        return 0
    first = lines[: lines.find(b"\n") + 1]
    start = collected.rfind(first) if first else -1
    tail = collected[start : collected.rfind(b"\n") + 1]
    return len(tail) if start >= 0 and lines.startswith(tail) else 0
