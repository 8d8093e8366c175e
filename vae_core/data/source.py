"""How a data set is loaded, and what is known of it before."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vae_core.data.dataset import Dataset


class Ink(NamedTuple):
    """How a drawing by hand is made to look like the images of a data set.

    Attributes:
        share: of the picture's side that the longer side of the ink fills, if it is centred.
        centred: whether the ink of every image is scaled and centred like that.
        brush: width of the pen, as a share of the picture's side.
    """

    share: float = 20 / 28  # as in MNIST: LeCun et al. (1998), "Gradient-Based Learning ...", III.A
    centred: bool = False
    brush: float = 0.085


class Family(NamedTuple):
    """Data sets that differ only in the number and the size of their images.

    Attributes:
        numbers: fewest, most and usual number of images, held-out ones among them.
        sizes: smallest, largest and usual size, pixels per side.
        name: gives the name of the data set with a number and a size.
    """

    numbers: tuple[int, int, int]
    sizes: tuple[int, int, int]
    name: Callable[[int, int], str]


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
    usual_epochs: int = 20  # that the form offers
    ink: Ink = Ink()
    contrast: tuple[str, str] | None = None  # two labels for a first attribute vector
    family: Family | None = None  # that it belongs to
