"""What status.json says: the state of a run, and which process owns it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import socket
import time
from typing import Any

import psutil

from vae_core.runs.disk import read_text
from vae_core.runs.errors import RunError

ACTIVE = ("queued", "running")
STATES = (*ACTIVE, "finished", "failed", "cancelled", "interrupted")

# A process on this host is looked up; one elsewhere counts as dead after this long in silence.
HEARTBEAT_TIMEOUT = 30.0
MOST_CHARACTERS = 2_000
MOST_SECONDS = 1e12  # since 1970


@dataclasses.dataclass(frozen=True)
class Status:
    """What status.json says. Times are seconds since 1970, `seconds` is time spent training."""

    state: str = "queued"
    epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0
    submitted: float = 0.0
    heartbeat: float = 0.0
    pid: int | None = None
    host: str | None = None
    process_started: float | None = None
    error: str | None = None
    submitted_by: str | None = None
    imported: bool = False

    def __post_init__(self) -> None:
        """Raises RunError where a value can't be, as after damage or an edit by hand."""

        def number(value: Any) -> bool:
            return type(value) in (int, float) and 0 <= value < MOST_SECONDS

        def text(value: object) -> bool:
            return value is None or (
                isinstance(value, str) and len(value) <= MOST_CHARACTERS and _encodable(value)
            )

        if self.state not in STATES:
            raise RunError(f"it has the unknown state {self.state!r:.60}.")
        for names, holds in (
            (("epoch", "epochs"), lambda value: type(value) is int and 0 <= value < 2**31),
            (("seconds", "submitted", "heartbeat"), number),
            (("pid",), lambda value: value is None or (type(value) is int and 0 < value < 2**31)),
            (("process_started",), lambda value: value is None or number(value)),
            (("host", "error", "submitted_by"), text),
            (("imported",), lambda value: type(value) is bool),
        ):
            for name in names:
                if not holds(getattr(self, name)):
                    raise RunError(f"its {name} is {getattr(self, name)!r:.60}.")

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    def owner_alive(self) -> bool:
        """Is the process that trains this run, or will, still there? (A pid may be another's.)"""
        if self.pid is None:
            return False
        if self.host != socket.gethostname():
            return time.time() - self.heartbeat < HEARTBEAT_TIMEOUT
        try:
            process = psutil.Process(self.pid)
            started = process.create_time()
            if process.status() == psutil.STATUS_ZOMBIE:  # dead, and nobody has asked how
                return False
        except (psutil.Error, ValueError):
            return False
        return self.process_started is not None and abs(started - self.process_started) < 2


def _encodable(text: str) -> bool:
    """JSON can hold halves of characters, which nothing can print."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_status(file: io.FileIO) -> tuple[Status, str]:
    """The status, and the SHA-256 of its file."""
    text = read_text(file)
    return Status(**json.loads(text)), hashlib.sha256(text.encode()).hexdigest()


def this_process() -> dict[str, Any]:
    """An owner, as `Status` has it."""
    process = psutil.Process()
    return {
        "pid": process.pid,
        "host": socket.gethostname(),
        "process_started": process.create_time(),
    }
