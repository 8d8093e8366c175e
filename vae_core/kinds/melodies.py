"""The kind `melodies`: texts in the notation of `vae_core.data.notation`."""

from __future__ import annotations

from vae_core.kinds.texts import Texts


class Melodies(Texts):
    """Like `Texts`, with other words."""

    name = "melodies"
    item, items, an_item = "melody", "melodies", "a melody"
