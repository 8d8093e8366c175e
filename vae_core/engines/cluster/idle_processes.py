"""Training processes that wait for the next run: they have imported TensorFlow already."""

from __future__ import annotations

import threading
import time

from vae_core.engines.worker_process import WorkerProcess

IDLE_SECONDS = 60.0  # a process that waits longer is ended

_idle_since: dict[WorkerProcess, float] = {}
_lock = threading.Lock()


def take(env: dict[str, str]) -> WorkerProcess:
    """Return an idle process, or a new one.

    Args:
        env: variables to add to the environment; if there are any, the process is a new one.
    """
    with _lock:
        while _idle_since and not env:
            process, _ = _idle_since.popitem()
            if process.alive:
                return process
            process.end()
    return WorkerProcess(env)


def keep(process: WorkerProcess, env: dict[str, str]) -> None:
    """Keep a process for the next run, or end it if variables `env` were added for it."""
    if env:
        process.end()
        return
    with _lock:
        _idle_since[process] = time.monotonic()
    timer = threading.Timer(IDLE_SECONDS + 1, _end_if_idle, (process,))
    timer.daemon = True
    timer.start()


def _end_if_idle(process: WorkerProcess) -> None:
    with _lock:
        if time.monotonic() < _idle_since.get(process, float("inf")) + IDLE_SECONDS:
            return
        del _idle_since[process]
    process.end()
