"""A deeper convolutional VAE, for pictures of about 64x64: four strided convolutions each way.

After Radford et al. (2016), "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks": strides instead of pooling, widths that double as sides halve.
Kernels of 4 with strides of 2 cover all pixels equally often; with 3 some are covered more often,
which is seen as a checkerboard (Odena et al., 2016, "Deconvolution and Checkerboard Artifacts").
No batch normalisation: a picture's numbers must not depend on the others of its batch.

A side of `size` is halved four times, rounded up, and doubled four times; where that overshoots
(64 -> 4 -> 64 fits, 28 -> 2 -> 32 does not) the picture is cropped, so any size works.
"""

from __future__ import annotations

import math

import keras
from keras import layers

JIT = False  # measured, as in `conv`


WIDTHS = (16, 32, 64, 64)  # of the encoder; the decoder has them the other way round


def build(latent_dim: int, size: int) -> tuple[keras.Model, keras.Model]:
    """See `vae_core.model.architectures`. At 64x64, d=32: 172,528 and 140,657 parameters."""
    strided = {"kernel_size": 4, "strides": 2, "padding": "same"}
    small = math.ceil(size / 2 ** len(WIDTHS))

    x = keras.Input((size, size, 1), name="x")
    hidden = x
    for width in WIDTHS:
        hidden = layers.Conv2D(width, activation="relu", **strided)(hidden)
    hidden = layers.Flatten()(hidden)
    posterior = [
        layers.Dense(latent_dim, name="posterior_mean", dtype="float32")(hidden),
        layers.Dense(latent_dim, name="posterior_log_var", dtype="float32")(hidden),
    ]

    z = keras.Input((latent_dim,), name="z")
    hidden = layers.Dense(small * small * WIDTHS[-1], activation="relu")(z)
    hidden = layers.Reshape((small, small, WIDTHS[-1]))(hidden)
    for width in reversed(WIDTHS[:-1]):
        hidden = layers.Conv2DTranspose(width, activation="relu", **strided)(hidden)
    logits = layers.Conv2DTranspose(1, name="logits", **strided)(hidden)
    excess = small * 2 ** len(WIDTHS) - size
    if excess:
        before = excess // 2
        logits = layers.Cropping2D(((before, excess - before),) * 2)(logits)
    return keras.Model(x, posterior, name="encoder"), keras.Model(z, logits, name="decoder")
