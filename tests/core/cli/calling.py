"""Call the command line in a process of its own or, much faster, in this process."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys

import pytest

from tests.waiting import PATIENCE
from vae_core.cli.app import main
from vae_core.runs.store import PROJECT


def vae_core(
    *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vae_core", *arguments],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | (env or {}),
        timeout=PATIENCE,
        check=False,
    )


def called(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Call a command in this process; exceptions reach the test."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        try:
            code = main(list(arguments))
        except SystemExit as exit:  # from a command
            code = int(exit.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
