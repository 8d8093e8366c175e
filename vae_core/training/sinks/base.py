"""What a sink is, and which numbers it gets."""

from __future__ import annotations

import time
from typing import Any, Protocol, cast

from vae_core.config import VaeLabError
from vae_core.runs.records import End, Epoch, PointEpoch
from vae_core.runs.run import Run

SinkRecord = Epoch | PointEpoch | End


class SinkError(VaeLabError):
    """Numbers can't be sent where they should go."""


class Sink(Protocol):
    """Takes the records of a run in their order, none twice, and at last its state."""

    def write(self, records: list[SinkRecord]) -> None: ...

    def close(self, state: str) -> None: ...


def sink_records(run: Run) -> list[SinkRecord]:
    """The records of a run that sinks get: ends of epochs, and that of the training."""
    return cast("list[SinkRecord]", run.records("epoch", "end"))


def numbers(record: SinkRecord) -> dict[str, float]:
    """The numbers of a record by name, as in test/loss."""
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
    """When the run last started, in seconds since 1970; now if it has not."""
    starts = run.records("start")
    return starts[-1]["time"] if starts else time.time()
