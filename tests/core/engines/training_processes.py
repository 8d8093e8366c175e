"""Training processes for tests to kill."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import threading

import psutil

from tests.waiting import wait_for
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT

# How many processes the tests kill. VAE_LAB_KILL_SEED repeats the moments of the kills, as far as
# the machine's timing allows.
KILLS = int(os.environ.get("VAE_LAB_KILLS", "12"))
SEED = int(os.environ.get("VAE_LAB_KILL_SEED", str(random.randrange(10**6))))


def gone(process: psutil.Process) -> bool:
    """Return whether a process has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


class Forked:
    """The parent's side of `tests.core.engines.forked`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.engines.forked"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lock = threading.Lock()
        assert self._answer() == "ready"

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def train(self, run: Run) -> psutil.Process | None:
        """Start a process that trains the run; return None if it has ended by now."""
        assert self._process.stdin
        with self._lock:
            self._process.stdin.write(f"{run.path}\n")
            self._process.stdin.flush()
            pid = int(self._answer())
        try:
            return psutil.Process(pid)
        except psutil.NoSuchProcess:
            return None

    def train_to_the_end(self, run: Run) -> None:
        process = self.train(run)
        wait_for(lambda: process is None or gone(process))
        assert run.status().state == "finished", run.status()

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
