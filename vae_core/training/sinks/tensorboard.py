"""The sink for TensorBoard."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from vae_core.runs.run import Run
from vae_core.training.sinks.base import SinkError, SinkRecord, numbers, start_time


class TensorBoardSink:
    """Writes a file of scalars. It replaces the files of an earlier start.

    Raises:
        SinkError: TensorBoard is not installed.
    """

    def __init__(self, run: Run) -> None:
        try:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.compat.proto.summary_pb2 import Summary
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError:
            raise SinkError(
                "TensorBoard is not installed: pip install '.[tensorboard]', or take it out of "
                "VAE_LAB_SINKS."
            ) from None
        self._event, self._summary = Event, Summary
        root = os.environ.get("VAE_LAB_TENSORBOARD") or run.path.parent / ".tensorboard"
        folder = Path(root) / run.id
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        name = f"events.out.tfevents.{time.time():010.0f}.{socket.gethostname()}.{os.getpid()}"
        self._writer = RecordWriter(open(folder / name, "wb"))  # noqa: SIM115 (closed by close)
        self._started = start_time(run)
        self._writer.write(
            Event(wall_time=self._started, file_version="brain.Event:2").SerializeToString()
        )

    def write(self, records: list[SinkRecord]) -> None:
        for record in records:
            values = [
                self._summary.Value(tag=name, simple_value=value)
                for name, value in numbers(record).items()
            ]
            event = self._event(
                wall_time=self._started + record.get("seconds", 0),
                step=int(record["epoch"]),
                summary=self._summary(value=values),
            )
            self._writer.write(event.SerializeToString())
        self._writer.flush()

    def close(self, state: str) -> None:  # noqa: ARG002
        self._writer.close()
