"""Functions that report on the tasks of a Dask worker and read their files.

A client calls them in the Dask worker's event loop, beside the tasks.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import shutil
from typing import Any

from vae_core.config import VaeLabError
from vae_core.engines.cluster import running_tasks
from vae_core.engines.cluster.task_folder import TaskFolder, scratch_folder
from vae_core.runs.files import CONFIG, METRICS, RUN_FILES, STATUS
from vae_core.runs.status import Status

SINK_SECONDS = 15.0  # sinks may still read a run whose files are collected

# Whole files that a training process writes. Metrics and status are collected another way.
COLLECTED_FILES = tuple(name for name in RUN_FILES if name not in (CONFIG, STATUS, METRICS))

Version = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class TaskReport:
    """The state of a submitted run on one machine.

    Attributes:
        worker: address of the Dask worker that reports.
        folder_id: id of the task's folder; it differs if the run was tried again elsewhere.
        training: whether this Dask worker trains the run.
        ended: see `TaskFolder.ended`.
        shared: whether the run trains in the client's folder.
        status: of the run; None if it can't be read.
        metrics_size: bytes of metrics.jsonl.
        versions: name -> version of each file to collect; it changes with the file.
    """

    worker: str
    folder_id: str
    training: bool
    ended: str | None
    shared: bool
    status: Status | None
    metrics_size: int
    versions: dict[str, Version]

    def says_more_than(self, other: TaskReport) -> bool:
        """Return whether a report is more informative: training before ended before the rest."""
        mine = self.training, self.ended is not None
        return mine > (other.training, other.ended is not None)


def _is_worth_logging(record: logging.LogRecord) -> bool:
    return "Run out-of-band" not in str(record.msg)


async def task_reports(tickets: list[str], dask_worker: Any) -> dict[str, TaskReport]:
    """Return ticket -> report, for the tickets that have a folder on this machine."""
    # Dask would log a line for each call, twice a second.
    logging.getLogger("distributed.worker").addFilter(_is_worth_logging)
    scratch, address = scratch_folder(dask_worker), str(dask_worker.address)
    return {
        ticket: await asyncio.to_thread(_report, TaskFolder(scratch / ticket), address)
        for ticket in tickets
        if (scratch / ticket).is_dir()
    }


def _report(folder: TaskFolder, worker: str) -> TaskReport:
    ended = folder.ended  # read first: once it is set, no other file changes
    status, metrics_size = None, 0
    versions: dict[str, Version] = {}
    shared = folder.shared
    with contextlib.suppress(VaeLabError, OSError):
        run = folder.run()
        status = run.status()
        if not shared:
            for file in os.scandir(run.path):
                stat = file.stat()
                if file.name in COLLECTED_FILES:
                    versions[file.name] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                elif file.name == METRICS:
                    metrics_size = stat.st_size
    training = running_tasks.is_running(folder.path.name)
    return TaskReport(worker, folder.id, training, ended, shared, status, metrics_size, versions)


async def fetch(
    ticket: str, offset: int, names: list[str], dask_worker: Any
) -> tuple[bytes, dict[str, bytes]]:
    """Return whole lines of metrics.jsonl from an offset on, and name -> content of files."""

    def read() -> tuple[bytes, dict[str, bytes]]:
        path = TaskFolder(scratch_folder(dask_worker) / ticket).run().path
        files = {}
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # the checkpoint goes when the run ends
                files[name] = (path / name).read_bytes()
        try:
            with open(path / METRICS, "rb") as file:
                file.seek(offset)
                lines = file.read()
        except FileNotFoundError:
            lines = b""
        return lines[: lines.rfind(b"\n") + 1], files

    return await asyncio.to_thread(read)


async def remove(ticket: str, dask_worker: Any) -> None:
    """Remove the folder of a task whose files are collected."""
    path = scratch_folder(dask_worker) / ticket
    if not running_tasks.is_running(ticket) and path.is_dir():
        delay = SINK_SECONDS if os.environ.get("VAE_LAB_SINKS") else 0
        asyncio.get_running_loop().call_later(delay, shutil.rmtree, path, True)
