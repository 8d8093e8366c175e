"""The Dask task of a run, which supervises a training process."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from vae_core.config import VaeLabError
from vae_core.engines.cluster import idle_processes, running_tasks
from vae_core.engines.cluster.job import Job
from vae_core.engines.cluster.running_tasks import RunningTask
from vae_core.engines.cluster.task_folder import TaskFolder, scratch_folder
from vae_core.runs.run import Run

STALE_SECONDS = 7 * 24 * 3600.0  # folders that no client collected are kept this long


def train(job: Job) -> None:
    """Train a run in a training process, and leave its files for the client."""
    from distributed import get_worker

    task = running_tasks.begin(job.ticket)
    if task is None:
        return
    scratch = scratch_folder(get_worker())
    folder = TaskFolder(scratch / job.ticket)
    _remove_stale(scratch)
    reason = ""
    try:
        if folder.ended is None:
            _train_in(folder, job, task)
    except (VaeLabError, OSError) as error:
        reason = str(error)
    finally:
        running_tasks.end(job.ticket)
        folder.write_end(reason)


def _train_in(folder: TaskFolder, job: Job, task: RunningTask) -> None:
    run = task.run = Run(folder.run_folder(job))
    if task.stopped == "cancel":
        run.lifecycle.request_cancel()
    env = {}
    if job.dataset:
        env["VAE_LAB_RUNS"] = str(folder.write_dataset(*job.dataset))
    ending = ""
    for _ in range(2):  # again if the process dies
        if task.stopped:
            break
        process = task.process = idle_processes.take(env)
        if not task.stopped and process.train(run):
            idle_processes.keep(process, env)
            return
        ending = process.end()
        if task.stopped or run.status().state not in ("queued", "interrupted"):
            break
    _write_end(run, task.stopped, ending)


def _write_end(run: Run, stopped: str | None, ending: str) -> None:
    """Write the state of a run whose training process is gone.

    Args:
        stopped: see `RunningTask`.
        ending: how the process ended.
    """
    state = run.status().state
    if state not in ("queued", "interrupted"):
        return
    if stopped == "cancel":
        run.lifecycle.write(state="cancelled")
    elif not stopped:
        run.lifecycle.write(
            state="failed",
            error=f"the training process ended unexpectedly, twice ({ending}); resume to try "
            "again.",
        )
    elif state == "interrupted":
        run.lifecycle.write(state="interrupted", error=None)


def _remove_stale(scratch: Path) -> None:
    with contextlib.suppress(OSError):
        for path in scratch.iterdir():
            stale = time.time() - path.stat().st_mtime > STALE_SECONDS
            if stale and not running_tasks.is_running(path.name):
                shutil.rmtree(path, ignore_errors=True)
