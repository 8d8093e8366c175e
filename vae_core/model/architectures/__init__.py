"""Encoder and decoder families: one file each, one line in the registry.

A family is a module with

    JIT: bool              compile the training step with XLA? (measure: see benchmarks/)
    build(item_shape, outputs, latent_dim) -> (encoder, decoder)

    encoder: (n, *item_shape) in [0, 1] -> [posterior_mean (n, d), posterior_log_var (n, d)]
    decoder: (n, d) -> (n, *item_shape[:-1], outputs), what the likelihood reads

The shape of an image is (h, w, c), and that of a vector is (features,). `outputs` is the last
number of that shape times the numbers that the likelihood reads for each value.

A family for texts has item shape (length,), and one output for the end and one for each character.
It has also

    build_step(decoder) -> (first, step)       see `vae_core.model.architectures.lstm`

    encoder: tokens (n, length) -> [posterior_mean (n, d), posterior_log_var (n, d)]
    decoder: [z (n, d), tokens it reads (n, length)] -> logits (n, length, outputs)

Listing the names imports no Keras; building does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vae_core.config import ConfigError
from vae_core.registry import Registry

if TYPE_CHECKING:
    import keras


ARCHITECTURES = Registry(
    "architecture",
    "vae_lab.architectures",
    {
        "mlp": "vae_core.model.architectures.mlp",
        "conv": "vae_core.model.architectures.conv",
        "deep": "vae_core.model.architectures.deep",
    },
)
TEXT_ARCHITECTURES = Registry(
    "architecture",
    "vae_lab.text_architectures",
    {"lstm": "vae_core.model.architectures.lstm"},
)
BY_KIND = {"images": ARCHITECTURES, "text": TEXT_ARCHITECTURES}


class Networks(NamedTuple):
    """What a family builds, and whether XLA makes its training faster."""

    encoder: keras.Model
    decoder: keras.Model
    jit: bool


def names(kind: str | None = None) -> tuple[str, ...]:
    """The architectures for data of that kind; None: for any."""
    return tuple(BY_KIND[kind] if kind else [*ARCHITECTURES, *TEXT_ARCHITECTURES])


def kind_of(name: str) -> str:
    """The kind of data that an architecture is for; images where it is not known here."""
    return next((kind for kind, families in BY_KIND.items() if name in families), "images")


def check_name(name: str, kind: str = "images") -> None:
    """Raise ConfigError where there is no architecture of that name for data of that kind."""
    fitting = BY_KIND[kind]
    if name in fitting:
        return
    for other, families in BY_KIND.items():
        if name in families:
            raise ConfigError(
                f"the architecture {name!r} is for {other}, and the data set holds {kind}: "
                f"choose {' or '.join(fitting)}."
            )
    raise ConfigError(f"unknown architecture {name!r}: choose one of {', '.join(fitting)}.")


def build(name: str, item_shape: tuple[int, ...], outputs: int, latent_dim: int) -> Networks:
    """Build a family's encoder and decoder.

    Args:
        name: of the family.
        item_shape: (h, w, c) of an image, (features,) of a vector, (length,) of a text.
        outputs: numbers that the decoder gives for each pixel, for a vector, or for each token.
        latent_dim: d.
    """
    family = BY_KIND[kind_of(name)][name]
    encoder, decoder = family.build(item_shape, outputs, latent_dim)
    return Networks(encoder, decoder, family.JIT)


def build_step(name: str, decoder: keras.Model) -> tuple[keras.Model, keras.Model]:
    """A decoder of texts one token at a time, see `lstm.build_step`."""
    first, step = TEXT_ARCHITECTURES[name].build_step(decoder)
    return first, step


def module_of(name: str) -> str:
    """The name of a family's module, which is not imported."""
    return BY_KIND[kind_of(name)].place(name).partition(":")[0]
