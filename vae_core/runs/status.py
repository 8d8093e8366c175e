"""Read status.json: the state of a run, and the process that owns it."""

from __future__ import annotations

import hashlib
import io
import socket
import time
from typing import Annotated, Any, Literal

import psutil
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from vae_core.runs.disk import read_text
from vae_core.runs.errors import RunError
from vae_core.settings import sentence

ACTIVE = ("queued", "running")

# A process on another host counts as dead if its last heartbeat is this many seconds ago. A process
# on this host is looked up.
HEARTBEAT_TIMEOUT = 30.0
MOST_CHARACTERS = 2_000

Count = Annotated[int, Field(ge=0, lt=2**31)]
Seconds = Annotated[float, Field(ge=0, lt=1e12)]
Text = Annotated[str, Field(max_length=MOST_CHARACTERS)]


@dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))
class Status:
    """The fields of status.json.

    `submitted`, `heartbeat` and `process_started` are seconds since 1970; `seconds` is the time
    spent training. `pid`, `host` and `process_started` identify the owner process.
    """

    state: Literal["queued", "running", "finished", "failed", "cancelled", "interrupted"] = "queued"
    epoch: Count = 0
    epochs: Count = 0
    seconds: Seconds = 0.0
    submitted: Seconds = 0.0
    heartbeat: Seconds = 0.0
    pid: Annotated[int, Field(gt=0, lt=2**31)] | None = None
    host: Text | None = None
    process_started: Seconds | None = None
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
            return time.time() - self.heartbeat < HEARTBEAT_TIMEOUT
        try:
            process = psutil.Process(self.pid)
            started = process.create_time()
            if process.status() == psutil.STATUS_ZOMBIE:  # dead, but its parent did not wait for it
                return False
        except (psutil.Error, ValueError):
            return False
        return self.process_started is not None and abs(started - self.process_started) < 2


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
    process = psutil.Process()
    return {
        "pid": process.pid,
        "host": socket.gethostname(),
        "process_started": process.create_time(),
    }
