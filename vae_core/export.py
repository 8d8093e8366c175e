"""From a trained Keras model to the files that inference reads without TensorFlow.

The weights are stored once, in the Keras weights file: encoder.onnx and decoder.onnx hold the
graphs, and point to the bytes of their weights in that file (ONNX external data). What ONNX lays
out in another way than Keras (convolution kernels) stays inside.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import h5py
import keras
import numpy as np
import onnx

from vae_core.runs import Run, replace_file
from vae_core.vae import VAE

SMALLEST = 128  # bytes that are worth a reference


def export(vae: VAE, run: Run) -> None:
    """Write the weights, encoder.onnx and decoder.onnx; the decoder gives probabilities.

    Graphs of other weights go first: with new ones under them they would decode a mixture.
    """
    for path in (run.encoder_path, run.decoder_path):
        path.unlink(missing_ok=True)
    vae.optimizer = None  # Keras would store its state with the weights
    replace_file(run.weights_path, lambda path: vae.save_weights(path))
    stored = _stored_arrays(run.weights_path)
    pixels = keras.layers.Activation("sigmoid")(vae.decoder.output)
    decoder = keras.Model(vae.decoder.input, pixels)
    for network, path in ((vae.encoder, run.encoder_path), (decoder, run.decoder_path)):
        network(np.zeros((1, *network.input_shape[1:]), np.float32))  # export wants a called one
        replace_file(path, functools.partial(_export_onnx, network, run.weights_path.name, stored))


class _Span(NamedTuple):
    """Where an array lies in a file, in bytes."""

    offset: int
    length: int


def _stored_arrays(path: Path) -> dict[bytes, _Span]:
    """The arrays of an HDF5 file that lie there in one piece, by their bytes."""
    found: dict[bytes, _Span] = {}

    def visit(_name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.id.get_offset() is not None:
            found[item[()].tobytes()] = _Span(item.id.get_offset(), item.id.get_storage_size())

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def _export_onnx(
    network: keras.Model, weights_name: str, stored: dict[bytes, _Span], path: Path
) -> None:
    network.export(str(path), format="onnx", verbose=False)
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        span = stored.get(onnx.numpy_helper.to_array(tensor).tobytes())
        if span is None or span.length < SMALLEST:
            continue
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", weights_name), *span._asdict().items()):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)
    path.write_bytes(model.SerializeToString())
