"""Read the groups of a run's held-out items."""

from __future__ import annotations

from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import default_store, pretrained_store


def groups_of_run(run: Run) -> dict[str, Group]:
    """Return the run's groups by name: those that ship, and those saved on the pages.

    If both have a group of the same name, the saved one is returned.

    Raises:
        RunError: a file of groups is damaged.
    """
    return pretrained_store().groups(run.id) | default_store().groups(run.id)
