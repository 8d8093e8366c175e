"""The interface between a kind of data and the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from dashboard.shared.posteriors import Posteriors
from vae_core.data.upload.reader import Upload
from vae_core.latent.alignment import Alignment
from vae_core.runs.run import Run


class Comparison(NamedTuple):
    """The runs that the Compare page sets side by side.

    Attributes:
        runs: of one kind of data, with their networks.
        names: of the runs, all different.
        alignments: how each run is aligned to the chosen one; None if it is not.
        dims: the two latent dimensions of the chosen run to show.
        columns: number of columns on the page; the runs fill the first ones.
    """

    runs: list[Run]
    names: list[str]
    alignments: Sequence[Alignment | None]
    dims: tuple[int, int]
    columns: int


class ShownKind(Protocol):
    """How one kind of data looks on the pages.

    Attributes:
        name: of the kind in `vae_core.kinds.KINDS`.
        shown_as: what its items are called where they are shown, such as `pictures`.
        shown_on: a sentence that names the pages that show the kind; empty if most pages do.
        hover: what hovering over a point shows if `hover_texts` returns None.
        can_be_drawn: whether a viewer can draw an item.
        groups_help: where saved groups of items are kept, and what they are for.
        most_members: how many items of a selection are shown at most.
        collapsed: what the decoder of a collapsed run does.
        training_note: how training items differ from held-out ones, for a caption.
        runs_key: key and URL parameter of the chosen runs on the Compare page.
        bounds: which of the measured bounds bound a likelihood, for a caption.
        decoded_notes: what to look for in decoded items, as Markdown.
    """

    name: str
    shown_as: str
    shown_on: str
    hover: str
    can_be_drawn: bool
    groups_help: str
    most_members: int
    collapsed: str
    training_note: str
    runs_key: str
    bounds: str
    decoded_notes: str

    def counted(self, count: int, item_shape: tuple[int, ...]) -> str:
        """Return how many items a data set has to train on, and how large they are."""
        ...

    def browser_decoder(self, run: Run) -> str | None:
        """Send the decoder to the browser, and return its name; None if it can't decode there."""
        ...

    def encode_training(self, run: Run) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Encode the training data in parts: mean and log_var (k, d), and labels (k,).

        Raises:
            DatasetError: the data set is not on this machine, or damaged.
        """
        ...

    def hover_texts(self, run: Run, q: Posteriors) -> list[str] | None:
        """Return a text for each posterior; None if the kind or this machine has none."""
        ...

    def show_point(self, run: Run, q: Posteriors, row: int) -> None:
        """Show an item's decoded posterior mean, and samples of its posterior if it has a width."""
        ...

    def show_centre(self, run: Run, centre: np.ndarray) -> None:
        """Show the decoded mean (1, d) of the selected posterior means."""
        ...

    def show_members(self, run: Run, q: Posteriors, chosen: np.ndarray, some: str) -> None:
        """Show the decoded posterior means of selected items.

        Args:
            run: whose decoder is used.
            q: posteriors of the items.
            chosen: (k,), rows of the items.
            some: begins the caption if not all are shown, such as `16 of them, `.
        """
        ...

    def show_links(self) -> None:
        """Show links to the other pages for the kind."""
        ...

    def show_snapshot(self, run: Run, arrays: dict[str, np.ndarray], ended: bool) -> None:
        """Show held-out items, their reconstructions and samples.

        Args:
            run: in training, or trained.
            arrays: its snapshot, or if training has ended its final arrays.
            ended: whether training has ended.
        """
        ...

    def show_comparison(self, compared: Comparison) -> None:
        """Show how several runs reconstruct the same items and decode the same latents."""
        ...

    def preview_size(self, item_shape: tuple[int, ...]) -> str:
        """Return what a previewed data set holds, in Markdown, such as "images of **8x8** pixels".

        Args:
            item_shape: (h, w, c) of an image; (length,) of a text, see `Source`.
        """
        ...

    def show_preview(self, upload: Upload) -> None:
        """Show some items of an uploaded data set."""
        ...
