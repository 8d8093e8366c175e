"""A child process for `sandbox.ask_child` that misbehaves in the way that the request names."""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vae_core import sandbox
from vae_core.runs.store import PROJECT


def answer(request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "spin":
        Path(request["pid"]).write_text(str(os.getpid()))
        while True:
            pass
    if request["do"] == "allocate":
        return {"length": len(bytearray(4 << 30))}
    if request["do"] == "abort":
        os.abort()
    if request["do"] == "break out":
        return {name: _refused(act, request) for name, act in ATTEMPTS.items()}
    print("this line is not the answer")
    return {"done": True}


# What a file that took over its reader would try.
ATTEMPTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "read a secret": lambda request: Path(request["secret"]).read_text(),
    "read the server's environment": lambda _: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "write beside its folder": lambda request: Path(request["secret"]).write_text("changed"),
    "make a file in the project": lambda _: (PROJECT / "vae_core/evil.py").touch(),
    "start a program": lambda _: subprocess.run(["/bin/true"], check=True),
    "connect": lambda request: socket.create_connection(("127.0.0.1", request["port"]), 5),
    "see the environment": lambda _: os.environ["VAE_LAB_PASSWORD"],
    "write in its folder": lambda request: Path(request["folder"], "x").write_text("x"),
    "read the file": lambda request: Path(request["path"]).read_text(),
    "import a library": lambda _: importlib.import_module("h5py"),
}


def _refused(act: Callable[[dict[str, Any]], Any], request: dict[str, Any]) -> bool:
    try:
        act(request)
    except (OSError, KeyError):
        return True
    return False


if __name__ == "__main__":
    sandbox.serve(answer)
