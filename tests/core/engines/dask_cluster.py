"""Start a Dask scheduler and workers as real processes on free ports of 127.0.0.1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from distributed import Client

from tests.waiting import wait_for
from vae_core.runs.store import PROJECT

END_WITH_PARENT = """
import os, sys, threading
def end():
    sys.stdin.read()
    os._exit(1)
threading.Thread(target=end, daemon=True).start()
from distributed.cli.dask_{what} import main
main()
"""


class Cluster:
    """A scheduler, to which workers can be added.

    Args:
        folder: for logs, and for a folder of each machine's files.
        allowed_failures: how many workers a task may lose before it fails.
        port: of the scheduler; 0 for a free one.
    """

    def __init__(self, folder: Path, allowed_failures: int = 3, port: int = 0) -> None:
        self.folder = folder
        file = folder / "scheduler.json"
        self._scheduler = self._start(
            "scheduler",
            f"--port={port}",
            f"--scheduler-file={file}",
            DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=str(allowed_failures),
        )
        self.workers: list[subprocess.Popen[bytes]] = []
        # The file is empty at first.
        wait_for(
            lambda: (
                (file.exists() and file.read_text().strip()) or self._scheduler.poll() is not None
            )
        )
        assert self._scheduler.poll() is None, "the scheduler has ended"
        self.address = json.loads(file.read_text())["address"]

    def add_worker(self, machine: str = "a", *options: str, **env: str) -> subprocess.Popen[bytes]:
        """Start a worker with one slot, and without a nanny that would restart it.

        Args:
            machine: workers with the same name share a disk.
            options: of the command `dask worker`.
            env: added to the environment of this process.
        """
        worker = self._start(
            "worker",
            self.address,
            "--nthreads=1",
            "--no-nanny",
            f"--local-directory={self.folder / machine}",
            *options,
            **env,
        )
        self.workers.append(worker)
        return worker

    def task_folders(self, machine: str = "*") -> list[Path]:
        """Return the task folders on the workers' disks."""
        return list(self.folder.glob(f"{machine}/dask-scratch-space/vae-lab/*"))

    def tasks(self) -> list[str]:
        """Return the keys of all tasks of the scheduler."""
        with Client(self.address, set_as_default=False) as client:
            return client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))

    def close(self) -> None:
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.communicate()

    def _start(self, what: str, *options: str, **env: str) -> subprocess.Popen[bytes]:
        with open(self.folder / f"{what}.log", "ab") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    END_WITH_PARENT.format(what=what),
                    "--host=127.0.0.1",
                    "--no-dashboard",
                    *options,
                ],
                cwd=PROJECT,
                env=os.environ | env,
                stdin=subprocess.PIPE,  # closes when this process ends
                stdout=log,
                stderr=log,
            )
