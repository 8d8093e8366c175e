"""Melodies, written as texts."""

from __future__ import annotations

from vae_core.kinds.texts import Texts


class Melodies(Texts):
    """As `Texts`, with other words."""

    name = "melodies"
    item, items, an_item = "melody", "melodies", "a melody"
