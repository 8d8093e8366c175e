"""Show melodies like texts, with the names of their notes."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.kinds.texts import Texts
from vae_core.data import notation


class Melodies(Texts):
    """See `dashboard.kinds.base.ShownKind`."""

    name = "melodies"
    shown_as = "melodies"
    collapsed = "writes the same melody"
    shown_on = "Melodies are on the pages Melodies and Latent space."
    runs_key = "runs_melody"

    def display(self, texts: Sequence[str]) -> list[str]:
        return [notation.note_names(text) for text in texts]
