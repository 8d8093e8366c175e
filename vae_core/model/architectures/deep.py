"""A deeper convolutional VAE, for pictures of about 64x64: four strided convolutions each way.

After Radford et al. (2016), "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks": strides instead of pooling, widths that double as sides halve.
Kernels of 4 with strides of 2 cover all pixels equally often; with 3 some are covered more often,
which is seen as a checkerboard (Odena et al., 2016, "Deconvolution and Checkerboard Artifacts").
No batch normalisation: a picture's numbers must not depend on the others of its batch.

A side is halved four times, rounded up, and doubled four times; where that overshoots
(64 -> 4 -> 64 fits, 28 -> 2 -> 32 does not) the picture is cropped, so any size works.
"""

from __future__ import annotations

import math

import keras
from keras import layers

JIT = False  # measured, as in `conv`
WIDTHS = (16, 32, 64, 64)  # of the encoder; the decoder has them the other way round


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
