"""A deeper convolutional VAE, for images of about 64x64: four strided convolutions each way.

After Radford et al. (2016), "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks": strides instead of pooling, widths that double as sides halve.
Kernels of 4 with strides of 2 cover all pixels equally often. Kernels of 3 cover some more often,
which shows as a checkerboard (Odena et al., 2016, "Deconvolution and Checkerboard Artifacts").
There is no batch normalisation, because an image's numbers must not depend on its batch.

The encoder halves each side four times, rounding up, and the decoder doubles it four times. If the
result is larger than the image (28 -> 2 -> 32), it is cropped; so any size works.
"""

from __future__ import annotations

import math

import keras
from keras import layers

JIT = False  # measured, as in `conv`
AXES = ("height", "width", "channels")
WIDTHS = (16, 32, 64, 64)  # channels of the encoder's layers; the decoder reverses them


def build(
    item_shape: tuple[int, ...], outputs: int, latent_dim: int
) -> tuple[keras.Model, keras.Model]:
    """See `vae_core.model.architectures`. At 64x64, d=32: 172,528 and 140,657 parameters."""
    strided = {"kernel_size": 4, "strides": 2, "padding": "same"}
    small = [math.ceil(side / 2 ** len(WIDTHS)) for side in item_shape[:2]]

    x = keras.Input(item_shape, name="x")
    hidden = x
    for width in WIDTHS:
        hidden = layers.Conv2D(width, activation="relu", **strided)(hidden)
    hidden = layers.Flatten()(hidden)
    posterior = [
        layers.Dense(latent_dim, name="posterior_mean", dtype="float32")(hidden),
        layers.Dense(latent_dim, name="posterior_log_var", dtype="float32")(hidden),
    ]

    z = keras.Input((latent_dim,), name="z")
    hidden = layers.Dense(math.prod(small) * WIDTHS[-1], activation="relu")(z)
    hidden = layers.Reshape((*small, WIDTHS[-1]))(hidden)
    for width in reversed(WIDTHS[:-1]):
        hidden = layers.Conv2DTranspose(width, activation="relu", **strided)(hidden)
    logits = layers.Conv2DTranspose(outputs, name="logits", **strided)(hidden)
    excess = [s * 2 ** len(WIDTHS) - side for s, side in zip(small, item_shape[:2], strict=True)]
    if any(excess):
        logits = layers.Cropping2D([(e // 2, e - e // 2) for e in excess])(logits)
    return keras.Model(x, posterior, name="encoder"), keras.Model(z, logits, name="decoder")
