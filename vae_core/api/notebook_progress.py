"""Show the progress of runs under the cell of a notebook: one line per run, changed in place.

Rich draws its bars in notebooks only with ipywidgets, and they are missing in the saved notebook.
IPython's own updates need no ipywidgets, and are saved.
"""

from __future__ import annotations

import html
import time
from typing import Any

from IPython.display import DisplayHandle

from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run

POLL_SECONDS = 0.2


def follow(runs: list[Run]) -> None:
    """Show the progress of runs until none is active."""
    lines = [Line(run) for run in runs]
    handle = DisplayHandle()
    handle.display(Lines(lines))
    shown = None
    while True:
        active = [line.update() for line in lines]
        if (table := Lines(lines)._repr_html_()) != shown:
            handle.update(Lines(lines))
            shown = table
        if not any(active):
            return
        time.sleep(POLL_SECONDS)


class Line:
    """The line of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.epoch = 0.0
        self.text = "queued"

    def update(self) -> bool:
        """Read the run's folder; return whether the run is still active."""
        status = self.run.status()
        records = self.run.records("step", "epoch")
        if records:
            self.epoch = records[-1]["epoch"]
        self.text = status.state
        if status.state == "running":
            self.text = _held_out(records) or "starting"
            if left := _seconds_left(self.epoch, self.run.config.epochs, status.seconds):
                self.text += f", {left:.0f} s left"
        elif status.state == "finished":
            self.text = f"{_held_out(records)}, {status.seconds:.0f} s"
        elif status.error:
            self.text += f": {status.error}"
        return status.active

    @property
    def title(self) -> str:
        return f"{self.run.config.model_label} seed {self.run.config.seed}"


class Lines:
    """All lines, as an object that IPython can show."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines

    def _repr_html_(self) -> str:
        rows = [
            f"<div>{html.escape(line.title)} "
            f'<progress value="{line.epoch:g}" max="{line.run.config.epochs}"></progress> '
            f"{int(line.epoch)}/{line.run.config.epochs} {html.escape(line.text)}</div>"
            for line in self._lines
        ]
        return "".join(rows)

    def __repr__(self) -> str:
        rows = [
            f"{line.title}  {int(line.epoch)}/{line.run.config.epochs}  {line.text}"
            for line in self._lines
        ]
        return "\n".join(rows)


def _held_out(records: list[dict[str, Any]]) -> str:
    epochs = [record for record in records if record["kind"] == "epoch"]
    test = epochs[-1]["test"] if epochs else {}
    return "  ".join(f"{name} {test[name]:.2f}" for name in LOSSES[:3] if name in test)


def _seconds_left(epoch: float, epochs: int, seconds: float) -> float | None:
    """Estimate the remaining seconds of training from the mean time of an epoch so far."""
    return seconds / epoch * (epochs - epoch) if epoch else None
