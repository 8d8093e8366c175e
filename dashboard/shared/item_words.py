"""What a run's data set holds, in words: images, texts or melodies."""

from __future__ import annotations

from vae_core.model.architectures import TEXT_ARCHITECTURES
from vae_core.runs.run import Run

IMAGES, ANY_KIND = ("images",), ("images", "text", "melodies")

ITEMS = {  # one, several, and what numbers are nats of
    "images": ("image", "images", "an image"),
    "text": ("text", "texts", "a text"),
    "melodies": ("melody", "melodies", "a melody"),
}

SHOWN_AS = {"images": "pictures", "text": "texts", "melodies": "melodies"}

SHOWN_ON = {
    "images": "",
    "text": "Texts are on the pages Words and Latent space.",
    "melodies": "Melodies are on the pages Melodies and Latent space.",
}


def kind(run: Run) -> str:
    """Of the data that it was trained on: `images`, `text`, or `melodies`, texts that one hears."""
    if run.config.architecture not in TEXT_ARCHITECTURES:
        return "images"
    return "melodies" if run.config.dataset == "melodies" else "text"


def item(run: Run) -> str:
    """What its data set holds: an `image`, a `text` or a `melody`."""
    return ITEMS[kind(run)][0]


def items(run: Run) -> str:
    """Several of them."""
    return ITEMS[kind(run)][1]


def an_item(run: Run) -> str:
    """What its numbers are nats of."""
    return ITEMS[kind(run)][2]
