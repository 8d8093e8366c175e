"""Delete a run for good, unless it ships with the project, is in training or waits for it."""

from __future__ import annotations

from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.status import Status
from vae_core.runs.store import RunStore, pretrained_store


def refusal(run: Run, status: Status) -> str | None:
    """Return why a run can't be deleted, in one sentence; None if it can."""
    if run.path.resolve().parent == pretrained_store().root.resolve():
        return "This run ships with the project and can't be deleted."
    if status.active:
        return f"This run is {status.state}; stop it first."
    return None


def delete(run: Run, store: RunStore) -> None:
    """Delete a run of a store.

    Raises:
        RunError: the run ships with the project, is in training, or waits for it.
    """
    reason = refusal(run, run.status())
    if reason:
        raise RunError(reason)
    store.delete(run)
