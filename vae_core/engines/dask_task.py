"""What a task of `dask_client` does on the machine that trains, and what it tells its client.

The task supervises a training process and ends with it. While it goes on, the client has the
functions at the end of this module called in the Dask worker's event loop, beside the task: to
look, to fetch what is new, to stop the run, and to forget it once it is home.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import shutil
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from vae_core.config import VaeLabError
from vae_core.engines.worker_process import CANCEL_SECONDS, WorkerProcess
from vae_core.runs.errors import RunBusyError, RunError
from vae_core.runs.files import CONFIG, METRICS, RUN_FILES, STATUS, TICKET
from vae_core.runs.run import Run
from vae_core.runs.status import Status

IDLE_SECONDS = 60.0  # a training process is kept this long for the next run
SINK_SECONDS = 15.0  # sinks may still read a run that is home
STALE_SECONDS = 7 * 24 * 3600.0  # what nobody carried home is kept this long

# What a training process writes beside config, status and metrics; nothing else is carried.
CARRIED = tuple(name for name in RUN_FILES if name not in (CONFIG, STATUS, METRICS))


@dataclasses.dataclass(frozen=True)
class Job:
    """What a task is sent: enough to train the run when the client is gone.

    Attributes:
        ticket: names this submission; never used again.
        path: the client's run folder.
        files: what the training process reads of it, by name.
        dataset: file name and content of an own data set.
        shared_disk: train in the client's folder, where it can be reached.
    """

    ticket: str
    path: str
    files: dict[str, bytes]
    dataset: tuple[str, bytes] | None
    shared_disk: bool


@dataclasses.dataclass(frozen=True)
class Look:
    """How a run that is out stands on one machine.

    Attributes:
        worker: the Dask worker that tells it.
        place: names the folder there: another one, when the run was tried again elsewhere.
        live: is this Dask worker training it?
        ended: None before the end; then why there was nothing to train, or nothing.
        shared: is its folder the client's own?
        status: None where it can't be read.
        metrics_size: bytes of metrics.jsonl.
        stamps: what is there to be carried, with what changes when the file does.
    """

    worker: str
    place: str
    live: bool
    ended: str | None
    shared: bool
    status: Status | None
    metrics_size: int
    stamps: dict[str, tuple[int, int, int]]


class _Training:
    """A run in the hands of this Dask worker."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.process: WorkerProcess | None = None
        self.asked: str | None = None

    def stop(self, how: str) -> None:
        """Ask to end it: "cancel", or "interrupt" so that it can go on later."""
        if self.asked:
            return
        self.asked = how
        if not (self.run and self.process):
            return
        if how == "interrupt":
            self.process.end()
            return
        self.run.lifecycle.request_cancel()
        try:
            with self.run.lifecycle.claim():  # not in it yet: it may import TensorFlow for seconds
                self.process.kill()
        except RunBusyError:
            timer = threading.Timer(CANCEL_SECONDS, self._kill_if_still_on)
            timer.daemon = True
            timer.start()

    def _kill_if_still_on(self) -> None:
        with contextlib.suppress(VaeLabError):
            if self.process and self.run and self.run.status().active:
                self.process.kill()


_trainings: dict[str, _Training] = {}
_called_off: set[str] = set()  # tickets stopped before their task began
_idle: list[WorkerProcess] = []
_here = threading.Lock()


def train(job: Job) -> None:
    """The task: have a run trained, and leave what came of it for the client."""
    from distributed import get_worker

    training = _Training()
    with _here:
        if job.ticket in _called_off:
            return
        _trainings[job.ticket] = training
    place = _scratch(get_worker()) / job.ticket
    _remove_stale(place.parent)
    ended = ""
    try:
        if not (place / "ended").exists():
            _train_in(place, job, training)
    except (VaeLabError, OSError) as error:
        ended = str(error)
    finally:
        with _here:
            del _trainings[job.ticket]
        with contextlib.suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            (place / "ended").write_text(ended, "utf-8")


def _train_in(place: Path, job: Job, training: _Training) -> None:
    path = Path(job.path)
    if job.shared_disk and _same_disk(path, job.ticket):
        place.mkdir(parents=True, exist_ok=True)
        (place / "shared").write_text(str(path), "utf-8")
    else:
        path = _unpack(place, job)
    run = training.run = Run(path)
    if training.asked == "cancel":
        run.lifecycle.request_cancel()
    own_data = {}
    if job.dataset:  # found by the training process as in a store
        folder = place / "data" / ".datasets"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / job.dataset[0]).write_bytes(job.dataset[1])
        own_data = {"VAE_LAB_RUNS": str(folder.parent)}
    told = ""
    for _ in range(2):  # once again, should it die
        if training.asked:
            break
        process = training.process = _process(own_data)
        if not training.asked and process.train(run):
            _keep(process, own_data)
            return
        told = process.end()
        if training.asked or run.status().state not in ("queued", "interrupted"):
            break
    state = run.status().state
    if state not in ("queued", "interrupted"):
        return
    if training.asked == "cancel":
        run.lifecycle.write(state="cancelled")
    elif not training.asked:
        run.lifecycle.write(
            state="failed",
            error=f"the training process ended unexpectedly, twice ({told}); resume to try again.",
        )
    elif state == "interrupted":
        run.lifecycle.write(state="interrupted", error=None)


def _scratch(dask_worker: Any) -> Path:
    """Where the Dask workers of this machine leave what they train; a restart keeps it."""
    return Path(dask_worker.local_directory).parent / "vae-lab"


def _same_disk(path: Path, ticket: str) -> bool:
    """Is the client's folder also ours? Its ticket, just written, tells."""
    try:
        return (path / TICKET).read_text("utf-8") == ticket
    except (OSError, UnicodeDecodeError):
        return False


def _unpack(place: Path, job: Job) -> Path:
    """A run folder for this task, by one rename; the one that an earlier try left is gone on in."""
    path = place / "runs" / Path(job.path).name
    if not path.exists():
        place.mkdir(parents=True, exist_ok=True)
        (place / "id").write_text(uuid.uuid4().hex, "utf-8")
        temporary = place / f".new-{uuid.uuid4().hex}"
        (temporary / path.name).mkdir(parents=True)
        for name, content in job.files.items():
            (temporary / path.name / name).write_bytes(content)
        os.rename(temporary, place / "runs")
    return path


def _process(env: dict[str, str]) -> WorkerProcess:
    """A training process: one that has TensorFlow loaded already, or a new one."""
    with _here:
        while _idle and not env:
            process = _idle.pop()
            if process.alive:
                return process
            process.end()
    return WorkerProcess(env)


def _keep(process: WorkerProcess, env: dict[str, str]) -> None:
    """For the next run, if that comes soon; one with an environment of its own ends."""
    if env:
        process.end()
        return
    with _here:
        _idle.append(process)

    def end() -> None:
        with _here:
            if process not in _idle or time.monotonic() < process.idle_since + IDLE_SECONDS:
                return
            _idle.remove(process)
        process.end()

    process.idle_since = time.monotonic()
    timer = threading.Timer(IDLE_SECONDS + 1, end)
    timer.daemon = True
    timer.start()


def _remove_stale(scratch: Path) -> None:
    with contextlib.suppress(OSError):
        for place in scratch.iterdir():
            if place.name not in _trainings and time.time() - place.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(place, ignore_errors=True)


def _run_in(place: Path) -> Run:
    """The run of a place, wherever its folder is."""
    if (place / "shared").exists():
        return Run(Path((place / "shared").read_text("utf-8")))
    for path in (place / "runs").iterdir():
        if not path.name.startswith("."):
            return Run(path)
    raise RunError(f"{place} has no run.")


def _not_each_look(record: logging.LogRecord) -> bool:
    return "Run out-of-band" not in str(record.msg)


async def look(tickets: list[str], dask_worker: Any) -> dict[str, Look]:
    """How the runs of these tickets stand here, where they are here at all."""
    logging.getLogger("distributed.worker").addFilter(_not_each_look)  # twice a second
    scratch = _scratch(dask_worker)
    found = {}
    for ticket in tickets:
        if (scratch / ticket).is_dir():
            found[ticket] = await asyncio.to_thread(
                _look, scratch / ticket, str(dask_worker.address)
            )
    return found


def _look(place: Path, worker: str) -> Look:
    def read(name: str) -> str | None:
        try:
            return (place / name).read_text("utf-8")
        except OSError:
            return None

    ended = read("ended")  # first: what is read after it is the last there will be
    status, size, stamps = None, 0, {}
    shared = read("shared") is not None
    with contextlib.suppress(VaeLabError, OSError):
        run = _run_in(place)
        status = run.status()
        if not shared:
            for file in os.scandir(run.path):
                stat = file.stat()
                if file.name in CARRIED:
                    stamps[file.name] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                elif file.name == METRICS:
                    size = stat.st_size
    return Look(
        worker, read("id") or "", place.name in _trainings, ended, shared, status, size, stamps
    )


async def fetch(
    ticket: str, offset: int, names: list[str], dask_worker: Any
) -> tuple[bytes, dict[str, bytes]]:
    """The whole lines of metrics.jsonl from an offset on, and files."""

    def read() -> tuple[bytes, dict[str, bytes]]:
        path = _run_in(_scratch(dask_worker) / ticket).path
        files = {}
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # a checkpoint, when the run has ended
                files[name] = (path / name).read_bytes()
        try:
            with open(path / METRICS, "rb") as file:
                file.seek(offset)
                lines = file.read()
        except FileNotFoundError:
            lines = b""
        return lines[: lines.rfind(b"\n") + 1], files

    return await asyncio.to_thread(read)


async def stop(ticket: str, how: str) -> bool:
    """Stop a run if it is in hand here; one whose task is still to come is called off."""
    with _here:
        training = _trainings.get(ticket)
        if training is None:
            _called_off.add(ticket)
            return False
    await asyncio.to_thread(training.stop, how)
    return True


async def forget(ticket: str, dask_worker: Any) -> None:
    """Remove what a run has left here: it is home."""
    place = _scratch(dask_worker) / ticket
    if ticket not in _trainings and place.is_dir():
        delay = SINK_SECONDS if os.environ.get("VAE_LAB_SINKS") else 0
        asyncio.get_running_loop().call_later(delay, shutil.rmtree, place, True)
