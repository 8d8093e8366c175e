"""Where a run executes. The seam is three verbs; progress is read from the run folder.

submit(run)   train it, or go on with it, when there is room
cancel(run)   stop it, running or waiting
close()       end what this engine started; runs in hand become interrupted
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import filelock

from vae_core.config import VaeLabError
from vae_core.runs import Run, RunBusyError, RunError, RunStore, Status

# A run that does not stop when asked (it compiles, say) loses its process after this long.
CANCEL_SECONDS = 1.5
# A worker ends itself within two seconds of being told.
CLOSE_SECONDS = 5.0
# How often a store is looked through for what other processes queued or cancelled there.
QUEUE_SECONDS = 0.5
# From the making of a run to its submission.
SUBMIT_SECONDS = 1.0
# What could not be written may be writable later.
RETRY_SECONDS = 30.0


class EngineError(VaeLabError):
    """Where runs should execute, they can't just now."""


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
        store: train all that is queued there, whoever queued it. Of the processes that have such
            an engine on a store one trains; the others only queue, and when it ends or dies one
            of them goes on. None: train what is submitted here, beside whatever else trains; no
            other engine takes that on while this process lives.
    """

    def __init__(self, slots: int = 1, store: RunStore | None = None) -> None:
        self._waiting: deque[Run] = deque()
        self._changed = threading.Condition()
        self.closed = False
        self._store = store
        self._slots: list[_Slot] = []
        self._not_before: dict[Path, float] = {}
        self._lock: filelock.BaseFileLock | None = None
        if store is None:
            self._start(slots)
        else:
            self._lock = filelock.FileLock(store.root / ".engine", timeout=0, thread_local=False)
            self._keeper = threading.Thread(
                target=self._keep,
                args=(slots, store, self._lock),
                daemon=True,
                name="vae-lab-queue",
            )
            self._keeper.start()

    def submit(self, run: Run) -> None:
        with self._changed:
            if self.closed:
                raise RuntimeError("the engine is closed")
            status = run.status()
            if status.state == "queued":  # a slot may be about to start it
                taken = self._has(run) or (self._store is not None and _elsewhere(status))
            else:
                taken = any(waiting.path == run.path for waiting in self._waiting)
            if taken or status.state in ("finished", "running"):
                return
            run.queue(owned=self._store is None)
            self._not_before.pop(run.path, None)
            if self._slots:  # else the process that trains finds it in the store
                self._waiting.append(run)
                self._changed.notify()

    def cancel(self, run: Run) -> None:
        with self._changed:
            self._waiting = deque(w for w in self._waiting if w.path != run.path)
            run.request_cancel()
            self._see_to_cancels()

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()
            waiting = [run for run in self._waiting if self._store is None]
        for run in waiting:  # another may take it on
            with contextlib.suppress(VaeLabError, OSError):
                if run.status().state == "queued":
                    run.write_status()
        if self._store is not None:
            self._keeper.join()
        for slot in self._slots:
            slot.close()
        if self._lock is not None:
            self._lock.release(force=True)

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
            with contextlib.suppress(RunBusyError), run.claim():
                if run.status().state in ("queued", "interrupted"):
                    if run.cancel_requested():
                        run.write_status(state="cancelled")
                    else:
                        run.write_status(state="interrupted", error=error)

    def put_off(self, run: Run) -> None:
        """A run that is still queued after its turn, as on a full disk: again, but not at once."""
        with self._changed:
            self._not_before[run.path] = time.monotonic() + RETRY_SECONDS
        if self._store is None:
            timer = threading.Timer(RETRY_SECONDS, self._submit_again, (run,))
            timer.daemon = True
            timer.start()

    def _submit_again(self, run: Run) -> None:
        with contextlib.suppress(VaeLabError, RuntimeError, OSError):
            if run.status().state == "queued":
                self.submit(run)

    def _start(self, slots: int) -> None:
        self._slots = [_Slot(self) for _ in range(slots)]
        for slot in self._slots:
            slot.start()

    def _has(self, run: Run) -> bool:
        waiting = [waiting.path for waiting in self._waiting]
        return run.path in waiting + [slot.run.path for slot in self._slots if slot.run]

    def _see_to_cancels(self) -> None:
        """A slot whose run was asked to stop, here or by another process, is given its time."""
        for slot in self._slots:
            if slot.run and slot.stopping != slot.turn and slot.run.cancel_requested():
                slot.stopping = slot.turn
                timer = threading.Timer(CANCEL_SECONDS, slot.kill_if_still_on, (slot.turn,))
                timer.daemon = True
                timer.start()

    # --- the queue of a store: its run folders ------------------------------------------------

    def _keep(self, slots: int, store: RunStore, lock: filelock.BaseFileLock) -> None:
        """Wait for one's turn to train the store's queue; then look for what others put there."""
        pause = QUEUE_SECONDS
        while not self.closed:
            try:
                if not self._slots:
                    store.root.mkdir(parents=True, exist_ok=True)
                    lock.acquire()
                    store.clear()
                    with self._changed:
                        self._start(slots)
                began = time.monotonic()
                self._take_on(store)
                # With thousands of runs a look takes a while: spend one part in fifty on it.
                pause = max(QUEUE_SECONDS, 50 * (time.monotonic() - began))
            except filelock.Timeout:
                pass  # another process trains
            except (VaeLabError, OSError) as error:  # a store that can't be written, a full disk
                print(f"{store.root}: {error}", file=sys.stderr, flush=True)
                pause = RETRY_SECONDS
            with self._changed:
                self._changed.wait_for(lambda: self.closed, timeout=pause)

    def _take_on(self, store: RunStore) -> None:
        queued = []
        for run in store.scan()[0]:
            with contextlib.suppress(RunError):  # deleted meanwhile
                status = run.status()
                # What was queued just now is about to be owned by the engine it is submitted to.
                new = 0 <= time.time() - status.submitted < SUBMIT_SECONDS
                out = run.ticket_path.exists()  # on a cluster, from a client that may be gone
                if status.state == "queued" and not (new or out or _elsewhere(status)):
                    queued.append(run)
        with self._changed:
            now = time.monotonic()
            for run in queued:
                if not self._has(run) and self._not_before.get(run.path, 0.0) <= now:
                    self._waiting.append(run)
            self._see_to_cancels()
            self._changed.notify_all()


def _elsewhere(status: Status) -> bool:
    """Is it queued by an engine of another process that is there to train it?"""
    here = status.pid == os.getpid() and status.host == socket.gethostname()
    return not here and status.owner_alive()


class _Slot:
    """Feeds one worker process with one run after the other."""

    def __init__(self, engine: LocalEngine) -> None:
        self.run: Run | None = None
        self.turn = 0
        self.stopping = 0  # the turn in which it was last asked to stop
        self._engine = engine
        self._worker = WorkerProcess()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="vae-lab-slot")

    def start(self) -> None:
        self._thread.start()

    def _serve(self) -> None:
        while (run := self._engine.next_run(self)) is not None:
            try:
                status = Run(run.path).status()
                if status.active and not _elsewhere(status):
                    self._train(run)
                if run.status().state == "queued":
                    self._engine.put_off(run)
            except Exception as error:  # deleted, damaged, a full disk: the next run must not wait
                print(f"run {run.id}: {error}", file=sys.stderr, flush=True)
                self._engine.put_off(run)
                with contextlib.suppress(VaeLabError, OSError):
                    run.write_status(state="failed", error=str(error))

    def _train(self, run: Run) -> None:
        """Have the worker train a run; if it dies of it, settle the run and start another."""
        if not self._worker.alive:
            self._worker.end()
            self._worker = WorkerProcess()
        if self._worker.train(run):
            return
        error = f"the training process ended unexpectedly ({self._worker.end()}); resume to go on."
        try:
            self._engine.settle(run, error)
        finally:
            if not self._engine.closed:
                self._worker = WorkerProcess()

    def kill_if_still_on(self, turn: int) -> None:
        """For a run that was asked to stop and did not; by now another may have its turn."""
        run = self.run
        if self.turn == turn and run and run.cancel_requested() and run.status().active:
            self._worker.kill()

    def close(self) -> None:
        """Tell the worker to end; don't wait for ever."""
        self._worker.end()
        self._thread.join(timeout=CLOSE_SECONDS)


class WorkerProcess:
    """A child process of `vae_core.worker`, which speaks in lines.

    Args:
        env: what its environment has beside this process's own.
    """

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vae_core.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, **(env or {})},
            text=True,
        )
        self.pid = self._process.pid
        self.idle_since = 0.0

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


def new_engine(store: RunStore, adopt: bool = False) -> Engine:
    """The engine that the environment asks for: the one place that chooses.

    `VAE_LAB_SCHEDULER=tcp://host:port` sends runs to Dask, and `VAE_LAB_RESOURCES=GPU=1` says
    what of a Dask worker each takes up; else they train on this machine.

    Args:
        store: where the runs are.
        adopt: take on what waits in the store.

    Raises:
        EngineError: VAE_LAB_RESOURCES can't be read.
    """
    address = os.environ.get("VAE_LAB_SCHEDULER")
    if address:
        from vae_core.cluster import ClusterEngine  # which imports this module

        return ClusterEngine(store, address, _resources(), adopt)
    return LocalEngine(store=store if adopt else None)


def _resources() -> dict[str, float] | None:
    text = os.environ.get("VAE_LAB_RESOURCES")
    try:
        pairs = [part.split("=") for part in text.split(",")] if text else []
        return {name.strip(): float(amount) for name, amount in pairs} or None
    except ValueError:
        raise EngineError(
            f"VAE_LAB_RESOURCES must be as in GPU=1 or GPU=1,MEMORY=4e9; got {text!r}."
        ) from None


_shared: dict[RunStore, Engine] = {}
_shared_lock = threading.Lock()


def shared_engine(store: RunStore) -> Engine:
    """The engine of this process for a store: one, whoever asks, and it takes on what waits.

    It lives as long as the process: pages come and go, and a cache that any viewer can clear
    is no place for a job.
    """
    with _shared_lock:
        if store not in _shared:
            _shared[store] = new_engine(store, adopt=True)
        return _shared[store]


def engine_trouble(store: RunStore) -> str | None:
    """Why the engine of this process for a store can't train just now: a cluster out of reach."""
    engine = _shared.get(store)
    return None if engine is None else getattr(engine, "trouble", None)
