"""Where a run executes. The seam is three verbs; progress is read from the run folder.

submit(run)   train it, or go on with it, when there is room
cancel(run)   stop it, running or waiting
close()       end what this engine started; runs in hand become interrupted
"""

from __future__ import annotations

import contextlib
import functools
import subprocess
import sys
import threading
from collections import deque
from typing import Protocol

from vae_core.config import VaeLabError
from vae_core.runs import Run, RunStore

# A run that does not stop when asked (it compiles, say) loses its process after this long.
CANCEL_SECONDS = 1.5
# A worker ends itself within three seconds of being told.
CLOSE_SECONDS = 5.0


class Engine(Protocol):
    """See the module's text."""

    def submit(self, run: Run) -> None: ...

    def cancel(self, run: Run) -> None: ...

    def close(self) -> None: ...


class InProcessEngine:
    """Trains in the calling process and thread: `submit` returns when the run has ended."""

    def submit(self, run: Run) -> None:
        from vae_core import training  # TensorFlow, only where it trains

        run.queue()
        training.train(run)

    def cancel(self, run: Run) -> None:
        run.request_cancel()

    def close(self) -> None:
        pass


class LocalEngine:
    """Trains in worker processes on this machine, one run a slot, in the order of submission.

    A worker is started ahead of need and kept, so that a run starts without waiting for the
    import of TensorFlow; one that dies is replaced.

    Args:
        slots: runs at a time. One run already uses all cores, so more of them gain nothing.
    """

    def __init__(self, slots: int = 1) -> None:
        self._waiting: deque[Run] = deque()
        self._changed = threading.Condition()
        self.closed = False
        self._slots = [_Slot(self) for _ in range(slots)]
        for slot in self._slots:
            slot.start()

    def submit(self, run: Run) -> None:
        with self._changed:
            if self.closed:
                raise RuntimeError("the engine is closed")
            state = run.status().state
            taken = [waiting.path for waiting in self._waiting]
            if state == "queued":  # a slot may be about to start it
                taken += [slot.run.path for slot in self._slots if slot.run]
            if run.path in taken or state in ("finished", "running"):
                return
            run.queue()
            self._waiting.append(run)
            self._changed.notify()

    def cancel(self, run: Run) -> None:
        run.request_cancel()
        for slot in self._slots:
            if slot.run and slot.run.path == run.path:
                timer = threading.Timer(CANCEL_SECONDS, slot.kill_if_still_on, (slot.turn,))
                timer.daemon = True
                timer.start()

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()
        for slot in self._slots:
            slot.close()

    def next_run(self) -> Run | None:
        """Wait for a run to train; None when the engine is closed. Called by the slots."""
        with self._changed:
            while not self.closed:
                if self._waiting:
                    return self._waiting.popleft()
                self._changed.wait()
            return None


class _Slot:
    """Feeds one worker process with one run after the other."""

    def __init__(self, engine: LocalEngine) -> None:
        self.run: Run | None = None
        self.turn = 0
        self._engine = engine
        self._worker = _start_worker()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="vae-lab-slot")

    def start(self) -> None:
        self._thread.start()

    def _serve(self) -> None:
        while (run := self._engine.next_run()) is not None:
            self.run = run
            self.turn += 1
            try:
                if run.status().active and not self._train(run):
                    self._settle(run)
            except (VaeLabError, OSError) as error:  # deleted, damaged, or a full disk
                print(f"run {run.id}: {error}", file=sys.stderr, flush=True)
            self.run = None

    def _train(self, run: Run) -> bool:
        """Have the worker train a run; False if the worker died of it."""
        if self._worker.poll() is not None:
            _close(self._worker)
            self._worker = _start_worker()
        worker = self._worker
        assert worker.stdin
        assert worker.stdout
        try:
            worker.stdin.write(f"{run.path.resolve()}\n")
            worker.stdin.flush()
        except OSError:
            return False
        return any(answer == "ended\n" for answer in worker.stdout)

    def _settle(self, run: Run) -> None:
        """Say what became of a run whose worker is gone, and have a new worker warm up."""
        code = self._worker.wait()
        _close(self._worker)
        if self._engine.closed:  # as it should be: what waits waits, what ran was interrupted
            return
        self._worker = _start_worker()
        if run.cancel_requested():
            run.write_status(state="cancelled")
        elif run.status().state in ("queued", "interrupted"):
            run.write_status(
                state="interrupted",
                error=f"the training process ended unexpectedly (exit code {code}); "
                "resume to go on from the last checkpoint.",
            )

    def kill_if_still_on(self, turn: int) -> None:
        """For a run that was asked to stop and did not; by now another may have its turn."""
        run = self.run
        if self.turn == turn and run and run.status().active:
            self._worker.kill()

    def close(self) -> None:
        """Tell the worker to end; don't wait for ever."""
        _close(self._worker)
        self._thread.join(timeout=CLOSE_SECONDS)


def _start_worker() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "vae_core.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _close(worker: subprocess.Popen[str]) -> None:
    """End a worker by closing its standard input, or, if that takes too long, by a signal."""
    assert worker.stdin
    assert worker.stdout
    with contextlib.suppress(OSError):  # unsent lines, if it died
        worker.stdin.close()
    try:
        worker.wait(timeout=CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    worker.stdout.close()


@functools.cache
def shared_engine(store: RunStore) -> LocalEngine:
    """The engine of this process for a store: one, whoever asks, and it takes on what waits.

    It lives as long as the process: pages come and go, and a cache that any viewer can clear
    is no place for a job.
    """
    engine = LocalEngine()
    for run in store.scan()[0]:
        if run.status().state == "queued":
            engine.submit(run)
    return engine
