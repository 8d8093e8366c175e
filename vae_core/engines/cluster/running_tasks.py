"""The tasks that this Dask worker runs, and how they are stopped."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from vae_core.config import VaeLabError
from vae_core.engines.worker_process import CANCEL_SECONDS, WorkerProcess
from vae_core.runs.errors import RunBusyError
from vae_core.runs.run import Run


class RunningTask:
    """A task while it runs.

    Attributes:
        run: the run that it trains; None until its folder exists.
        process: the training process; None until it is started.
        stopped: "cancel" or "interrupt" if somebody asked for it, else None.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.process: WorkerProcess | None = None
        self.stopped: str | None = None

    def stop(self, how: str) -> None:
        """Stop the training.

        Args:
            how: "cancel", or "interrupt" if the run can go on later.
        """
        if self.stopped:
            return
        self.stopped = how
        if not (self.run and self.process):
            return
        if how == "interrupt":
            self.process.end()
            return
        self.run.lifecycle.request_cancel()
        try:
            # If the claim is free, training has not begun: the process still imports TensorFlow.
            with self.run.lifecycle.claim():
                self.process.kill()
        except RunBusyError:
            timer = threading.Timer(CANCEL_SECONDS, self._kill_if_active)
            timer.daemon = True
            timer.start()

    def _kill_if_active(self) -> None:
        with contextlib.suppress(VaeLabError):
            if self.process and self.run and self.run.status().active:
                self.process.kill()


_tasks: dict[str, RunningTask] = {}
_stopped_early: set[str] = set()  # tickets of tasks that were stopped before they began
_lock = threading.Lock()


def begin(ticket: str) -> RunningTask | None:
    """Register a task that begins; return None if it was stopped earlier."""
    task = RunningTask()
    with _lock:
        if ticket in _stopped_early:
            return None
        _tasks[ticket] = task
    return task


def end(ticket: str) -> None:
    with _lock:
        del _tasks[ticket]


def is_running(ticket: str) -> bool:
    return ticket in _tasks


async def stop(ticket: str, how: str) -> bool:
    """Stop a task, or keep it from beginning. Return whether it runs here.

    The client calls this in the Dask worker's event loop.

    Args:
        how: "cancel" or "interrupt".
    """
    with _lock:
        task = _tasks.get(ticket)
        if task is None:
            _stopped_early.add(ticket)
            return False
    await asyncio.to_thread(task.stop, how)
    return True
