"""Read status.json: the state of a run, and the process that owns it."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import time
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from vae_core import processes
from vae_core.runs.disk import read_text
from vae_core.runs.errors import RunError
from vae_core.settings import sentence

ACTIVE = ("queued", "running")

# A process on another host counts as dead if this many seconds pass without a new heartbeat. A
# process on this host is looked up.
HEARTBEAT_TIMEOUT = 30.0
MOST_HEARD = 10_000  # processes of other hosts to remember
MOST_CHARACTERS = 2_000

Count = Annotated[int, Field(ge=0, lt=2**31)]
Seconds = Annotated[float, Field(ge=0, lt=1e12)]
Text = Annotated[str, Field(max_length=MOST_CHARACTERS)]


@dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))
class Status:
    """The fields of status.json.

    `submitted` and `heartbeat` are seconds since 1970; `seconds` is the time spent training. `pid`,
    `host` and `process_started` identify the owner process. `process_started` is the text of
    `processes.birth`; runs of earlier versions have a number there.
    """

    state: Literal["queued", "running", "finished", "failed", "cancelled", "interrupted"] = "queued"
    epoch: Count = 0
    epochs: Count = 0
    seconds: Seconds = 0.0
    submitted: Seconds = 0.0
    heartbeat: Seconds = 0.0
    pid: Annotated[int, Field(gt=0, lt=2**31)] | None = None
    host: Text | None = None
    process_started: Text | Seconds | None = None
    error: Text | None = None
    submitted_by: Text | None = None
    imported: bool = False

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    def owner_alive(self) -> bool:
        """Return whether the owner still runs. A later process with the same pid doesn't count."""
        if self.pid is None:
            return False
        if self.host != socket.gethostname():
            return _heard_lately(self)
        return self.process_started is not None and self.process_started == processes.birth(
            self.pid
        )


# (host, pid, submitted) -> its last heartbeat, and when it came by this process's monotonic clock
_heard: dict[tuple[str | None, int | None, float], tuple[float, float]] = {}


def _heard_lately(status: Status) -> bool:
    """Return whether a process on another host has sent a heartbeat lately.

    The clocks are compared only for the first heartbeat that this process sees. Later ones are
    timed by this process, so a clock that jumps ends no run.
    """
    owner, now = (status.host, status.pid, status.submitted), time.monotonic()
    if owner not in _heard:
        if len(_heard) >= MOST_HEARD:
            _heard.clear()
        came = now - max(time.time() - status.heartbeat, 0)
        _heard[owner] = status.heartbeat, came
    heartbeat, came = _heard[owner]
    if heartbeat != status.heartbeat:
        came = now
        _heard[owner] = status.heartbeat, came
    return now - came < HEARTBEAT_TIMEOUT


_READER = TypeAdapter(Status)


def read_status(file: io.FileIO) -> tuple[Status, str]:
    """Return the status, and the SHA-256 of its file.

    Raises:
        RunError: a value is invalid, because the file was damaged or edited by hand.
    """
    text = read_text(file)
    try:
        status = _READER.validate_json(text)
    except ValidationError as error:
        raise RunError(sentence(error, "it", {})) from None
    return status, hashlib.sha256(text.encode()).hexdigest()


def this_process() -> dict[str, Any]:
    """Return the fields of `Status` that name this process as the owner."""
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "process_started": processes.birth(os.getpid()),
    }
