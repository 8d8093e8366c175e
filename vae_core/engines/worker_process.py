"""The parent's side of a child process that trains."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from vae_core import sandbox
from vae_core.runs.run import Run

# A worker ends itself within two seconds of the end of its input.
CLOSE_SECONDS = 5.0

# A cancelled run may be compiling and not stop. Its process is killed after this long.
CANCEL_SECONDS = 1.5


class WorkerProcess:
    """A child process that runs `vae_core.engines.worker`.

    Args:
        env: added to this process's environment.
    """

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end)
        # TensorFlow leaves code that it generates in its temporary folder if it is killed.
        with sandbox.private_folder() as self._scratch:
            self._start(env or {})

    def _start(self, env: Mapping[str, str]) -> None:
        here = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._scratch))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vae_core.engines.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, **here, **env},
            text=True,
        )
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def train(self, run: Run) -> bool:
        """Train a run in the process, and wait for its end; return False if the process died."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            # As JSON: a path may hold a line break, or bytes that are no text.
            self._process.stdin.write(json.dumps(str(run.path.resolve())) + "\n")
            self._process.stdin.flush()
        except OSError:
            return False
        return any(answer == "ended\n" for answer in self._process.stdout)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> str:
        """End the process, and kill it if that takes too long.

        Returns:
            Its exit code and the last line that it printed, for an error message.
        """
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(OSError):  # the process died before it read all lines
            self._process.stdin.close()
        try:
            self._process.wait(timeout=CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._scratch, ignore_errors=True)
        last_line = b""
        if not self._stderr.closed:
            self._stderr.seek(0)
            # TensorFlow's own log (I0000 00:00: ...) does not say how the process ended.
            lines = [
                line
                for line in self._stderr.read().splitlines()
                if line.strip() and not re.match(rb"[IWEF]\d{4} |WARNING: All log", line)
            ]
            last_line = (lines or [b""])[-1]
            self._stderr.close()
        suffix = f": {last_line.decode(errors='replace')[:300]}" if last_line else ""
        return f"exit code {self._process.returncode}{suffix}"
