"""Fork training processes from one that has imported TensorFlow, so that they start at once.

    python -m tests.core.engines.forked

Each line on standard input is the path of a run folder. The answer is the id of a process that
trains this run and ends. (Forking is safe, because TensorFlow starts its threads at the first
computation, after the fork.) Checkpoints and heartbeats are as frequent as possible, so that kills
often hit one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import sklearn.neighbors  # noqa: F401 (takes long)

from vae_core.data import registry
from vae_core.engines import worker
from vae_core.training import loop


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    loop.CHECKPOINT_SECONDS = 0.0
    loop.TICK_SECONDS = 0.05
    registry.load("digits")
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                worker._train(loop, Path(line.removesuffix("\n")), threading.Event())
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
