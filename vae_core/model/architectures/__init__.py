"""Encoder and decoder families: one file each, one line in the registry.

A family is a module with

    JIT: bool              compile the training step with XLA? (measure: see benchmarks/)
    build(latent_dim, size) -> (encoder, decoder)

    encoder: (n, size, size, 1) in [0, 1] -> [posterior_mean (n, d), posterior_log_var (n, d)]
    decoder: (n, d) -> logits (n, size, size, 1)

A family for texts has also

    build(latent_dim, length, characters) -> (encoder, decoder)
    build_step(decoder) -> (first, step)       see `vae_core.model.architectures.lstm`

    encoder: tokens (n, length) -> [posterior_mean (n, d), posterior_log_var (n, d)]
    decoder: [z (n, d), tokens it reads (n, length)] -> logits (n, length, characters + 1)

Listing the names imports no Keras; building does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

from vae_core.config import ConfigError

if TYPE_CHECKING:
    import keras

    from vae_core.data.tokens import TextSize


ARCHITECTURES = {
    "mlp": "vae_core.model.architectures.mlp",
    "conv": "vae_core.model.architectures.conv",
    "deep": "vae_core.model.architectures.deep",
}


TEXT_ARCHITECTURES = {
    "lstm": "vae_core.model.architectures.lstm",
}


BY_KIND = {"images": ARCHITECTURES, "text": TEXT_ARCHITECTURES}


class Networks(NamedTuple):
    """What a family builds, and whether XLA makes its training faster."""

    encoder: keras.Model
    decoder: keras.Model
    jit: bool


def names(kind: str | None = None) -> tuple[str, ...]:
    """The architectures for data of that kind; None: for any."""
    return tuple(BY_KIND[kind] if kind else ARCHITECTURES | TEXT_ARCHITECTURES)


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


def build(name: str, latent_dim: int, size: int) -> Networks:
    """Build a family's encoder and decoder for square images of `size` pixels a side."""
    check_name(name)
    family = importlib.import_module(ARCHITECTURES[name])
    encoder, decoder = family.build(latent_dim, size)
    return Networks(encoder, decoder, family.JIT)


def build_text(name: str, latent_dim: int, size: TextSize) -> Networks:
    """Build a family's encoder and decoder for texts."""
    check_name(name, "text")
    family = importlib.import_module(TEXT_ARCHITECTURES[name])
    encoder, decoder = family.build(latent_dim, *size)
    return Networks(encoder, decoder, family.JIT)


def build_step(name: str, decoder: keras.Model) -> tuple[keras.Model, keras.Model]:
    """A decoder of texts one token at a time, see `lstm.build_step`."""
    family = importlib.import_module(TEXT_ARCHITECTURES[name])
    first, step = family.build_step(decoder)
    return first, step
