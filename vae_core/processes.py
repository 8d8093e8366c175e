"""Tell a process from a later one with the same number, whatever the clock of the machine does."""

from __future__ import annotations

import functools
from pathlib import Path

import psutil

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def birth(pid: int) -> str | None:
    """Return when a process started, as text that stays the same; None if it has ended.

    On Linux these are the boot of the machine and the ticks since then: a start in seconds since
    1970 would move with the clock. Other systems keep the seconds that they noted at the start. A
    process that has ended but that its parent has not waited for counts as ended.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        boot = _boot_id()
        if not boot:
            return f"{process.create_time():.2f}"
        # The second field is the name, in brackets, and may hold brackets and blanks.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return f"{boot}-{int(fields[19])}"
    except (psutil.Error, OSError, ValueError, IndexError, OverflowError):
        return None


@functools.cache
def _boot_id() -> str:
    try:
        return BOOT_ID.read_text("ascii").strip()
    except OSError:  # not Linux, or it is hidden
        return ""
