"""The source of a data set: how it is loaded, and what is known before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vae_core.data.dataset import Dataset


class Ink(NamedTuple):
    """How a drawing by hand is made to look like the images of a data set.

    Attributes:
        share: longer side of the ink, as a share of the picture's side. Used if `centred`.
        centred: whether the ink of every image is centred and scaled to `share`.
        brush: width of the pen, as a share of the picture's side.
    """

    share: float = 20 / 28  # as in MNIST: LeCun et al. (1998), "Gradient-Based Learning ...", III.A
    centred: bool = False
    brush: float = 0.085


class Family(NamedTuple):
    """Data sets that differ only in the number and the size of their images.

    Attributes:
        numbers: fewest, most and usual number of images, training and held out together.
        sizes: smallest, largest and usual size, pixels per side.
        name: gives the name of the data set with a number and a size.
    """

    numbers: tuple[int, int, int]
    sizes: tuple[int, int, int]
    name: Callable[[int, int], str]


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
        usual_epochs: the number of epochs that the form offers.
        ink: how a drawing is made to look like the images.
        contrast: two labels, whose attribute vector the page shows first.
        family: the family that this data set belongs to, see `Family`.
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
    usual_epochs: int = 20
    ink: Ink = Ink()
    contrast: tuple[str, str] | None = None
    family: Family | None = None

    @property
    def size(self) -> int:
        """The first number of `item_shape`: the pixels per side of a square image."""
        return self.item_shape[0]
