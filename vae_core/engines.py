"""Where a run executes. The seam is three verbs; progress is read from the run folder.

submit(run)   train it, or go on with it, when there is room
cancel(run)   stop it, running or waiting
close()       end what this engine started; runs in hand become interrupted
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
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
        with self._changed:
            self._waiting = deque(w for w in self._waiting if w.path != run.path)
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

    def next_run(self, slot: _Slot) -> Run | None:
        """Wait for a run to train; None when the engine is closed. Called by the slots."""
        with self._changed:
            slot.run = None
            while not self.closed:
                if self._waiting:
                    slot.run = self._waiting.popleft()
                    slot.turn += 1
                    return slot.run
                self._changed.wait()
            return None

    def settle(self, run: Run, error: str) -> None:
        """Say what became of a run whose worker is gone, if it has not been submitted again."""
        with self._changed:
            if self.closed or any(waiting.path == run.path for waiting in self._waiting):
                return  # closed: what waits waits, what ran reads as interrupted
            if run.status().state in ("queued", "interrupted"):
                if run.cancel_requested():
                    run.write_status(state="cancelled")
                else:
                    run.write_status(state="interrupted", error=error)


class _Slot:
    """Feeds one worker process with one run after the other."""

    def __init__(self, engine: LocalEngine) -> None:
        self.run: Run | None = None
        self.turn = 0
        self._engine = engine
        self._worker = _Worker()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="vae-lab-slot")

    def start(self) -> None:
        self._thread.start()

    def _serve(self) -> None:
        while (run := self._engine.next_run(self)) is not None:
            try:
                if Run(run.path).status().active:
                    self._train(run)
            except Exception as error:  # deleted, damaged, a full disk: the next run must not wait
                print(f"run {run.id}: {error}", file=sys.stderr, flush=True)
                with contextlib.suppress(VaeLabError, OSError):
                    run.write_status(state="failed", error=str(error))

    def _train(self, run: Run) -> None:
        """Have the worker train a run; if it dies of it, settle the run and start another."""
        if not self._worker.alive:
            self._worker.end()
            self._worker = _Worker()
        if self._worker.train(run):
            return
        error = f"the training process ended unexpectedly ({self._worker.end()}); resume to go on."
        if not self._engine.closed:
            self._worker = _Worker()
        self._engine.settle(run, error)

    def kill_if_still_on(self, turn: int) -> None:
        """For a run that was asked to stop and did not; by now another may have its turn."""
        run = self.run
        if self.turn == turn and run and run.cancel_requested() and run.status().active:
            self._worker.kill()

    def close(self) -> None:
        """Tell the worker to end; don't wait for ever."""
        self._worker.end()
        self._thread.join(timeout=CLOSE_SECONDS)


class _Worker:
    """A child process of `vae_core.worker`, which speaks in lines."""

    def __init__(self) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vae_core.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def train(self, run: Run) -> bool:
        """Have it train a run and wait; False if it died."""
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
        """End it, by a signal if it takes too long; its exit code and the last line it printed."""
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(OSError):  # unsent lines, if it died
            self._process.stdin.close()
        try:
            self._process.wait(timeout=CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        last_line = b""
        if not self._stderr.closed:
            self._stderr.seek(0)
            # TensorFlow's own log (I0000 00:00: ...) tells nothing of how it ended.
            lines = [
                line
                for line in self._stderr.read().splitlines()
                if line.strip() and not re.match(rb"[IWEF]\d{4} |WARNING: All log", line)
            ]
            last_line = (lines or [b""])[-1]
            self._stderr.close()
        words = f": {last_line.decode(errors='replace')[:300]}" if last_line else ""
        return f"exit code {self._process.returncode}{words}"


_shared: dict[RunStore, LocalEngine] = {}
_shared_lock = threading.Lock()


def shared_engine(store: RunStore) -> LocalEngine:
    """The engine of this process for a store: one, whoever asks, and it takes on what waits.

    It lives as long as the process: pages come and go, and a cache that any viewer can clear
    is no place for a job.
    """
    with _shared_lock:
        if store not in _shared:
            _shared[store] = LocalEngine()
            for run in store.scan()[0]:
                if run.status().state == "queued":
                    _shared[store].submit(run)
        return _shared[store]
