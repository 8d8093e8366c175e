"""The classic Keras MLP VAE: one hidden layer of 512 (relu) on each side."""

from __future__ import annotations

import math

import keras
from keras import layers

JIT = True  # measured: about 1.4 times as fast as the plain graph


def build(
    item_shape: tuple[int, ...], outputs: int, latent_dim: int
) -> tuple[keras.Model, keras.Model]:
    """See `vae_core.model.architectures`. At 28x28, d=2: 403,972 and 403,728 parameters."""
    x = keras.Input(item_shape, name="x")
    hidden = layers.Dense(512, activation="relu")(layers.Flatten()(x))
    posterior = [
        layers.Dense(latent_dim, name="posterior_mean", dtype="float32")(hidden),
        layers.Dense(latent_dim, name="posterior_log_var", dtype="float32")(hidden),
    ]
    z = keras.Input((latent_dim,), name="z")
    hidden = layers.Dense(512, activation="relu")(z)
    shape = (*item_shape[:-1], outputs)
    logits = layers.Reshape(shape)(layers.Dense(math.prod(shape), name="logits")(hidden))
    return keras.Model(x, posterior, name="encoder"), keras.Model(z, logits, name="decoder")
