"""Show the progress of runs: bars in a terminal, lines in a file."""

from __future__ import annotations

import time
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from vae_core.cli.printing import ERR
from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run

POLL_SECONDS = 0.2


def follow(runs: list[Run], quiet: bool) -> None:
    """Show the progress of runs until none is active.

    Args:
        quiet: show nothing, only wait.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[epoch]:>7}  {task.fields[numbers]}"),
        TimeRemainingColumn(),
    )
    bars = ERR.is_terminal and not quiet
    ended: set[str] = set()
    printed: dict[str, int] = {}  # run id -> the last epoch that was printed
    with Progress(*columns, console=ERR, disable=not bars) as progress:
        tasks: dict[str, TaskID] = {}
        while True:
            active = False
            for run in runs:
                status = run.status()
                active |= status.active
                if status.state == "queued" or run.id in ended:
                    continue
                if run.id not in tasks:
                    tasks[run.id] = progress.add_task(
                        f"{run.config.model_label} seed {run.config.seed}",
                        total=run.config.epochs,
                        epoch="",
                        numbers="starting",
                    )
                records = run.records("step", "epoch")
                if records:
                    progress.update(
                        tasks[run.id],
                        completed=records[-1]["epoch"],
                        epoch=f"{int(records[-1]['epoch'])}/{run.config.epochs}",
                        numbers=_held_out(records),
                    )
                if not bars and not quiet:
                    _print_new_epoch(run, records, printed)
                if not status.active:
                    ended.add(run.id)
            if not active:
                return
            time.sleep(POLL_SECONDS)


def _held_out(records: list[dict[str, Any]]) -> str:
    """Format the newest held-out numbers; before the first epoch, those of the untrained model."""
    epochs = [record for record in records if record["kind"] == "epoch"]
    if not epochs:
        return ""
    test = epochs[-1]["test"]
    return "  ".join(f"{name} {test[name]:.2f}" for name in LOSSES[:3] if name in test)


def _print_new_epoch(run: Run, records: list[dict[str, Any]], printed: dict[str, int]) -> None:
    epoch = max((r["epoch"] for r in records if r["kind"] == "epoch"), default=0)
    if epoch > printed.get(run.id, 0):
        printed[run.id] = epoch
        ERR.print(
            f"{run.id}  epoch {epoch}/{run.config.epochs}  "
            f"{_held_out(records)}  (held out, nats per item)",
            markup=False,
        )
