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
    """Return how the kind of a run's data is shown."""
    return SHOWN_KINDS[kinds.of_run(run.config).name]


def of_name(dataset: str, arrays: str) -> ShownKind:
    """Return how the kind of a data set is shown.

    Args:
        dataset: name of the data set.
        arrays: kind of its arrays, see `vae_core.kinds.of_name`.
    """
    return SHOWN_KINDS[kinds.of_name(dataset, arrays).name]
