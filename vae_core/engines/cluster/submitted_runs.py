"""SubmittedRuns: the runs that are on the cluster, as their client sees them."""

from __future__ import annotations

import contextlib
import re
import uuid
from typing import TYPE_CHECKING

from vae_core.config import VaeLabError
from vae_core.engines.cluster.abandoned_runs import AbandonedRuns
from vae_core.engines.cluster.collector import Collector
from vae_core.engines.cluster.connection import ANSWER_SECONDS, Connection
from vae_core.engines.cluster.job import job_of
from vae_core.engines.cluster.reports import remove
from vae_core.runs.disk import replace_file
from vae_core.runs.lifecycle import CLAIM_SECONDS
from vae_core.runs.run import Run

if TYPE_CHECKING:
    from distributed import Future


class SubmittedRun:
    """A run that was sent to the cluster, until all its files are collected.

    Args:
        run: in the client's store.
        ticket: the key of its task.
        future: keeps the task's result for this client; None if another connection submitted it.

    Attributes:
        stopping: whether the run is to be stopped.
        polls_missed: polls in a row in which neither the scheduler nor a worker knew it.
        collector: collects its files.
    """

    def __init__(self, run: Run, ticket: str, future: Future | None = None) -> None:
        self.run = run
        self.ticket = ticket
        self.future = future
        self.stopping = False
        self.polls_missed = 0
        self.collector = Collector()

    def task_error(self) -> str:
        """Return why the task failed, in a sentence."""
        assert self.future
        error = self.future.exception(timeout=ANSWER_SECONDS)
        if type(error).__name__ == "KilledWorker":
            return (
                "the machine or the Dask worker that trained this run ended at each "
                "try; see the workers' logs, then resume."
            )
        return f"the cluster could not train this run ({type(error).__name__}: {error})."

    def remove_ticket(self) -> None:
        if read_ticket(self.run) == self.ticket:
            with contextlib.suppress(OSError):
                self.run.ticket_path.unlink()


class SubmittedRuns:
    """The submitted runs of one client, by their tickets.

    Args:
        connection: to their scheduler.
        resources: see `ClusterEngine`.
        shared_disk: see `ClusterEngine`.

    Attributes:
        abandoned: tasks that nobody waits for any more.
    """

    def __init__(
        self, connection: Connection, resources: dict[str, float] | None, shared_disk: bool
    ) -> None:
        self.abandoned = AbandonedRuns(connection)
        self._connection = connection
        self._resources = resources
        self._shared_disk = shared_disk
        self._runs: dict[str, SubmittedRun] = {}

    def __contains__(self, ticket: str) -> bool:
        return ticket in self._runs

    def all(self) -> list[SubmittedRun]:
        return list(self._runs.values())

    def find(self, run: Run) -> SubmittedRun | None:
        return next((s for s in self.all() if s.run.path == run.path), None)

    def add(self, run: Run, ticket: str) -> None:
        """Take on a run that another client or an earlier connection has sent."""
        self._runs[ticket] = SubmittedRun(run, ticket)

    def send(self, run: Run) -> None:
        """Give a queued run a ticket and a task."""
        ticket = f"{run.id}-{uuid.uuid4().hex[:12]}"
        try:
            job = job_of(run, ticket, self._shared_disk)
        except VaeLabError as error:
            run.lifecycle.write(state="failed", error=str(error))
            return
        with run.lifecycle.claim(CLAIM_SECONDS):
            other_ticket = read_ticket(run)
            if other_ticket:  # another client was faster
                self.add(run, other_ticket)
                return
            replace_file(run.ticket_path, ticket.encode())
        future = self._connection.submit(job, self._resources)
        self._runs[ticket] = SubmittedRun(run, ticket, future)

    def abandon(self, submitted: SubmittedRun, how: str = "cancel") -> None:
        """Stop the task of a run that nobody waits for any more.

        Args:
            how: "cancel" or "interrupt".
        """
        self._runs.pop(submitted.ticket, None)
        submitted.collector.release()
        submitted.remove_ticket()
        self.abandoned.add(submitted.ticket)
        self._connection.stop(submitted.ticket, how)

    def release(self, submitted: SubmittedRun) -> None:
        """Remove the ticket and the task's folders, because all files are collected."""
        submitted.remove_ticket()
        submitted.collector.release()
        submitted.future = None
        self._runs.pop(submitted.ticket, None)
        self._connection.call_all(remove, submitted.ticket)


def read_ticket(run: Run) -> str | None:
    """Read the ticket in a run folder; return None if the run is not submitted.

    The ticket becomes part of a path, so its form is checked.
    """
    try:
        text = run.ticket_path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if re.fullmatch(re.escape(run.id) + "-[0-9a-f]{12}", text) else None
