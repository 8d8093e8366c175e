"""ClusterEngine: sends runs to a Dask scheduler and collects their files."""

from __future__ import annotations

import contextlib
import sys
import threading
import time

from vae_core.config import VaeLabError
from vae_core.engines.base import EngineError
from vae_core.engines.cluster import running_tasks
from vae_core.engines.cluster.abandoned_runs import MISSED_POLLS
from vae_core.engines.cluster.collector import write_end
from vae_core.engines.cluster.connection import CONNECT_SECONDS, Connection
from vae_core.engines.cluster.reports import TaskReport, task_reports
from vae_core.engines.cluster.submitted_runs import SubmittedRun, SubmittedRuns, read_ticket
from vae_core.runs.errors import RunBusyError, RunError
from vae_core.runs.files import CONFIG
from vae_core.runs.lifecycle import CLAIM_SECONDS
from vae_core.runs.run import Run
from vae_core.runs.status import Status
from vae_core.runs.store import RunStore

POLL_SECONDS = 0.5  # between two polls of the submitted runs
STOPPING_POLL_SECONDS = POLL_SECONDS / 5  # while somebody waits for a run to stop
ADOPT_SECONDS = 5.0  # between two searches for runs without a client
CLOSE_SECONDS = 10.0


class ClusterEngine:
    """Trains on the workers of a Dask scheduler.

    One thread keeps the connection, polls the submitted runs and collects their files. It finds
    the runs by the tickets in the store. While the scheduler can't be reached, the thread tries
    again and again, `trouble` says why, and `submit` refuses.

    Args:
        store: where the runs are.
        address: of the scheduler, such as tcp://host:port.
        resources: the resources that a run needs of a Dask worker, as in {"GPU": 1}.
        adopt: also train the runs that wait in the store or that other clients submitted.
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
        self._adopt = adopt
        self._next_adoption = 0.0
        self._connection = Connection(address)
        self._submitted = SubmittedRuns(self._connection, resources, shared_disk)
        self._changing = threading.RLock()  # one submit, cancel or close at a time
        self._wake = threading.Event()
        self._tried = threading.Event()
        self.closed = False
        self._thread = threading.Thread(
            target=self._poll_until_closed, daemon=True, name="vae-lab-cluster"
        )
        self._thread.start()

    @property
    def trouble(self) -> str | None:
        """Why the scheduler can't be reached just now; None if it can."""
        return self._connection.trouble

    def submit(self, run: Run) -> None:
        """Send a run to the scheduler.

        Raises:
            EngineError: the scheduler can't be reached.
        """
        self._tried.wait(2 * CONNECT_SECONDS)
        deadline = time.monotonic() + CLAIM_SECONDS
        while self._submitted.find(run) and not run.status().active and time.monotonic() < deadline:
            time.sleep(0.05)  # the run has just stopped; its last files are being collected
        with self._changing:
            if self.closed:
                raise RuntimeError("the engine is closed")
            state = run.status().state
            if state == "finished" or self._submitted.find(run):
                return
            self._connection.client()  # raises EngineError
            ticket = read_ticket(run)
            if ticket and self._connection.knows(ticket):  # another client sent it
                self._submitted.add(run, ticket)
                return
            if ticket:
                run.ticket_path.unlink(missing_ok=True)
            elif state == "running":
                return
            run.lifecycle.queue()
            if run.status().state == "queued":
                self._submitted.send(run)

    def cancel(self, run: Run) -> None:
        with self._changing:
            run.lifecycle.request_cancel()
            submitted = self._submitted.find(run)
            if submitted and run.status().state == "cancelled":  # it had not started
                self._submitted.abandon(submitted)
            elif submitted:
                submitted.stopping = True
                self._connection.stop(submitted.ticket, "cancel")
        self._wake.set()

    def close(self) -> None:
        """Interrupt running runs and collect their files; waiting runs go on waiting."""
        with self._changing:
            if self.closed:
                return
            self.closed = True
            all_submitted = self._submitted.all()
            for submitted in all_submitted:
                submitted.stopping = True
            running = [
                submitted
                for submitted in all_submitted
                if submitted.collector.has_begun or _state(submitted.run) == "running"
            ]
            for submitted in all_submitted:
                if submitted not in running:  # first, or it would start when a running run ends
                    self._submitted.abandon(submitted, "interrupt")
            for submitted in running:
                self._connection.stop(submitted.ticket, "interrupt")
        self._wake.set()
        if self._connection.opened:  # else the thread may take long, because it tries to connect
            self._thread.join(CLOSE_SECONDS)
        self._connection.close()

    # --- the thread -----------------------------------------------------------------------

    def _poll_until_closed(self) -> None:
        deadline = None
        while not self.closed or self._submitted.all() or self._submitted.abandoned.tickets:
            if self.closed:
                deadline = deadline or time.monotonic() + CLOSE_SECONDS
                if time.monotonic() > deadline:
                    break
            try:
                self._connection.open()
                self._connection.trouble = None
                self._tried.set()
                self._poll()
            except Exception as error:  # network or scheduler; the next poll may work
                self._note_trouble(error)
                self._tried.set()
                if self.closed:
                    break
            stopping = any(submitted.stopping for submitted in self._submitted.all())
            self._wake.wait(STOPPING_POLL_SECONDS if stopping else POLL_SECONDS)
            self._wake.clear()
        for submitted in self._submitted.all():
            submitted.collector.release()

    def _note_trouble(self, error: Exception) -> None:
        """Set `trouble` to the reason why a poll failed, and print it once."""
        is_sentence = isinstance(error, EngineError)
        trouble = str(error) if is_sentence else self._connection.lost
        if trouble != self._connection.trouble:
            _print(trouble if is_sentence else f"{trouble} {error!r}")
        self._connection.trouble = trouble

    def _poll(self) -> None:
        """Ask for the state of all tasks, and update their runs."""
        if self._adopt and not self.closed and time.monotonic() >= self._next_adoption:
            self._adopt_runs()
            self._next_adoption = time.monotonic() + ADOPT_SECONDS
        all_submitted = self._submitted.all()
        abandoned = self._submitted.abandoned.tickets
        tickets = [submitted.ticket for submitted in all_submitted] + abandoned
        if not tickets:
            return
        task_states = self._connection.task_states(tickets)
        reports = self._reports(tickets)
        for submitted in all_submitted:
            ticket = submitted.ticket
            if ticket not in self._submitted:  # abandoned meanwhile
                continue
            try:
                self._update(submitted, reports.get(ticket), task_states[ticket])
            except RunBusyError:  # another client collects it
                continue
            except (VaeLabError, OSError) as error:
                self._handle_error(submitted, error)
        for ticket in self._submitted.abandoned.tickets:
            if ticket in task_states:  # else abandoned meanwhile
                self._submitted.abandoned.update(
                    ticket, reports.get(ticket), task_states[ticket], self.closed
                )

    def _reports(self, tickets: list[str]) -> dict[str, TaskReport]:
        """Return ticket -> the most informative report that a machine gave."""
        reports: dict[str, TaskReport] = {}
        for answer in self._connection.call_all(task_reports, tickets).values():
            for ticket, report in answer.items():
                if ticket not in reports or report.says_more_than(reports[ticket]):
                    reports[ticket] = report
        return reports

    def _update(
        self, submitted: SubmittedRun, report: TaskReport | None, task_state: str | None
    ) -> None:
        """Bring a run's folder up to date with its task."""
        run = submitted.run = Run(submitted.run.path)  # raises if the run was deleted or damaged
        status = run.status()
        ended = (status.state == "cancelled" and not report) or (
            status.state == "finished" and not (report and report.shared)
        )
        if read_ticket(run) != submitted.ticket or (ended and not submitted.collector.has_begun):
            # Another client has taken the run over, or another process has ended it.
            self._submitted.abandon(submitted)
            return
        if task_state and (submitted.future is None or submitted.future.cancelled()):
            # An earlier connection sent the task. A future keeps its result on the scheduler.
            submitted.future = self._connection.future(submitted.ticket)
        if report and report.training and run.lifecycle.cancel_requested():
            self._connection.call([report.worker], running_tasks.stop, submitted.ticket, "cancel")
        if report and not report.shared:
            submitted.collector.collect(run, submitted.ticket, report, self._connection)
        if report and report.ended is not None:
            write_end(run, report, submitted.stopping)
            self._submitted.release(submitted)
        elif report and report.training:
            submitted.polls_missed = 0
        else:
            self._check_lost(submitted, status, task_state)

    def _check_lost(self, submitted: SubmittedRun, status: Status, task_state: str | None) -> None:
        """Handle a run that is not in training: it waits, has failed, or is lost."""
        if task_state == "erred":
            submitted.run.lifecycle.write(state="failed", error=submitted.task_error())
            self._submitted.release(submitted)
            return
        submitted.polls_missed = 0 if task_state is not None else submitted.polls_missed + 1
        if submitted.polls_missed < MISSED_POLLS:
            return
        self._submitted.release(submitted)
        if submitted.stopping or self.closed:
            return
        if status.state == "queued":  # the scheduler was restarted
            self._submitted.send(submitted.run)
        elif submitted.run.status().state in ("running", "interrupted"):
            submitted.run.lifecycle.write(
                state="interrupted",
                error="the cluster no longer knows this run; resume to go on.",
            )

    def _handle_error(self, submitted: SubmittedRun, error: Exception) -> None:
        """Give up a run whose folder is gone or damaged, and mark it as failed if possible."""
        if isinstance(error, OSError) and (submitted.run.path / CONFIG).exists():
            _print(
                f"run {submitted.run.id}: {error}"
            )  # such as a full disk; the next poll tries again
            return
        if isinstance(error, EngineError):
            return
        with contextlib.suppress(VaeLabError, OSError):
            if submitted.run.path.is_dir():
                submitted.run.lifecycle.write(state="failed", error=str(error))
        self._submitted.abandon(submitted)

    def _adopt_runs(self) -> None:
        """Take over queued runs of the store, and runs that other clients submitted."""
        if not self._changing.acquire(blocking=False):  # a submit may be waiting for this thread
            return
        try:
            for run in self._store.scan()[0]:
                with contextlib.suppress(VaeLabError, OSError):
                    ticket = read_ticket(run)
                    if self._submitted.find(run) or ticket in self._submitted.abandoned.tickets:
                        continue
                    if ticket:
                        self._submitted.add(run, ticket)
                    elif run.status().state == "queued" and not run.status().owner_alive():
                        self._submitted.send(run)
        finally:
            self._changing.release()


def _state(run: Run) -> str | None:
    """Return the state of a run; None if it is damaged."""
    with contextlib.suppress(RunError):
        return run.status().state
    return None


def _print(text: str) -> None:
    print(f"cluster: {text}", file=sys.stderr, flush=True)
