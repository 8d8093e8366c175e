"""The recipes of the runs that ship with the project, and the published numbers beside them.

Every recipe is one `sweep` of the command line. For each β the run of the first seed ships with its
networks (of the published recipe only the run of β = 1); the others ship as config and metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from vae_core import kinds
from vae_core.config import RunConfig
from vae_core.data import excerpts, registry
from vae_core.runs.sweeps import sweep


@dataclass(frozen=True)
class Recipe:
    """A sweep of the gallery.

    Attributes:
        title: its heading in the README.
        text: its description in the README.
        base: the config that all runs share.
        betas, seeds: the runs differ in these; an autoencoder has no β.
        whole: the β whose run of the first seed ships with its networks; None for all β.
        groups: makes named groups of held-out images (name -> rows). They ship with the run of
            the β nearest 1.
    """

    title: str
    text: str
    base: RunConfig
    betas: tuple[float, ...]
    seeds: tuple[int, ...] = (0,)
    whole: tuple[float, ...] | None = None
    groups: Callable[[], dict[str, list[int]]] | None = None

    def ships_whole(self, config: RunConfig) -> bool:
        """Return whether the run ships with its networks; if not, it ships as numbers."""
        return config.seed == self.seeds[0] and (self.whole is None or config.beta in self.whole)

    @property
    def configs(self) -> list[RunConfig]:
        return sweep(self.base, self.betas, self.seeds)

    @property
    def arguments(self) -> list[str]:
        """The arguments after `python -m vae_core --store pretrained` that train the runs."""
        kind = registry.source(self.base.dataset).kind
        arguments = ["sweep", *kinds.options(self.base, ("beta", "seed"), kind)]
        if self.base.has_rate:
            arguments += ["--betas", ",".join(f"{beta:g}" for beta in self.betas)]
        return [*arguments, "--seeds", ",".join(map(str, self.seeds))]


# β -> published loss, distortion and rate, held out, nats per image, for MNIST_PUBLISHED.
PUBLISHED = {
    0: (141.54, 141.54, 506.82),
    0.02: (143.99, 143.38, 30.60),
    0.1: (142.63, 141.41, 12.22),
    0.5: (147.36, 143.77, 7.17),
    1: (150.39, 144.17, 6.21),
    2: (156.17, 146.00, 5.09),
    10: (186.47, 161.85, 2.46),
    20: (203.31, 189.72, 0.68),
}

BETAS = tuple(map(float, PUBLISHED))


def _thin_and_bold() -> dict[str, list[int]]:
    """Return the held-out sevens with the least and the most ink (sum of pixels), a fifth each."""
    labels = registry.load("mnist").y_test
    sevens = np.flatnonzero(labels == 7)
    ink = excerpts.held_out("mnist", sevens.tolist()).sum(axis=(1, 2, 3))
    order = sevens[np.argsort(ink, kind="stable")]
    fifth = len(sevens) // 5
    return {
        "thin 7": sorted(order[:fifth].tolist()),
        "bold 7": sorted(order[-fifth:].tolist()),
    }


DIGITS = Recipe(
    "digits, `mlp`",
    "A sweep that anyone can retrain in a minute or two.",
    RunConfig(epochs=300),
    (0, 0.1, 0.5, 1, 2, 4),
    (0, 1, 2),
)

DIGITS_AUTOENCODER = Recipe(
    "digits, `mlp`, autoencoder",
    "The same networks from the same first weights as the digits sweep, without noise and rate.",
    replace(DIGITS.base, model="autoencoder"),
    (),
)

DIGITS_CONV = Recipe(
    "digits, `conv`",
    "The convolutional networks on the same images.",
    RunConfig(architecture="conv", epochs=150),
    (1,),
)

DIGITS_EIGHT = Recipe(
    "digits, eight latent dimensions",
    "More dimensions than the images need at this β.",
    RunConfig(latent_dim=8, epochs=300),
    (0.5,),
)

MNIST_PUBLISHED = Recipe(
    "MNIST, `mlp`, the published recipe",
    "Adam 1e-3, batch 128, 40 epochs, β constant.",
    RunConfig(dataset="mnist", epochs=40),
    BETAS,
    (0, 1, 2),
    whole=(1,),  # the other networks would take 20 of the 60 MB that may ship
    groups=_thin_and_bold,
)

MNIST_OURS = Recipe(
    "MNIST, `mlp`, our recipe",
    "The same model and number of epochs. Batch 64; the learning rate starts at 4e-3 and falls to "
    "0 along a cosine; β grows from 0 over the first quarter of the steps.",
    RunConfig(
        dataset="mnist",
        epochs=40,
        batch_size=64,
        learning_rate=4e-3,
        decay="cosine",
        schedule="linear",
        warmup=0.25,
    ),
    BETAS,
    (0, 1, 2),
    groups=_thin_and_bold,
)

MNIST_AUTOENCODER = Recipe(
    "MNIST, `mlp`, autoencoder",
    "The same networks from the same first weights as our recipe, without noise and rate.",
    replace(MNIST_OURS.base, model="autoencoder", schedule="constant", warmup=RunConfig.warmup),
    (),
)

FASHION = Recipe(
    "Fashion-MNIST, `conv`",
    "RMSprop 1e-3, batch 128, on the training images alone.",
    RunConfig(dataset="fashion_mnist", architecture="conv", optimizer="rmsprop", epochs=40),
    (0, 1, 5, 10),
)

SHAPES = Recipe(
    "shapes, `mlp`, six latent dimensions",
    "Pictures drawn from known factors, 16 pixels per side. Does a larger β give each factor a "
    "latent dimension of its own? The recipe was chosen by the results of β = 1, 2 and 4 with seed "
    "0. The other seeds and β = 8 were trained after that choice.",
    RunConfig(
        dataset="shapes_15000_16",
        latent_dim=6,
        epochs=100,
        batch_size=64,
        learning_rate=2e-3,
        decay="cosine",
    ),
    (1, 2, 4, 8),
    (0, 1, 2),
)

# Rows of the held-out faces with glasses, labelled by hand.
GLASSES = [
    *(3, 4, 5, 11, 15, 16, 17, 20, 36, 37, 38, 39, 40, 41, 48, 49, 50, 54, 55, 57, 58),
    *(78, 79, 80, 81, 82, 83, 90, 91, 92, 99, 100, 101, 106, 107, 108, 109, 110),
]

FACES = Recipe(
    "Olivetti faces, `deep`",
    "280 pictures of 40 people are few. 120 other pictures of the same people are held out.",
    RunConfig(
        dataset="olivetti_faces",
        architecture="deep",
        latent_dim=32,
        epochs=400,
        batch_size=32,
        learning_rate=2e-3,
        decay="cosine",
    ),
    (0.75,),
    groups=lambda: {
        "glasses": GLASSES,
        "no glasses": sorted(set(range(120)) - set(GLASSES)),
    },
)

UNICODE_NAMES = Recipe(
    "Names of characters, `lstm`",
    "Texts in two latent dimensions. β grows from 0 over the first half of the steps.",
    RunConfig(
        dataset="unicode_names",
        architecture="lstm",
        epochs=60,
        learning_rate=3e-3,
        schedule="linear",
    ),
    (1,),
)

NAMES = Recipe(
    "Given names, `lstm`, eight latent dimensions",
    "At β = 1 the decoder hardly uses z. With a smaller β, more names are reconstructed.",
    RunConfig(
        dataset="names",
        architecture="lstm",
        latent_dim=8,
        epochs=20,
        learning_rate=2e-3,
        schedule="linear",
    ),
    (0.2, 1),
)

MELODIES = Recipe(
    "Melodies of chorales, `lstm`, sixteen latent dimensions",
    "Each melody has two bars, see `docs/data-sets.md`. The held-out melodies have other tunes "
    "than the training melodies. log 2,748 = 7.92 nats are enough to tell the training melodies "
    "apart. With a small β the rate is far above that: more melodies are reconstructed, but few "
    "samples of the prior lie near an encoded melody. Making the data set needs music21 (`pip "
    "install '.[music]'`), or a `melodies.npz`. This folder holds no melody of the data set.",
    RunConfig(
        dataset="melodies",
        architecture="lstm",
        latent_dim=16,
        epochs=120,
        learning_rate=3e-3,
        schedule="linear",
        decay="cosine",
    ),
    (0.25,),
)

TEXTS = (UNICODE_NAMES, NAMES, MELODIES)
SMALL = (DIGITS, DIGITS_AUTOENCODER, DIGITS_CONV, DIGITS_EIGHT, MNIST_AUTOENCODER)
RECIPES = (*SMALL, MNIST_PUBLISHED, MNIST_OURS, FASHION, SHAPES, FACES, *TEXTS)
