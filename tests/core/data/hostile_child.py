"""A child of `untrusted.ask_child` in which whatever it reads goes wrong, as the request asks."""

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
    print("an answer that is none")
    return {"done": True}


if __name__ == "__main__":
    sandbox.serve(answer)
