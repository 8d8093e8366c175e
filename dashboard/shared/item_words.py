"""What a run's data set holds, in words: images, texts or melodies."""

from __future__ import annotations

from vae_core import kinds
from vae_core.runs.run import Run

IMAGES, ANY_KIND = ("images",), tuple(kinds.KINDS)

SHOWN_AS = {"images": "pictures", "text": "texts", "melodies": "melodies"}

SHOWN_ON = {
    "images": "",
    "text": "Texts are on the pages Words and Latent space.",
    "melodies": "Melodies are on the pages Melodies and Latent space.",
}


def kind(run: Run) -> str:
    """Of the data that it was trained on: `images`, `text`, or `melodies`, texts that one hears."""
    return kinds.of_run(run.config).name


def item(run: Run) -> str:
    """What its data set holds: an `image`, a `text` or a `melody`."""
    return kinds.of_run(run.config).item


def items(run: Run) -> str:
    """Several of them."""
    return kinds.of_run(run.config).items


def an_item(run: Run) -> str:
    """What its numbers are nats of."""
    return kinds.of_run(run.config).an_item
