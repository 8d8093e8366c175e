"""Melodies: texts that one hears."""

from __future__ import annotations

from vae_core.kinds.texts import Texts


class Melodies(Texts):
    """Texts in every respect but their words."""

    name = "melodies"
    item, items, an_item = "melody", "melodies", "a melody"
