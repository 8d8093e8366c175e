"""Find the store and the run that a command names."""

from __future__ import annotations

from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, default_store


def open_store(folder: str | None) -> RunStore:
    """Return the store in a folder; the usual store if it is None."""
    return RunStore(folder) if folder else default_store()


def find_run(store: RunStore, text: str) -> Run:
    """Return the run with this id, or the only run whose id contains this text.

    Raises:
        RunError: no run fits, or several do.
    """
    matches = [run for run in store.scan()[0] if text and text in run.id]
    exact = [run for run in matches if run.id == text]
    if not exact and len(matches) > 1:
        raise RunError(
            f"{len(matches)} runs in {store.root} have {text!r} in the id; write more of the id."
        )
    return matches[0] if len(matches) == 1 else store.get(text)
