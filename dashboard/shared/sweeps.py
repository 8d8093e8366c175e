"""Runs that differ in β alone."""

from __future__ import annotations

from dashboard.shared.run_list import all_runs, imported
from vae_core.runs.run import Run
from vae_core.runs.sweeps import sweep_id

# Fine near 0, where the rate changes most, and up to where everything collapses.
BETAS = (
    *(0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0),
)


MOST_RUNS = 8  # side by side: more are too narrow to read


def sweep_of(run: Run) -> list[Run]:
    """The run and finished ones that differ from it in β alone, by β; the `MOST_RUNS` around it."""
    sweep = sweep_id(run.config)
    others = (
        other
        for other in all_runs()
        if other.id != run.id
        and sweep_id(other.config) == sweep
        and other.status().state == "finished"
        and not imported(other)  # it may have been trained on anything
    )
    runs = sorted([run, *others], key=lambda sibling: sibling.config.beta)
    first = max(0, min(runs.index(run) - MOST_RUNS // 2, len(runs) - MOST_RUNS))
    return runs[first : first + MOST_RUNS]
