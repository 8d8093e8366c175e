"""Training processes that cost no import of TensorFlow: forked from one that has imported it.

    python -m tests.core.engines.forked

Each line on standard input is the path of a run folder; the answer is the id of a process that
trains it and ends. (TensorFlow starts its threads at the first computation, which is after the
fork.) Checkpoints and signs of life come as often as they can, so that kills meet them.
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
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
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
