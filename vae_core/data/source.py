"""The source of a data set: how it is loaded, and what is known before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vae_core.data.dataset import Dataset


class Source(NamedTuple):
    """How to load a data set, and what is known before it is loaded.

    Attributes:
        load: loads the data set.
        item_shape: (h, w, c) of an image, (features,) of a vector. For texts (length,), the tokens
            of the longest text with its end token.
        train_images: number of training items.
        bundled: whether the data set needs neither a file nor a network.
        own: whether it is one of the user's own data sets.
        kind: of its arrays, `images` or `text`. Vectors have the kind `images`.
        shown_as: the key of its kind in `vae_core.kinds.KINDS`; empty for `kind` itself.
        stored: loads the data set for the pages. Only needed if `load` may take a minute.
        missing: returns a sentence that says how to get the data set, or None if it can be loaded.
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
