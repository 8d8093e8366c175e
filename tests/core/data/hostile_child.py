"""A child process for `sandbox.ask_child` that misbehaves in the way that the request names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from vae_core import sandbox


def answer(request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "spin":
        Path(request["pid"]).write_text(str(os.getpid()))
        while True:
            pass
    if request["do"] == "allocate":
        return {"length": len(bytearray(4 << 30))}
    if request["do"] == "abort":
        os.abort()
    print("this line is not the answer")
    return {"done": True}


if __name__ == "__main__":
    sandbox.serve(answer)
