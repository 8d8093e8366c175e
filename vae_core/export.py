"""From a trained Keras model to the files that inference reads without TensorFlow (ONNX)."""

from __future__ import annotations

import functools
from pathlib import Path

import keras
import numpy as np

from vae_core.runs import Run, replace_file
from vae_core.vae import VAE


def export(vae: VAE, run: Run) -> None:
    """Write encoder.onnx and decoder.onnx; the decoder gives probabilities, not logits."""
    pixels = keras.layers.Activation("sigmoid")(vae.decoder.output)
    decoder = keras.Model(vae.decoder.input, pixels)
    for network, path in ((vae.encoder, run.encoder_path), (decoder, run.decoder_path)):
        network(np.zeros((1, *network.input_shape[1:]), np.float32))  # export wants a called one
        replace_file(path, functools.partial(_export_onnx, network))


def _export_onnx(network: keras.Model, path: Path) -> None:
    network.export(str(path), format="onnx", verbose=False)
