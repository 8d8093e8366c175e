"""The store and the run that a command is about."""

from __future__ import annotations

from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, default_store


def open_store(folder: str | None) -> RunStore:
    """The store in that folder; None for the usual one."""
    return RunStore(folder) if folder else default_store()


def find_run(store: RunStore, text: str) -> Run:
    """The run of that id, or the only one whose id has that in it.

    Raises:
        RunError: there is none, or several.
    """
    matches = [run for run in store.scan()[0] if text and text in run.id]
    exact = [run for run in matches if run.id == text]
    if not exact and len(matches) > 1:
        raise RunError(f"{text!r} fits {len(matches)} runs in {store.root}; be exact.")
    return matches[0] if len(matches) == 1 else store.get(text)
