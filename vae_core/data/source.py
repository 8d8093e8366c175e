"""How a data set is loaded, and what is known of it before."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vae_core.data.dataset import Dataset


class Source(NamedTuple):
    """How to load a data set, and what is known of it before.

    Attributes:
        load: loads it.
        item_shape: (h, w, c) of an image, (features,) of a vector. For texts (length,), the tokens
            of the longest text with its end token.
        train_images: number of training items.
        bundled: whether it needs neither a file nor a network.
        own: whether it is one of the user's own data sets.
        kind: what its arrays are, `images` or `text`; vectors count as images.
        shown_as: its kind in `vae_core.kinds.KINDS`, if that is not `kind`.
        stored: loads it for the pages, if `load` may take a minute.
        missing: returns how to get it, or None if `load` needs nothing that is missing.
    """

    load: Callable[[], Dataset]
    item_shape: tuple[int, ...]
    train_images: int
    bundled: bool = False
    own: bool = False
    kind: str = "images"
    shown_as: str = ""
    stored: Callable[[], Dataset] | None = None
    missing: Callable[[], str | None] = lambda: None

    @property
    def size(self) -> int:
        """The first number of `item_shape`: the pixels per side of a square image."""
        return self.item_shape[0]
