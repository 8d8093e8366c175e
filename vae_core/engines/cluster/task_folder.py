"""TaskFolder: the files of a task on the disk of the machine that runs it."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from typing import Any

from vae_core.engines.cluster.job import Job
from vae_core.runs.errors import RunError
from vae_core.runs.files import TICKET
from vae_core.runs.run import Run


def scratch_folder(dask_worker: Any) -> Path:
    """Return the folder of all task folders of this machine; a restart does not change it."""
    return Path(dask_worker.local_directory).parent / "vae-lab"


class TaskFolder:
    """The folder of one task, named by its ticket.

    Args:
        path: need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        """An id that no other machine's folder has; empty if the run's disk is shared."""
        return self._read("id") or ""

    @property
    def shared(self) -> bool:
        """Whether the task trains in the client's own run folder."""
        return self._read("shared") is not None

    @property
    def ended(self) -> str | None:
        """Why the run was not trained, or empty if it was; None before the task has ended."""
        return self._read("ended")

    def _read(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text("utf-8")
        except OSError:
            return None

    def run_folder(self, job: Job) -> Path:
        """Return the folder to train in: the client's if this machine sees it, else a new one."""
        path = Path(job.path)
        if job.shared_disk and _is_on_shared_disk(path, job.ticket):
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "shared").write_text(str(path), "utf-8")
            return path
        return self._unpacked(job)

    def _unpacked(self, job: Job) -> Path:
        """Unpack the run folder by one rename, or return the one that an earlier try left."""
        path = self.path / "runs" / Path(job.path).name
        if not path.exists():
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "id").write_text(uuid.uuid4().hex, "utf-8")
            temporary = self.path / f".new-{uuid.uuid4().hex}"
            (temporary / path.name).mkdir(parents=True)
            for name, content in job.files.items():
                (temporary / path.name / name).write_bytes(content)
            os.rename(temporary, self.path / "runs")
        return path

    def write_dataset(self, name: str, content: bytes) -> Path:
        """Write the user's own data set as in a store; return the folder of that store."""
        folder = self.path / "data" / ".datasets"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        return folder.parent

    def write_end(self, reason: str) -> None:
        """Write `ended`, unless the disk is full."""
        with contextlib.suppress(OSError):
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "ended").write_text(reason, "utf-8")

    def run(self) -> Run:
        """Return the run that the task trains.

        Raises:
            RunError: the folder has no run, or a damaged one.
            OSError: there is no folder yet.
        """
        if (self.path / "shared").exists():
            return Run(Path((self.path / "shared").read_text("utf-8")))
        for path in (self.path / "runs").iterdir():
            if not path.name.startswith("."):
                return Run(path)
        raise RunError(f"{self.path} has no run.")


def _is_on_shared_disk(path: Path, ticket: str) -> bool:
    """Return whether this machine sees the client's folder, which has the job's ticket in it."""
    try:
        return (path / TICKET).read_text("utf-8") == ticket
    except (OSError, UnicodeDecodeError):
        return False
