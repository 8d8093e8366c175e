"""AbandonedRuns: stops tasks that nobody waits for, and removes their folders."""

from __future__ import annotations

from vae_core.engines.cluster.connection import Connection
from vae_core.engines.cluster.reports import TaskReport, remove

MISSED_POLLS = 6  # after so many polls in a row without an answer, a task counts as gone


class AbandonedRuns:
    """The tickets of tasks whose runs were cancelled, deleted or ended by another process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._polls_missed: dict[str, int] = {}

    @property
    def tickets(self) -> list[str]:
        return list(self._polls_missed)

    def add(self, ticket: str) -> None:
        self._polls_missed[ticket] = 0

    def update(
        self, ticket: str, report: TaskReport | None, task_state: str | None, closing: bool
    ) -> None:
        """Stop the task if it waits, and remove its folder when its training has ended."""
        if report and report.training:
            self._polls_missed[ticket] = 0
        elif report:
            self._polls_missed.pop(ticket)
            self._connection.call_all(remove, ticket)
        elif task_state in ("waiting", "no-worker", "queued", "processing"):
            self._connection.stop(ticket, "cancel")
        elif closing:
            self._polls_missed.pop(ticket)
        else:
            self._polls_missed[ticket] += 1
            if self._polls_missed[ticket] >= MISSED_POLLS:
                self._polls_missed.pop(ticket)
