"""Append to metrics.jsonl and read it: one line per event."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vae_core.config import RunConfig
from vae_core.runs.disk import open_file, write_all
from vae_core.runs.files import METRICS
from vae_core.runs.records import parse_record


class MetricsFile:
    """metrics.jsonl of one run. Lines are appended, and each line is parsed once.

    Args:
        folder: the run folder.
        config: the run's config; the schema of a line depends on it.
    """

    def __init__(self, folder: Path, config: RunConfig) -> None:
        self._folder = folder
        self._config = config
        self._records: list[dict[str, Any]] = []
        self._bytes_read = 0
        self._inode = 0
        self._reading = threading.Lock()  # several viewers share one object

    @property
    def path(self) -> Path:
        return self._folder / METRICS

    def append(self, record: Mapping[str, Any]) -> None:
        """Append a `vae_core.runs.records.Record` as one line."""
        self.append_lines((json.dumps(record, allow_nan=False) + "\n").encode())

    def append_lines(self, lines: bytes) -> None:
        """Append whole lines in one write. If a crash tore the last line, a line break ends it."""
        torn = False
        with contextlib.suppress(OSError), open_file(os.fspath(self.path)) as file:
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(self.path, flags, 0o644)
        try:
            write_all(handle, b"\n" + lines if torn else lines)
        finally:
            os.close(handle)

    def records(self) -> list[dict[str, Any]]:
        """Return the records so far, without torn lines and without repeated epochs."""
        with self._reading:
            self._read_new_lines()
            return self._records[:]

    def _read_new_lines(self) -> None:
        try:
            with open_file(os.fspath(self.path)) as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._inode or status.st_size < self._bytes_read:
                    # The run was deleted and trained again.
                    self._records, self._bytes_read, self._inode = [], 0, status.st_ino
                elif status.st_size == self._bytes_read:
                    return
                file.seek(self._bytes_read)
                new = file.readall()
        except OSError:
            return
        whole = new[: new.rfind(b"\n") + 1]  # the last line may still be incomplete
        self._bytes_read += len(whole)
        for line in whole.splitlines():
            record = parse_record(line, self._config)
            if record is None:
                continue
            if record["kind"] == "start":
                self._records = [
                    r
                    for r in self._records
                    if r["kind"] not in ("step", "epoch") or r["epoch"] <= record["epoch"] > 0
                ]
            self._records.append(record)
