"""How the items of each kind of data look on the pages: one file a kind and one line here.

`images`, `vectors`, `texts` and `melodies` are the kinds; the other files hold parts of what they
show.
"""

from __future__ import annotations

from dashboard.kinds.base import ShownKind
from dashboard.kinds.images import Images
from dashboard.kinds.melodies import Melodies
from dashboard.kinds.texts import Texts
from dashboard.kinds.vectors import Vectors
from vae_core import kinds
from vae_core.runs.run import Run

SHOWN_KINDS: dict[str, ShownKind] = {
    kind.name: kind for kind in (Images(), Vectors(), Texts(), Melodies())
}


def of_run(run: Run) -> ShownKind:
    """Return the member for a run's data."""
    return SHOWN_KINDS[kinds.of_run(run.config).name]


def of_name(dataset: str, arrays: str) -> ShownKind:
    """Return the member for a data set.

    Args:
        dataset: its name.
        arrays: what its arrays are, see `vae_core.kinds.of_name`.
    """
    return SHOWN_KINDS[kinds.of_name(dataset, arrays).name]
