"""Read the files of a run folder, and compare them with their checksums."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from vae_core.runs.checksums import Checksum, read_checksums
from vae_core.runs.disk import (
    TEMPORARY,
    UNREADABLE,
    file_digest,
    file_signature,
    is_settled,
    json_bytes,
    open_file,
    parse_file,
    replace_file,
)
from vae_core.runs.errors import RunError
from vae_core.runs.files import CHECKSUMS, METRICS, NETWORK_FILES, RUN_FILES, STATUS
from vae_core.runs.status import Status, read_status

# Path -> signature of a file that `CheckedFiles.read` found damaged, and the checksum that it did
# not match. With another checksum the same file may be whole.
_damaged: dict[str, tuple[tuple[int, ...], Checksum]] = {}


class CheckedFiles:
    """The files of one run folder.

    checksums.json is written just before status.json says that the run is finished. So only a
    finished run has valid checksums of its status and metrics.

    Args:
        path: the run folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = os.fspath(path)

    def status(self) -> Status:
        """Return the status. A running run whose process is gone reads as interrupted.

        Raises:
            RunError: status.json is missing or damaged.
        """
        return self._status_and_checksums()[0]

    def _status_and_checksums(self) -> tuple[Status, dict[str, Checksum]]:
        """Return the status, and the checksums that hold in this state."""
        try:
            status, sha256 = parse_file(f"{self._folder}/{STATUS}", read_status)
        except UNREADABLE as error:
            raise RunError(f"run {self._path.name}: {STATUS} can't be used: {error}") from error
        if status.state == "running" and not status.owner_alive():
            status = dataclasses.replace(
                status,
                state="interrupted",
                error="the training process ended before the run did; resume to go on.",
            )
        checksums = self.checksums()
        if checksums and status.state != "finished":
            checksums = {name: value for name, value in checksums.items() if name in NETWORK_FILES}
        if STATUS in checksums and checksums[STATUS].sha256 != sha256:
            raise self._damage_error(STATUS)
        return status, checksums

    def checksums(self) -> dict[str, Checksum]:
        """Return the checksums by file name. Unfinished runs and older runs may have none.

        Raises:
            RunError: checksums.json is damaged.
        """
        try:
            return parse_file(f"{self._folder}/{CHECKSUMS}", read_checksums)
        except FileNotFoundError:
            return {}
        except UNREADABLE as error:
            raise RunError(f"run {self._path.name}: {CHECKSUMS} can't be used: {error}") from error

    def names(self) -> list[str]:
        """Return the names of the `RUN_FILES` that exist."""
        return [name for name in RUN_FILES if self.exists(name)]

    def exists(self, name: str) -> bool:
        """Return whether a regular file of this name exists. A symbolic link doesn't count."""
        try:
            return stat.S_ISREG(os.lstat(f"{self._folder}/{name}").st_mode)
        except OSError:
            return False

    def read(self, name: str) -> bytes:
        """Return the content of a file, after comparing it with its checksum if it has one.

        Raises:
            FileNotFoundError: the file does not exist.
            RunError: the file is damaged.
        """
        path = f"{self._folder}/{name}"
        while True:
            expected = self._status_and_checksums()[1].get(name)
            signature = file_signature(path)
            with open_file(path) as file:
                content = file.readall()
            if expected is None or hashlib.sha256(content).hexdigest() == expected.sha256:
                return content
            # If the checksum changed meanwhile, the file was just replaced: read it again.
            if self._status_and_checksums()[1].get(name) == expected:
                if is_settled(signature):
                    _damaged[path] = signature, expected
                raise self._damage_error(name)

    def check(self) -> Status:
        """Check that every file with a checksum exists and has its size.

        The metrics are also compared with their SHA-256. The larger files are compared by `read`,
        when they are used; this method remembers which of them `read` found damaged.

        Returns:
            The status.

        Raises:
            RunError: a file is damaged or missing.
        """
        status, checksums = self._status_and_checksums()
        if status.active:
            return status
        for name, expected in checksums.items():
            path = f"{self._folder}/{name}"
            try:
                signature = file_signature(path)
                whole = signature[2] == expected.bytes
                whole = whole and _damaged.get(path) != (signature, expected)
                if name == METRICS:
                    whole = whole and parse_file(path, file_digest) == expected.sha256
            except OSError:
                whole = False
            # If the checksums changed meanwhile, a file was just replaced.
            if not whole and self._status_and_checksums()[1] == checksums:
                raise self._damage_error(name)
        return status

    def check_metrics(self) -> None:
        """Compare the metrics of a finished run with their checksum.

        Raises:
            RunError: they are damaged.
        """
        expected = self._status_and_checksums()[1].get(METRICS)
        if expected is None:
            return
        try:
            sha256 = parse_file(f"{self._folder}/{METRICS}", file_digest)
        except OSError:
            sha256 = ""
        if sha256 != expected.sha256:
            raise self._damage_error(METRICS)

    def seal(self, names: Iterable[str], status: bytes = b"") -> None:
        """Write checksums.json.

        Args:
            names: of the files; missing files get no checksum.
            status: the content that status.json will get.
        """
        checksums = {}
        for name in names:
            if name == STATUS:
                checksums[name] = Checksum(len(status), hashlib.sha256(status).hexdigest())
            elif self.exists(name):
                with open_file(f"{self._folder}/{name}") as file:
                    size = os.fstat(file.fileno()).st_size
                    checksums[name] = Checksum(size, file_digest(file))
        values = {name: dataclasses.asdict(checksum) for name, checksum in checksums.items()}
        replace_file(self._path / CHECKSUMS, json_bytes(values) + b"\n")

    def replace(self, name: str, content: bytes) -> None:
        """Replace the content of one of `RUN_FILES`.

        Raises:
            RunError: a run folder has no file of this name.
        """
        if name not in RUN_FILES:
            raise RunError(f"a run folder has no file {name!r}.")
        replace_file(self._path / name, content)

    def remove_temporary(self) -> None:
        """Remove half-written files of killed processes; the caller must hold the run's lock."""
        for path in self._path.iterdir():
            if TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _damage_error(self, name: str) -> RunError:
        return RunError(
            f"run {self._path.name}: {name} is damaged: it is not what was written. Remove the "
            "folder and train the run again."
        )
