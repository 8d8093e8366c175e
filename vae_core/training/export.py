"""Export a trained Keras model to files that inference reads without TensorFlow.

The weights are stored once, in the Keras weights file. encoder.onnx and decoder.onnx hold the
graphs, which point to the bytes of their weights in that file (ONNX external data). ONNX wants the
axes of convolution kernels in another order than Keras; the graph transposes them when it is
loaded. decoder.json names the decoder's layers for scripts in the browser, and points to the same
bytes.
"""

from __future__ import annotations

import functools
from pathlib import Path

import keras
import numpy as np
import onnx

from vae_core.model.vae import VAE
from vae_core.runs.disk import replace_file
from vae_core.runs.files import BROWSER_DECODER, CHECKSUMS, DECODER, ENCODER
from vae_core.runs.run import Run
from vae_core.training.browser_export import export_for_browsers
from vae_core.training.checkpoint import weights_file
from vae_core.training.stored_arrays import Span, stored_arrays

SMALLEST = 128  # bytes; smaller arrays stay in the graph


def export(vae: VAE, run: Run) -> None:
    """Write the weights, encoder.onnx, decoder.onnx and, if browsers can decode, decoder.json.

    Older exports are removed first, because they would point into the new weights.
    """
    for name in (CHECKSUMS, ENCODER, DECODER, BROWSER_DECODER):
        (run.path / name).unlink(missing_ok=True)
    vae.optimizer = None  # Keras would store its state too
    replace_file(run.weights_path, weights_file(vae))
    stored = stored_arrays(run.weights_path)
    decoder = vae.exported_decoder()
    for network, path in ((vae.encoder, run.encoder_path), (decoder, run.decoder_path)):
        zeros = [np.zeros((1, *i.shape[1:]), i.dtype) for i in network.inputs]
        network(zeros if len(zeros) > 1 else zeros[0])  # Keras can't export before the first call
        replace_file(path, functools.partial(_export_onnx, network, run.weights_path.name, stored))
    if properties := vae.export_properties():
        model = onnx.load(run.decoder_path, load_external_data=False)
        onnx.helper.set_model_props(model, properties)
        replace_file(run.decoder_path, model.SerializeToString())
    if vae.browser_activation:
        export_for_browsers(vae.decoder, vae.browser_activation, run)


def _export_onnx(
    network: keras.Model, weights_name: str, stored: dict[bytes, Span], path: Path
) -> None:
    network.export(str(path), format="onnx", verbose=False)
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        span = stored.get(array.tobytes())
        # ONNX has convolution kernels as (a, b, h, w) where Keras has (h, w, b, a).
        kernel = array.transpose(2, 3, 1, 0) if span is None and array.ndim == 4 else array
        span = span or stored.get(kernel.tobytes())
        if span is None or span.length < SMALLEST:
            continue
        if kernel is not array:
            name = f"{tensor.name}/keras"
            transpose = onnx.helper.make_node("Transpose", [name], [tensor.name], perm=(3, 2, 0, 1))
            model.graph.node.insert(0, transpose)
            tensor.name, tensor.dims[:] = name, kernel.shape
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", weights_name), *span._asdict().items()):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)
    path.write_bytes(model.SerializeToString())
