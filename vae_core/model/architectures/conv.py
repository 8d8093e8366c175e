"""The convolutional VAE of the Keras examples: two strided convolutions and their transposes.

The encoder halves each side twice, rounding up, and the decoder doubles it twice. If the result is
larger than the image (30 -> 8 -> 32), it is cropped; so any size works.
"""

from __future__ import annotations

import math

import keras
from keras import layers

JIT = False  # measured: XLA's convolutions took 60 times as long as oneDNN's
AXES = ("height", "width", "channels")


def build(
    item_shape: tuple[int, ...], outputs: int, latent_dim: int
) -> tuple[keras.Model, keras.Model]:
    """See `vae_core.model.architectures`. At 28x28, d=2: 69,076 and 65,089 parameters."""
    strided = {"kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"}
    small = [math.ceil(math.ceil(side / 2) / 2) for side in item_shape[:2]]

    x = keras.Input(item_shape, name="x")
    hidden = layers.Conv2D(64, **strided)(layers.Conv2D(32, **strided)(x))
    hidden = layers.Dense(16, activation="relu")(layers.Flatten()(hidden))
    posterior = [
        layers.Dense(latent_dim, name="posterior_mean", dtype="float32")(hidden),
        layers.Dense(latent_dim, name="posterior_log_var", dtype="float32")(hidden),
    ]

    z = keras.Input((latent_dim,), name="z")
    hidden = layers.Dense(math.prod(small) * 64, activation="relu")(z)
    hidden = layers.Reshape((*small, 64))(hidden)
    hidden = layers.Conv2DTranspose(64, **strided)(hidden)
    hidden = layers.Conv2DTranspose(32, **strided)(hidden)
    logits = layers.Conv2DTranspose(outputs, 3, padding="same", name="logits")(hidden)
    excess = [4 * s - side for s, side in zip(small, item_shape[:2], strict=True)]
    if any(excess):
        logits = layers.Cropping2D([(e // 2, e - e // 2) for e in excess])(logits)
    return keras.Model(x, posterior, name="encoder"), keras.Model(z, logits, name="decoder")
