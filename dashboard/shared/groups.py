"""Groups of a run's held-out items, by name."""

from __future__ import annotations

from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import default_store, pretrained_store


def groups_of_run(run: Run) -> dict[str, Group]:
    """Groups of its held-out items, by name: those that ship, and those saved on the pages.

    Of two of the same name it is the saved one.

    Raises:
        RunError: a file of them is damaged.
    """
    return pretrained_store().groups(run.id) | default_store().groups(run.id)
