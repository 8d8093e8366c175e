"""LocalEngine: trains in worker processes on this machine."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from collections import deque
from pathlib import Path

import filelock

from vae_core.config import VaeLabError
from vae_core.engines.worker_process import CANCEL_SECONDS, CLOSE_SECONDS, WorkerProcess
from vae_core.runs.errors import RunBusyError, RunError
from vae_core.runs.run import Run
from vae_core.runs.status import Status
from vae_core.runs.store import RunStore

# How often a store is scanned for runs that other processes queued or cancelled.
QUEUE_SECONDS = 0.5

# The longest time between the creation of a run and its submission.
SUBMIT_SECONDS = 1.0

# A run that could not start, for example on a full disk, is tried again after this time.
RETRY_SECONDS = 30.0


class LocalEngine:
    """Trains in worker processes on this machine, in the order of submission.

    Each slot has one worker and trains one run at a time. The worker is started early and kept,
    so that a run doesn't wait for the import of TensorFlow. A worker that dies is replaced.

    Args:
        slots: number of runs that train at the same time. One run already uses all cores, so more
            slots gain nothing.
        store: the engine trains all runs that are queued there, even by other processes. If
            several processes have such an engine for one store, one of them trains and the others
            only queue; when it ends or dies, another takes over. With None, the engine trains only
            the runs that are submitted to it, and no other engine trains them while this process
            lives.
    """

    trouble = None

    def __init__(self, slots: int = 1, store: RunStore | None = None) -> None:
        self._waiting: deque[Run] = deque()
        self._changed = threading.Condition()
        self.closed = False
        self._store = store
        self._slots: list[_Slot] = []
        self._not_before: dict[Path, float] = {}
        self._lock: filelock.BaseFileLock | None = None
        if store is None:
            self._start_slots(slots)
        else:
            self._lock = filelock.FileLock(store.root / ".engine", timeout=0, thread_local=False)
            self._queue_thread = threading.Thread(
                target=self._serve_store,
                args=(slots, store, self._lock),
                daemon=True,
                name="vae-lab-queue",
            )
            self._queue_thread.start()

    def submit(self, run: Run) -> None:
        with self._changed:
            if self.closed:
                raise RuntimeError("the engine is closed")
            status = run.status()
            if status.state == "queued":  # a slot may be about to start it
                is_taken = self._is_queued(run) or (
                    self._store is not None and _is_owned_elsewhere(status)
                )
            else:
                is_taken = any(waiting.path == run.path for waiting in self._waiting)
            if is_taken or status.state in ("finished", "running"):
                return
            run.lifecycle.queue(owned=self._store is None)
            self._not_before.pop(run.path, None)
            if self._slots:  # else another process trains, and finds the run in the store
                self._waiting.append(run)
                self._changed.notify()

    def cancel(self, run: Run) -> None:
        with self._changed:
            self._waiting = deque(w for w in self._waiting if w.path != run.path)
            run.lifecycle.request_cancel()
            self._start_cancel_timers()

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()
            waiting = [run for run in self._waiting if self._store is None]
        for run in waiting:  # `write` removes the owner, so that another engine may train it
            with contextlib.suppress(VaeLabError, OSError):
                if run.status().state == "queued":
                    run.lifecycle.write()
        if self._store is not None:
            self._queue_thread.join()
        for slot in self._slots:
            slot.close()
        if self._lock is not None:
            self._lock.release(force=True)

    def next_run(self, slot: _Slot) -> Run | None:
        """Wait for a run that the slot is to train; return None when the engine is closed."""
        with self._changed:
            slot.run = None
            while not self.closed:
                if self._waiting:
                    slot.run = self._waiting.popleft()
                    slot.turn += 1
                    return slot.run
                self._changed.wait()
            return None

    def mark_ended(self, run: Run, error: str) -> None:
        """Write the state of a run whose worker died, if it has not been submitted again."""
        with self._changed:
            if self.closed or any(waiting.path == run.path for waiting in self._waiting):
                return  # after `close`, queued runs stay queued, running ones read as interrupted
            with contextlib.suppress(RunBusyError), run.lifecycle.claim():
                if run.status().state in ("queued", "interrupted"):
                    if run.lifecycle.cancel_requested():
                        run.lifecycle.write(state="cancelled")
                    else:
                        run.lifecycle.write(state="interrupted", error=error)

    def retry_later(self, run: Run) -> None:
        """Train a run later, because it could not start, for example on a full disk."""
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

    def _start_slots(self, slots: int) -> None:
        self._slots = [_Slot(self) for _ in range(slots)]
        for slot in self._slots:
            slot.start()

    def _is_queued(self, run: Run) -> bool:
        """Return whether this engine has the run, waiting or in training."""
        waiting = [waiting.path for waiting in self._waiting]
        return run.path in waiting + [slot.run.path for slot in self._slots if slot.run]

    def _start_cancel_timers(self) -> None:
        """Kill the workers of cancelled runs that don't stop in time."""
        for slot in self._slots:
            if slot.run and slot.stopping != slot.turn and slot.run.lifecycle.cancel_requested():
                slot.stopping = slot.turn
                timer = threading.Timer(CANCEL_SECONDS, slot.kill_if_active, (slot.turn,))
                timer.daemon = True
                timer.start()

    # --- the queue of a store: its run folders ------------------------------------------------

    def _serve_store(self, slots: int, store: RunStore, lock: filelock.BaseFileLock) -> None:
        """Wait until no other process trains the store's queue; then train it."""
        pause = QUEUE_SECONDS
        while not self.closed:
            try:
                if not self._slots:
                    store.root.mkdir(parents=True, exist_ok=True)
                    lock.acquire()
                    store.clear()
                    with self._changed:
                        self._start_slots(slots)
                began = time.monotonic()
                self._enqueue_waiting(store)
                # Scanning thousands of runs is slow, so scans get at most a fiftieth of the time.
                pause = max(QUEUE_SECONDS, 50 * (time.monotonic() - began))
            except filelock.Timeout:
                pass  # another process trains
            except (VaeLabError, OSError) as error:  # a store that can't be written, a full disk
                print(f"{store.root}: {error}", file=sys.stderr, flush=True)
                pause = RETRY_SECONDS
            with self._changed:
                self._changed.wait_for(lambda: self.closed, timeout=pause)

    def _enqueue_waiting(self, store: RunStore) -> None:
        """Queue the runs that wait in the store, and look for cancelled ones."""
        queued = []
        for run in store.scan()[0]:
            with contextlib.suppress(RunError):  # deleted meanwhile
                status = run.status()
                if status.state != "queued" or _is_owned_elsewhere(status):
                    continue
                # The process that has just queued a run is about to submit it to an engine.
                is_new = 0 <= time.time() - status.submitted < SUBMIT_SECONDS
                on_cluster = run.ticket_path.exists()  # then the cluster trains it
                if not (is_new or on_cluster):
                    queued.append(run)
        with self._changed:
            now = time.monotonic()
            for run in queued:
                if not self._is_queued(run) and self._not_before.get(run.path, 0.0) <= now:
                    self._waiting.append(run)
            self._start_cancel_timers()
            self._changed.notify_all()


def _is_owned_elsewhere(status: Status) -> bool:
    """Return whether another living process has queued the run and will train it."""
    here = status.pid == os.getpid() and status.host == socket.gethostname()
    return not here and status.owner_alive()


class _Slot:
    """Trains one run after the other in one worker process."""

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
                if status.active and not _is_owned_elsewhere(status):
                    self._train(run)
                if run.status().state == "queued":
                    self._engine.retry_later(run)
            except Exception as error:  # deleted, damaged, a full disk: go on with the next run
                print(f"run {run.id}: {error}", file=sys.stderr, flush=True)
                self._engine.retry_later(run)
                with contextlib.suppress(VaeLabError, OSError):
                    run.lifecycle.write(state="failed", error=str(error))

    def _train(self, run: Run) -> None:
        """Train a run in the worker. If the worker dies, record that and start another worker."""
        if not self._worker.alive:
            self._worker.end()
            self._worker = WorkerProcess()
        if self._worker.train(run):
            return
        error = f"the training process ended unexpectedly ({self._worker.end()}); resume to go on."
        try:
            self._engine.mark_ended(run, error)
        finally:
            if not self._engine.closed:
                self._worker = WorkerProcess()

    def kill_if_active(self, turn: int) -> None:
        """Kill the worker of a cancelled run that did not stop, unless its turn is over."""
        run = self.run
        if self.turn == turn and run and run.lifecycle.cancel_requested() and run.status().active:
            self._worker.kill()

    def close(self) -> None:
        """Tell the worker to end, and wait for some seconds."""
        self._worker.end()
        self._thread.join(timeout=CLOSE_SECONDS)
        self._worker.end()  # the thread may have started another meanwhile


def from_environment(store: RunStore, adopt: bool) -> LocalEngine:
    """Make the engine for this machine. No environment variable configures it.

    Args:
        store: where the runs are.
        adopt: train all runs that are queued there; see `LocalEngine`.
    """
    return LocalEngine(store=store if adopt else None)
