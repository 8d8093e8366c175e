"""The process of a sink. Training starts it, and it reads the run folder until the run ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from vae_core.config import VaeLabError
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.training.sinks import SINKS
from vae_core.training.sinks.base import Sink, SinkError, SinkRecord, sink_records

POLL_SECONDS = 0.5

# When the run has ended, the sink has this long to write the rest. Then its process is ended.
EXIT_SECONDS = 60.0

started: list[subprocess.Popen[bytes]] = []


def start(run: Run) -> None:
    """Start the sinks that VAE_LAB_SINKS names. If one can't start, the run goes on without it."""
    started[:] = [process for process in started if process.poll() is None]
    for name in os.environ.get("VAE_LAB_SINKS", "").split(","):
        if name.strip():
            try:
                command = [
                    sys.executable,
                    "-m",
                    "vae_core.training.sinks",
                    name.strip(),
                    str(run.path),
                ]
                started.append(
                    subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                )
            except OSError as error:
                print(f"{name.strip()} can't be started: {error}", file=sys.stderr, flush=True)


def main(name: str, path: str) -> None:
    """Run the process of a sink until its run ends.

    Args:
        name: of the sink.
        path: of the run folder.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the training handles Ctrl-C
    threading.Thread(target=_exit_after_run, args=(Path(path),), daemon=True).start()
    try:
        if name not in SINKS:
            raise SinkError(f"VAE_LAB_SINKS must name {' or '.join(SINKS)}, got {name!r}.")
        follow(Run(Path(path)), name)
    except Exception as error:  # MLflow and TensorBoard raise errors of many classes
        text = str(error) if isinstance(error, VaeLabError) else f"{type(error).__name__}: {error}"
        print(f"{name} gets no more numbers: {text[:1000]}", file=sys.stderr, flush=True)
        sys.stderr.flush()
        os._exit(1)  # without waiting for the sink's threads, which may still try to send


def _exit_after_run(path: Path) -> None:
    """End this process `EXIT_SECONDS` after the run. The sink's server may hang by then."""
    run = Run(path)
    while _active(run):
        time.sleep(POLL_SECONDS)
    time.sleep(EXIT_SECONDS)
    os._exit(1)


def _active(run: Run) -> bool:
    with contextlib.suppress(RunError):  # the run folder was deleted
        return run.status().active
    return False


def follow(run: Run, name: str) -> None:
    """Write the records of a run, and new ones as they appear, until the run has ended."""
    sink: Sink = SINKS[name](run)
    sent = 0
    for records in _records_so_far(run):
        if len(records) < sent:  # the run started over
            sent = 0
        sink.write(records[sent:])
        sent = len(records)
    state = "interrupted"
    with contextlib.suppress(RunError):
        state = run.status().state
    sink.close(state)


def _records_so_far(run: Run) -> Iterator[list[SinkRecord]]:
    """Yield all records so far, every `POLL_SECONDS` and once more when the run has ended."""
    active = True
    while active:
        active = _active(run)  # before the records are read, so that the last are not missed
        yield sink_records(run)
        if active:
            time.sleep(POLL_SECONDS)
