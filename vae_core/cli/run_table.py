"""Runs and their metrics as JSON and as tables."""

from __future__ import annotations

import dataclasses
from typing import Any

from rich import box
from rich.table import Table

from vae_core.cli.printing import OUT
from vae_core.metrics.catalogue import METRICS
from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run


def summary(run: Run) -> dict[str, Any]:
    """Return status, config and last held-out metrics of a run, with values for JSON."""
    status = run.status()
    epochs = run.records("epoch")
    return {
        "id": run.id,
        "path": str(run.path),
        "state": status.state,
        "imported": status.imported,  # if True, the numbers are the sender's
        "epoch": epochs[-1]["epoch"] if epochs else 0,
        "seconds": round(status.seconds, 3),
        "error": status.error,
        "config": dataclasses.asdict(run.config),
        "test": epochs[-1]["test"] if epochs else None,
        "metrics": run.metrics(),
    }


def print_runs(summaries: list[dict[str, Any]]) -> None:
    """Print a table with one run per row."""
    table = Table(caption="held out, z sampled, nats per image (or text)", box=box.SIMPLE)
    table.add_column("run", no_wrap=True)  # so that it can be copied
    table.add_column("state", no_wrap=True)
    for title in ("epochs", "loss", "distortion", "rate", "elbo", "active", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    for run in summaries:
        test = run["test"] or {}
        table.add_row(
            run["id"],
            run["state"] + (", imported" if run["imported"] else ""),
            f"{run['epoch']}/{run['config']['epochs']}",
            *(f"{test[name]:.2f}" if name in test else "" for name in LOSSES),
            str(run["metrics"].get("active_units", "")),
            f"{run['seconds']:.0f} s",
        )
    OUT.print(table)


def add_metrics(table: Table, *columns: dict[str, Any]) -> None:
    """Add a row for each metric of the first column; other columns may lack it."""
    for name, metric in METRICS.items():
        if name in columns[0]:
            title = f"{metric.title} ({metric.unit})" if metric.unit else metric.title
            decimals = metric.decimals + 2 if metric.decimals else 0
            table.add_row(
                title, *(f"{c[name]:z.{decimals}f}" if name in c else "" for c in columns)
            )
    for i in range(len(columns[0].get("rate_per_dim", []))):
        table.add_row(
            f"rate of dimension {i + 1} (nats)",
            *(f"{c['rate_per_dim'][i]:.4f}" for c in columns),
        )
