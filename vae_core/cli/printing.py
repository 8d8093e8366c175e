"""Where the command line prints: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

RAISING = ("strict", "surrogateescape", "surrogatepass")  # handlers that can raise an error
# A pipe has no width, and a narrow default would fold long lines.
OUT = Console(width=None if sys.stdout.isatty() else 160)
ERR = Console(stderr=True, soft_wrap=True, highlight=False)


def replace_unprintable() -> None:
    """Let the streams replace characters that the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in RAISING:
            stream.reconfigure(errors="replace")


def print_error(message: str) -> None:
    ERR.print(message, style="red", markup=False)


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=2)
    sys.stdout.write("\n")


@contextmanager
def native_stderr_silenced() -> Iterator[None]:
    """Silence TensorFlow's C++ code, which writes notes on missing hardware to stderr."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
