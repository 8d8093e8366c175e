"""A cluster as an engine: Dask distributed, where `VAE_LAB_SCHEDULER` names its scheduler.

A run becomes a task, and the task supervises a training process (`vae_core.engines.worker`) on the
machine it lands on. What happens there is written to a run folder like any other: the one of the
client where both see the same disk, else one of its own, whose files the client carries back while
it trains. Neither side keeps what the other could lose:

    <run>/ticket          the key of the run's task; it is there as long as the run is out
    <scratch>/<ticket>/   on the machine that trains: `runs/<run>/`, or `shared`; `data/`, where
                          the data set is the user's own; `ended` at last

So a client that starts anew finds its runs by their tickets, and a machine that trained a run
holds it until somebody has carried it home. A task that is tried again on the same machine goes on
from its last checkpoint; on another it starts over, and ends in the same bits.

Dask executes what it is sent: its scheduler belongs in a trusted network, or behind TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vae_core.config import VaeLabError
from vae_core.data.registry import own_file
from vae_core.engines.base import EngineError
from vae_core.engines.dask_task import CARRIED, Job, Look, fetch, forget, look, stop, train
from vae_core.runs.disk import replace_file
from vae_core.runs.errors import RunBusyError, RunError
from vae_core.runs.files import CHECKPOINT, CONFIG, LOG, NETWORK_FILES, STATUS, WEIGHTS
from vae_core.runs.lifecycle import CLAIM_SECONDS
from vae_core.runs.run import Run
from vae_core.runs.status import Status
from vae_core.runs.store import RunStore

if TYPE_CHECKING:
    from distributed import Client, Future


LOOK_SECONDS = 0.5  # between two looks at the runs that are out
ADOPT_SECONDS = 5.0  # between two looks for runs whose client is gone
HEARTBEAT_SECONDS = 5.0  # a status that did not change is written no more often
CHECKPOINT_SECONDS = 10.0  # nor is a checkpoint carried
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0  # a machine that takes longer is looked at the next time
LOST_LOOKS = 6  # a run that nobody has heard of this often is lost
CLOSE_SECONDS = 10.0
SILENT = "the Dask scheduler {} does not answer; what waits is sent when it does again."


class _Out:
    """A run that is out, as its client sees it."""

    def __init__(self, run: Run, ticket: str, future: Future | None = None) -> None:
        self.run = run
        self.ticket = ticket
        self.future = future
        self.lost_looks = 0
        self.stopping = False
        self.home: contextlib.ExitStack | None = None  # holds the claim while it is carried
        self.carried_from("")

    def carried_from(self, place: str) -> None:
        self.place = place
        self.offset: int | None = None  # of metrics.jsonl there; None: not compared yet
        self.stamps: dict[str, tuple[int, int, int]] = {}
        self.status: Status | None = None
        self.next_heartbeat = self.next_checkpoint = 0.0

    def let_go(self) -> None:
        if self.home:
            self.home.close()
            self.home = None


class ClusterEngine:
    """Trains on the workers of a Dask scheduler.

    One thread keeps the connection, looks at the runs that are out and carries their files home;
    it needs nothing but the tickets in the store. A scheduler that can't be reached is tried again
    and again; until then `trouble` says so and `submit` refuses.

    Args:
        store: where the runs are.
        address: of the scheduler, as in tcp://host:port.
        resources: of a Dask worker that a run takes up, as in {"GPU": 1}.
        adopt: also take on what waits in the store, and what other clients left out there.
        shared_disk: let machines that see the store's disk write to it.
    """

    def __init__(
        self,
        store: RunStore,
        address: str,
        resources: dict[str, float] | None = None,
        adopt: bool = False,
        shared_disk: bool = True,
    ) -> None:
        self._store = store
        self._address = address
        self._resources = resources
        self._adopt = adopt
        self._shared_disk = shared_disk
        self._next_adoption = 0.0
        self._client: Client | None = None
        self._out: dict[str, _Out] = {}
        self._dropped: dict[str, int] = {}  # tickets that nobody waits for, and looks in vain
        self._changing = threading.RLock()  # one submit, cancel or close at a time
        self._wake = threading.Event()
        self._tried = threading.Event()
        self.closed = False
        self.trouble: str | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True, name="vae-lab-cluster")
        self._thread.start()

    # --- the three verbs ------------------------------------------------------------------

    def submit(self, run: Run) -> None:
        """Send a run to the scheduler.

        Raises:
            EngineError: it can't be reached.
        """
        self._tried.wait(2 * CONNECT_SECONDS)
        deadline = time.monotonic() + CLAIM_SECONDS
        while self._find(run) and not run.status().active and time.monotonic() < deadline:
            time.sleep(0.05)  # just stopped: the rest of it is on its way home
        with self._changing:
            if self.closed:
                raise RuntimeError("the engine is closed")
            state = run.status().state
            if state == "finished" or self._find(run):
                return
            self._connected()
            ticket = _ticket(run)
            if ticket and self._known(ticket):  # another client sent it
                self._out[ticket] = _Out(run, ticket)
                return
            if ticket:
                run.ticket_path.unlink(missing_ok=True)
            elif state == "running":
                return
            run.lifecycle.queue()
            if run.status().state == "queued":
                self._send(run)

    def cancel(self, run: Run) -> None:
        with self._changing:
            run.lifecycle.request_cancel()
            out = self._find(run)
            if out and run.status().state == "cancelled":  # it waited
                self._drop(out)
            elif out:
                out.stopping = True
                self._call_off(out.ticket)
        self._wake.set()

    def close(self) -> None:
        """End what is out: what runs is interrupted and comes home, what waits goes on waiting."""
        with self._changing:
            if self.closed:
                return
            self.closed = True
            outs = self._all_out()
            for out in outs:
                out.stopping = True
            running = [out for out in outs if out.home or _state(out.run) == "running"]
            for out in outs:
                if out not in running:  # first: it would start when there is room
                    self._drop(out, "interrupt")
            for out in running:
                self._call_off(out.ticket, "interrupt")
        self._wake.set()
        if self._client is not None:  # else it may try to reach one for some seconds more
            self._thread.join(CLOSE_SECONDS)
        self._disconnect()

    def _find(self, run: Run) -> _Out | None:
        return next((out for out in self._all_out() if out.run.path == run.path), None)

    # --- the connection -------------------------------------------------------------------

    def _connect(self) -> None:
        """Raises EngineError where there is no way."""
        if self._client is not None and self._client.status in ("running", "connecting"):
            return
        self._disconnect()
        try:
            from distributed import Client
        except ImportError:
            raise EngineError(
                "VAE_LAB_SCHEDULER is set, but Dask is not installed: pip install '.[cluster]', "
                "or unset it to train on this machine."
            ) from None
        try:
            _knock(self._address)
            self._client = Client(
                self._address, timeout=CONNECT_SECONDS, set_as_default=False, name="vae-lab"
            )
        except Exception as error:  # OSError, ValueError of a bad address, of TLS
            raise EngineError(
                f"the Dask scheduler {self._address} can't be reached: start it, or correct or "
                f"unset VAE_LAB_SCHEDULER. ({type(error).__name__}: {error})"
            ) from error

    def _connected(self) -> Client:
        """
        Raises:
            EngineError: there is no connection just now.
        """
        if self._client is None or self._client.status != "running":
            raise EngineError(self.trouble or SILENT.format(self._address))
        return self._client

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.close(timeout=2)

    def _ask(
        self, workers: list[str], function: Callable[..., Any], *arguments: Any
    ) -> dict[str, Any]:
        """Call a function in these Dask workers; the answers of those that give one in time."""
        client = self._connected()

        async def ask(worker: str) -> tuple[str, Any]:
            with contextlib.suppress(Exception):  # it ends just now, or hangs
                call = client.run(function, *arguments, workers=[worker], asynchronous=True)
                return worker, (await asyncio.wait_for(call, ANSWER_SECONDS))[worker]
            return worker, None

        async def ask_all() -> list[tuple[str, Any]]:
            return await asyncio.gather(*map(ask, workers))

        answers = client.sync(ask_all, callback_timeout=2 * ANSWER_SECONDS)
        return {worker: answer for worker, answer in answers if answer is not None}

    def _ask_all(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        client = self._connected()
        workers = client.sync(client.scheduler.ncores, callback_timeout=ANSWER_SECONDS)
        return self._ask(list(workers), function, *arguments)

    def _at_scheduler(self, tickets: list[str]) -> dict[str, str | None]:
        """The state of each task; None of one that the scheduler has not or no longer."""
        client = self._connected()
        return client.sync(
            client.scheduler.get_task_status, keys=tickets, callback_timeout=ANSWER_SECONDS
        )

    def _known(self, ticket: str) -> bool:
        return self._at_scheduler([ticket])[ticket] is not None or any(
            self._ask_all(look, [ticket]).values()
        )

    # --- sending and dropping -------------------------------------------------------------

    def _all_out(self) -> list[_Out]:
        return list(self._out.values())

    def _send(self, run: Run) -> None:
        """Give a queued run a ticket and a task."""
        from distributed import fire_and_forget

        assert self._client
        ticket = f"{run.id}-{uuid.uuid4().hex[:12]}"
        weights = CHECKPOINT if run.checkpoint_path.is_file() else WEIGHTS
        files = {}
        for name in (CONFIG, STATUS, weights, LOG):
            with contextlib.suppress(FileNotFoundError):
                files[name] = (run.path / name).read_bytes()
        try:
            own = own_file(run.config.dataset)
            dataset = (own.name, own.read_bytes()) if own else None
        except VaeLabError as error:
            run.lifecycle.write(state="failed", error=str(error))
            return
        with run.lifecycle.claim(CLAIM_SECONDS):
            there = _ticket(run)
            if there:  # another client was faster
                self._out[there] = _Out(run, there)
                return
            replace_file(run.ticket_path, ticket.encode())
        future = self._client.submit(
            train,
            Job(ticket, str(run.path.resolve()), files, dataset, self._shared_disk),
            key=ticket,
            resources=self._resources,
            fifo_timeout="0 ms",  # first come, first served
            pure=False,
        )
        fire_and_forget(future)
        self._out[ticket] = _Out(run, ticket, future)

    def _drop(self, out: _Out, how: str = "cancel") -> None:
        """Nobody waits for this run any more: end it wherever it is."""
        self._out.pop(out.ticket, None)
        out.let_go()
        _remove_ticket(out)
        self._dropped[out.ticket] = 0
        self._call_off(out.ticket, how)

    def _call_off(self, ticket: str, how: str = "cancel") -> None:
        """Stop a run where it is trained, or take it back from the scheduler."""
        from distributed import Future

        with contextlib.suppress(Exception):  # no connection: the next look does it
            if not any(self._ask_all(stop, ticket, how).values()) and self._client:
                self._client.cancel([Future(ticket, self._client)], force=True)

    # --- the thread -----------------------------------------------------------------------

    def _serve(self) -> None:
        give_up = None
        while not self.closed or self._out or self._dropped:
            if self.closed:
                give_up = give_up or time.monotonic() + CLOSE_SECONDS
                if time.monotonic() > give_up:
                    break
            try:
                self._connect()
                self.trouble = None
                self._tried.set()
                self._look_after_all()
            except Exception as error:  # the network, the scheduler: the next look may be luckier
                known = isinstance(error, EngineError)
                told = str(error) if known else SILENT.format(self._address)
                if told != self.trouble:
                    _print(told if known else f"{told} {error!r}")
                self.trouble = told
                self._tried.set()
                if self.closed:
                    break
            hurry = any(out.stopping for out in self._all_out())
            self._wake.wait(LOOK_SECONDS / 5 if hurry else LOOK_SECONDS)
            self._wake.clear()
        for out in self._all_out():
            out.let_go()

    def _look_after_all(self) -> None:
        if self._adopt and not self.closed and time.monotonic() >= self._next_adoption:
            self._adopt_runs()
            self._next_adoption = time.monotonic() + ADOPT_SECONDS
        outs = self._all_out()
        tickets = [out.ticket for out in outs] + list(self._dropped)
        if not tickets:
            return
        at_scheduler = self._at_scheduler(tickets)
        looks: dict[str, Look] = {}
        for answer in self._ask_all(look, tickets).values():
            for ticket, seen in answer.items():
                if ticket not in looks or _says_more(seen, looks[ticket]):
                    looks[ticket] = seen
        for out in outs:
            if out.ticket not in self._out:  # dropped meanwhile
                continue
            try:
                self._look_after(out, looks.get(out.ticket), at_scheduler[out.ticket])
            except RunBusyError:  # another client carries it
                continue
            except (VaeLabError, OSError) as error:
                self._mishap(out, error)
        for ticket in list(self._dropped):
            self._bury(ticket, looks.get(ticket), at_scheduler[ticket])

    def _look_after(self, out: _Out, seen: Look | None, task: str | None) -> None:
        from distributed import Future

        run = out.run = Run(out.run.path)  # deleted or damaged meanwhile?
        status = run.status()
        ended = (status.state == "cancelled" and not seen) or (
            status.state == "finished" and not (seen and seen.shared)
        )
        if _ticket(run) != out.ticket or (ended and not out.home):
            # another client, or another process, has brought it to its end
            self._drop(out)
            return
        if task and (out.future is None or out.future.cancelled()):  # of an earlier connection
            out.future = Future(out.ticket, self._client)  # so that its end is kept for us
        if seen and seen.live and run.lifecycle.cancel_requested():
            self._ask([seen.worker], stop, out.ticket, "cancel")
        if seen and not seen.shared:
            self._carry(out, seen)
        if seen and seen.ended is not None:
            self._end(out, seen)
        elif not (seen and seen.live):
            self._check_lost(out, status, task)
        else:
            out.lost_looks = 0

    def _carry(self, out: _Out, seen: Look) -> None:
        """Bring home what is new: files, then lines, then the status."""
        run = out.run
        if out.home is None:
            home = contextlib.ExitStack()
            home.enter_context(run.lifecycle.claim())
            out.home = home
        if out.place != seen.place:
            out.carried_from(seen.place)
        now = time.monotonic()
        names = [
            name
            for name in CARRIED  # checksums after what they are of
            if name in seen.stamps
            and out.stamps.get(name) != seen.stamps[name]
            and (name != CHECKPOINT or seen.ended is not None or now >= out.next_checkpoint)
        ]
        if names or seen.metrics_size != out.offset:
            answer = self._ask([seen.worker], fetch, out.ticket, out.offset or 0, names)
            if seen.worker not in answer:
                raise EngineError(f"{seen.worker} does not answer.")
            lines, files = answer[seen.worker]
            if not files.keys().isdisjoint(NETWORK_FILES):
                run.checksums_path.unlink(missing_ok=True)  # of what is now replaced
            for name in names:
                if name in files:
                    run.files.replace(name, files[name])
                    out.stamps[name] = seen.stamps[name]
            if CHECKPOINT in files:
                out.next_checkpoint = time.monotonic() + CHECKPOINT_SECONDS
            before, out.offset = out.offset, None  # where the next line fails, compare again
            have = _at_home(run, lines) if before is None else 0
            if lines[have:]:
                run.metrics_file.append_lines(lines[have:])
            out.offset = (before or 0) + len(lines)
        status = seen.status
        if status is None or not seen.live or status.state not in ("running", "cancelled"):
            return
        told = dataclasses.replace(status, heartbeat=0)
        if told != out.status or now >= out.next_heartbeat:
            # No machine has the name of a worker's address: nobody looks its pid up here.
            owner = {"host": seen.worker, "pid": status.pid, "process_started": None}
            run.lifecycle.write(
                state=status.state,
                epoch=status.epoch,
                seconds=status.seconds,
                error=status.error,
                **(owner if status.state == "running" else {}),
            )
            out.status, out.next_heartbeat = told, now + HEARTBEAT_SECONDS

    def _end(self, out: _Out, seen: Look) -> None:
        """A run has ended, and its files are home: say how."""
        run, status = out.run, seen.status
        if not seen.shared and status:
            if status.state == "finished":
                for name in run.files.checksums().keys() & set(NETWORK_FILES):
                    run.files.read(name)  # raises RunError where it did not come home whole
                run.lifecycle.finish(epoch=status.epoch, seconds=status.seconds)
                run.checkpoint_path.unlink(missing_ok=True)
            elif status.state not in ("queued", "running"):
                run.lifecycle.write(
                    state=status.state,
                    epoch=status.epoch,
                    seconds=status.seconds,
                    error=status.error,
                )
        state = run.status().state
        if (state == "queued" and not out.stopping) or (state == "running" and not seen.shared):
            run.lifecycle.write(state="failed", error=seen.ended or "it ended without a result.")
        self._come_home(out)

    def _come_home(self, out: _Out) -> None:
        _remove_ticket(out)
        out.let_go()
        out.future = None
        self._out.pop(out.ticket, None)
        self._ask_all(forget, out.ticket)

    def _check_lost(self, out: _Out, status: Status, task: str | None) -> None:
        """Nobody trains it: does it wait, or has it been lost?"""
        if task == "erred":
            assert out.future
            error = out.future.exception(timeout=ANSWER_SECONDS)
            out.run.lifecycle.write(state="failed", error=_reason(error))
            self._come_home(out)
        elif task is not None:
            out.lost_looks = 0
        else:
            out.lost_looks += 1
            if out.lost_looks >= LOST_LOOKS:
                self._come_home(out)
                if out.stopping or self.closed:
                    return
                if status.state == "queued":  # of a scheduler that was started anew
                    self._send(out.run)
                elif out.run.status().state in ("running", "interrupted"):
                    out.run.lifecycle.write(
                        state="interrupted",
                        error="the cluster no longer knows this run; resume to go on.",
                    )

    def _mishap(self, out: _Out, error: Exception) -> None:
        """The folder at home is gone, damaged, or can't be written to: the others must not wait."""
        if isinstance(error, OSError) and (out.run.path / CONFIG).exists():
            _print(f"run {out.run.id}: {error}")  # a full disk, say: tried again at the next look
            return
        if isinstance(error, EngineError):
            return
        with contextlib.suppress(VaeLabError, OSError):
            if out.run.path.is_dir():
                out.run.lifecycle.write(state="failed", error=str(error))
        self._drop(out)

    def _bury(self, ticket: str, seen: Look | None, task: str | None) -> None:
        """Remove what a dropped run leaves, when its training process has let go."""
        if seen and seen.live:
            self._dropped[ticket] = 0
        elif seen:
            self._dropped.pop(ticket)
            self._ask_all(forget, ticket)
        elif task in ("waiting", "no-worker", "queued", "processing"):
            self._call_off(ticket)
        elif self.closed:
            self._dropped.pop(ticket)
        else:
            self._dropped[ticket] += 1
            if self._dropped[ticket] >= LOST_LOOKS:
                self._dropped.pop(ticket)

    def _adopt_runs(self) -> None:
        """Take on what waits in the store, and what is out and has no client that we know of."""
        if not self._changing.acquire(blocking=False):  # a submit may wait for what we hold
            return
        try:
            for run in self._store.scan()[0]:
                with contextlib.suppress(VaeLabError, OSError):
                    ticket = _ticket(run)
                    if self._find(run) or ticket in self._dropped:
                        continue
                    if ticket:
                        self._out[ticket] = _Out(run, ticket)
                    elif run.status().state == "queued" and not run.status().owner_alive():
                        self._send(run)
        finally:
            self._changing.release()


def _knock(address: str) -> None:
    """Is anybody there? Dask itself takes long to find out, and may never return.

    Raises:
        OSError, ValueError: nobody is, or this is no address.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
        raise ValueError("an address is as in tcp://host:port")
    socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_SECONDS).close()


def _state(run: Run) -> str | None:
    """None of a damaged run."""
    with contextlib.suppress(RunError):
        return run.status().state
    return None


def _ticket(run: Run) -> str | None:
    """None of a run that is not out. It names folders, so it is checked."""
    try:
        text = run.ticket_path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if re.fullmatch(re.escape(run.id) + "-[0-9a-f]{12}", text) else None


def _remove_ticket(out: _Out) -> None:
    if _ticket(out.run) == out.ticket:
        with contextlib.suppress(OSError):
            out.run.ticket_path.unlink()


def _says_more(one: Look, other: Look) -> bool:
    """Which of two machines tells how a run stands: that which trains it, then one that did."""

    def rank(seen: Look) -> tuple[bool, bool]:
        return seen.live, seen.ended is not None

    return rank(one) > rank(other)


def _at_home(run: Run, lines: bytes) -> int:
    """How many bytes of these lines the run's metrics end with: an earlier client carried them."""
    try:
        local = run.metrics_path.read_bytes()
    except FileNotFoundError:
        return 0
    first = lines[: lines.find(b"\n") + 1]
    at = local.rfind(first) if first else -1
    have = local[at : local.rfind(b"\n") + 1]
    return len(have) if at >= 0 and lines.startswith(have) else 0


def _reason(error: BaseException | None) -> str:
    """Why a task came to nothing, in a sentence."""
    if type(error).__name__ == "KilledWorker":
        return (
            "the machine or the Dask worker that trained this run ended each time it was tried; "
            "see the workers' logs, then resume."
        )
    return f"the cluster could not train this run ({type(error).__name__}: {error})."


def _print(text: str) -> None:
    print(f"cluster: {text}", file=sys.stderr, flush=True)
