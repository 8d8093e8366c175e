"""The training process: it imports TensorFlow once, then trains one run after the other.

    python -m vae_core.engines.worker

Each line on standard input is the path of a run folder, as JSON. The answers on standard output
are the lines `ready` and `ended`. The end of the input means that the parent has ended. Then the
run is interrupted, and this process ends within seconds.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path

from vae_core.config import RunConfig, VaeLabError
from vae_core.runs.run import Run

GRACE_SECONDS = 2.0


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    if sys.platform != "win32":
        os.nice(10)  # training takes every core, and the pages must stay fast
    for stream in (sys.stdout, sys.stderr):  # the log, whatever the terminal's encoding is
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # so that no library's output looks like an answer

    paths: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    parent_gone = threading.Event()
    threading.Thread(target=_read_paths, args=(paths, parent_gone), daemon=True).start()

    from vae_core.training import loop  # slow, because it imports TensorFlow

    if paths.empty():
        _warm_up()
    answers.write("ready\n")
    while (path := paths.get()) is not None:
        _train(loop, Path(path), parent_gone)
        answers.write("ended\n")


def _read_paths(paths: queue.SimpleQueue[str | None], parent_gone: threading.Event) -> None:
    for line in sys.stdin:
        paths.put(json.loads(line))
    parent_gone.set()
    paths.put(None)
    # Exit by force, because an import or a compilation doesn't check `parent_gone`.
    timer = threading.Timer(GRACE_SECONDS, os._exit, (1,))
    timer.daemon = True
    timer.start()


def _train(loop: object, path: Path, parent_gone: threading.Event) -> None:
    """Train one run, and write all output to its log."""
    try:
        run = Run(path)
    except VaeLabError as error:
        print(error, file=sys.stderr, flush=True)
        return
    saved = os.dup(1), os.dup(2)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        log = os.open(run.log_path, flags, 0o644)
    except OSError:  # a full disk; the status will say so
        log = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        loop.train(run, parent_gone.is_set)  # type: ignore[attr-defined]
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os.dup2(saved[0], 1)
        os.dup2(saved[1], 2)
        for handle in (log, *saved):
            os.close(handle)


def _warm_up() -> None:
    """Load compilers, kernels and the default data now, so that the first run starts at once."""
    import numpy as np
    import sklearn.neighbors  # noqa: F401
    import tensorflow as tf

    from vae_core import kinds
    from vae_core.data import registry
    from vae_core.model import schedules

    config = RunConfig()
    data = registry.load(config.dataset)
    vae = kinds.of_data(data).new_vae(config, data.item_shape, data.vocabulary)
    batches = np.zeros((1, config.batch_size), np.int32)
    schedule = schedules.schedule(config, np.arange(1), 1)
    vae.train_steps(tf.constant(data.x_train), batches, 0, schedule)
    vae.evaluate_on(data.x_test)


if __name__ == "__main__":
    main()
