"""Connection to a Dask scheduler and, through it, to its workers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vae_core.engines.base import EngineError
from vae_core.engines.cluster import running_tasks
from vae_core.engines.cluster.job import Job
from vae_core.engines.cluster.reports import task_reports
from vae_core.engines.cluster.task import train

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0  # if a worker takes longer, the next poll asks it again
CLIENT_CLOSE_SECONDS = 2.0


class Connection:
    """A connection to a Dask scheduler. After it was lost, `open` connects again.

    Args:
        address: of the scheduler, such as tcp://host:port.

    Attributes:
        trouble: why there is no connection; None if there is one or it was never tried.
    """

    def __init__(self, address: str) -> None:
        self.trouble: str | None = None
        self._address = address
        self._client: Client | None = None

    @property
    def opened(self) -> bool:
        """Whether the connection was ever opened; it may be lost by now."""
        return self._client is not None

    @property
    def lost(self) -> str:
        """The error message for a scheduler that no longer answers."""
        return (
            f"the Dask scheduler {self._address} does not answer; waiting runs are sent when it "
            "answers again."
        )

    def open(self) -> None:
        """Connect if there is no connection.

        Raises:
            EngineError: the scheduler can't be reached, or Dask is not installed.
        """
        if self._client is not None and self._client.status in ("running", "connecting"):
            return
        self.close()
        try:
            from distributed import Client
        except ImportError:
            raise EngineError(
                "VAE_LAB_SCHEDULER is set, but Dask is not installed: pip install '.[cluster]', "
                "or unset it to train on this machine."
            ) from None
        try:
            _check_reachable(self._address)
            self._client = Client(
                self._address, timeout=CONNECT_SECONDS, set_as_default=False, name="vae-lab"
            )
        except Exception as error:  # such as a bad address, an unreachable host, an error of TLS
            raise EngineError(
                f"the Dask scheduler {self._address} can't be reached: start it, or correct or "
                f"unset VAE_LAB_SCHEDULER. ({type(error).__name__}: {error})"
            ) from error

    def client(self) -> Client:
        """Return the Dask client.

        Raises:
            EngineError: there is no connection just now.
        """
        if self._client is None or self._client.status != "running":
            raise EngineError(self.trouble or self.lost)
        return self._client

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.close(timeout=CLIENT_CLOSE_SECONDS)

    def call(
        self, workers: list[str], function: Callable[..., Any], *arguments: Any
    ) -> dict[str, Any]:
        """Call a function in these Dask workers.

        Returns:
            Worker's address -> answer. Workers that answered None or too late are missing.

        Raises:
            EngineError: there is no connection just now.
        """
        client = self.client()

        async def call_one(worker: str) -> tuple[str, Any]:
            with contextlib.suppress(Exception):  # the worker has just ended, or hangs
                call = client.run(function, *arguments, workers=[worker], asynchronous=True)
                return worker, (await asyncio.wait_for(call, ANSWER_SECONDS))[worker]
            return worker, None

        async def call_each() -> list[tuple[str, Any]]:
            return await asyncio.gather(*map(call_one, workers))

        answers = client.sync(call_each, callback_timeout=2 * ANSWER_SECONDS)
        return {worker: answer for worker, answer in answers if answer is not None}

    def call_all(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Call a function in all Dask workers of the scheduler, as `call` does."""
        client = self.client()
        workers = client.sync(client.scheduler.ncores, callback_timeout=ANSWER_SECONDS)
        return self.call(list(workers), function, *arguments)

    def task_states(self, tickets: list[str]) -> dict[str, str | None]:
        """Return ticket -> state of its task; None if the scheduler does not have the task."""
        client = self.client()
        return client.sync(
            client.scheduler.get_task_status, keys=tickets, callback_timeout=ANSWER_SECONDS
        )

    def knows(self, ticket: str) -> bool:
        """Return whether the scheduler has this task, or a worker has its folder."""
        return self.task_states([ticket])[ticket] is not None or any(
            self.call_all(task_reports, [ticket]).values()
        )

    def submit(self, job: Job, resources: dict[str, float] | None) -> Future:
        """Send a task; the scheduler keeps it when this client ends.

        Raises:
            EngineError: there is no connection.
        """
        from distributed import fire_and_forget

        if self._client is None:
            raise EngineError(self.trouble or self.lost)
        future = self._client.submit(
            train,
            job,
            key=job.ticket,
            resources=resources,
            fifo_timeout="0 ms",  # first come, first served
            pure=False,
        )
        fire_and_forget(future)
        return future

    def future(self, ticket: str) -> Future:
        """Make a future of a task that was sent over an earlier connection."""
        from distributed import Future

        return Future(ticket, self._client)

    def stop(self, ticket: str, how: str) -> None:
        """Stop a task on its worker; if no worker runs it, cancel it on the scheduler.

        Without a connection nothing happens, and the next poll tries again.
        """
        with contextlib.suppress(Exception):
            running = any(self.call_all(running_tasks.stop, ticket, how).values())
            if not running and self._client:
                self._client.cancel([self.future(ticket)], force=True)


def _check_reachable(address: str) -> None:
    """Check that a server listens at an address. Dask itself would notice late, or hang.

    Raises:
        OSError, ValueError: no server listens, or this is not an address.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
        raise ValueError("an address must be like tcp://host:port")
    socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_SECONDS).close()
