"""The interface of a sink, and the numbers that it gets."""

from __future__ import annotations

import time
from typing import Any, Protocol, cast

from vae_core.config import VaeLabError
from vae_core.runs.records import End, Epoch, PointEpoch
from vae_core.runs.run import Run

SinkRecord = Epoch | PointEpoch | End


class SinkError(VaeLabError):
    """A sink is not installed, or can't write its numbers."""


class Sink(Protocol):
    """Gets the records of a run in their order, each once, and then its last state."""

    def write(self, records: list[SinkRecord]) -> None: ...

    def close(self, state: str) -> None: ...


def sink_records(run: Run) -> list[SinkRecord]:
    """The records that sinks get: those of the epochs and that of the end."""
    return cast("list[SinkRecord]", run.records("epoch", "end"))


def numbers(record: SinkRecord) -> dict[str, float]:
    """The numbers of a record by name, such as `test/loss`."""
    values: dict[str, Any]
    if record["kind"] == "end":
        values = {f"final/{name}": value for name, value in record.get("metrics", {}).items()}
    else:
        losses: dict[str, Any] = dict(record["test"])
        rates = losses.pop("rate_per_dim", [])
        values = {f"rate/dimension {i + 1}": rate for i, rate in enumerate(rates)}
        values |= {f"test/{name}": value for name, value in losses.items()}
        values |= {f"train/{name}": value for name, value in (record["train"] or {}).items()}
        values |= {"beta": record["beta"], "capacity": record["capacity"]}
    return {name: float(value) for name, value in values.items() if value is not None}


def start_time(run: Run) -> float:
    """When the run last started, in seconds since 1970; the present if it has not started."""
    starts = run.records("start")
    return starts[-1]["time"] if starts else time.time()
