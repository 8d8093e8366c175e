"""Find the runs that differ only in β."""

from __future__ import annotations

from dashboard.shared.run_list import all_runs, imported
from vae_core.runs.run import Run
from vae_core.runs.sweeps import sweep_id

# The β of the slider: close together near 0, where the rate changes most, up to near collapse.
BETAS = (
    *(0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0),
)

MOST_RUNS = 8  # side by side; more would be too narrow to read


def sweep_of(run: Run) -> list[Run]:
    """Return the run and the finished runs that differ from it only in β, in order of β.

    If there are more than `MOST_RUNS`, those next to the run in this order are returned.
    """
    sweep = sweep_id(run.config)
    others = (
        other
        for other in all_runs()
        if other.id != run.id
        and sweep_id(other.config) == sweep
        and other.status().state == "finished"
        and not imported(other)  # nobody knows what it was trained on
    )
    runs = sorted([run, *others], key=lambda sibling: sibling.config.beta)
    first = max(0, min(runs.index(run) - MOST_RUNS // 2, len(runs) - MOST_RUNS))
    return runs[first : first + MOST_RUNS]
