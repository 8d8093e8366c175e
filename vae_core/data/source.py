"""How a data set is loaded, and what is known of it before."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vae_core.data.dataset import Dataset


class Source(NamedTuple):
    """How to load a data set, and what is known of it before."""

    load: Callable[[], Dataset]
    size: int  # pixels a side; of texts, tokens of the longest
    train_images: int  # or texts
    bundled: bool = False  # there without a file and a network
    own: bool = False  # of the user's
    kind: str = "images"  # or "text"
    shown_as: str = ""  # a kind of its own, of the same arrays, see `vae_core.kinds`
    stored: Callable[[], Dataset] | None = None  # for pages, where `load` may take a minute
    missing: Callable[[], str | None] = lambda: None  # how to get it, where it can't be had
