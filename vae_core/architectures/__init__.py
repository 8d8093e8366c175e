"""Encoder and decoder families: one file each, one line in the registry.

A family is a module with

    JIT: bool              compile the training step with XLA? (measure: see benchmarks/)
    build(latent_dim, size) -> (encoder, decoder)

    encoder: (n, size, size, 1) in [0, 1] -> [posterior_mean (n, d), posterior_log_var (n, d)]
    decoder: (n, d) -> logits (n, size, size, 1)

Listing the names imports no Keras; building does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

from vae_core.config import ConfigError

if TYPE_CHECKING:
    import keras

ARCHITECTURES = {
    "mlp": "vae_core.architectures.mlp",
    "conv": "vae_core.architectures.conv",
    "deep": "vae_core.architectures.deep",
}


class Networks(NamedTuple):
    """What a family builds, and whether XLA makes its training faster."""

    encoder: keras.Model
    decoder: keras.Model
    jit: bool


def check_name(name: str) -> None:
    """Raise ConfigError where there is no architecture of that name."""
    if name not in ARCHITECTURES:
        raise ConfigError(
            f"unknown architecture {name!r}: choose one of {', '.join(ARCHITECTURES)}."
        )


def build(name: str, latent_dim: int, size: int) -> Networks:
    """Build a family's encoder and decoder for square images of `size` pixels a side."""
    check_name(name)
    family = importlib.import_module(ARCHITECTURES[name])
    encoder, decoder = family.build(latent_dim, size)
    return Networks(encoder, decoder, family.JIT)
