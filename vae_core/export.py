"""From a trained Keras model to the files that inference reads without TensorFlow.

The weights are stored once, in the Keras weights file: encoder.onnx and decoder.onnx hold the
graphs, and point to the bytes of their weights in that file (ONNX external data). What ONNX lays
out in another way than Keras (convolution kernels) is turned when the graph is loaded. decoder.json
names the layers of a decoder that scripts in a browser can follow, and the bytes of their weights
in the same file.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import keras
import numpy as np
import onnx
from keras.src.saving import saving_lib

from vae_core.runs import Run, RunError, replace_file
from vae_core.text_vae import TextVAE
from vae_core.vae import VAE

SMALLEST = 128  # bytes that are worth a reference


def export(vae: VAE, run: Run) -> None:
    """Write the weights, encoder.onnx and decoder.onnx; the decoder gives probabilities.

    Graphs of other weights go first: with new ones under them they would decode a mixture.
    """
    for name in ("checksums.json", "encoder.onnx", "decoder.onnx", "decoder.json"):
        (run.path / name).unlink(missing_ok=True)
    vae.optimizer = None  # Keras would store its state with the weights
    replace_file(run.weights_path, weights_file(vae))
    stored = _stored_arrays(run.weights_path)
    if isinstance(vae, TextVAE):
        _export_text(vae, run, stored)
        return
    pixels = keras.layers.Activation("sigmoid")(vae.decoder.output)
    decoder = keras.Model(vae.decoder.input, pixels)
    for network, path in ((vae.encoder, run.encoder_path), (decoder, run.decoder_path)):
        network(np.zeros((1, *network.input_shape[1:]), np.float32))  # export wants a called one
        replace_file(path, functools.partial(_export_onnx, network, run.weights_path.name, stored))
    export_for_browsers(vae.decoder, run)


def _export_text(vae: TextVAE, run: Run, stored: dict[bytes, Span]) -> None:
    """encoder.onnx reads tokens; decoder.onnx is one step, and carries the vocabulary."""
    step = vae.exported_step()
    for network, path in ((vae.encoder, run.encoder_path), (step, run.decoder_path)):
        zeros = [np.zeros((1, *i.shape[1:]), i.dtype) for i in network.inputs]
        network(zeros if len(zeros) > 1 else zeros[0])
        replace_file(path, functools.partial(_export_onnx, network, run.weights_path.name, stored))
    model = onnx.load(run.decoder_path, load_external_data=False)
    onnx.helper.set_model_props(
        model, {"vocabulary": vae.vocabulary, "length": str(vae.text_size.length)}
    )
    replace_file(run.decoder_path, model.SerializeToString())


def weights_file(vae: VAE) -> bytes:
    """What `vae.save_weights` would write, made in memory.

    When the disk fills while HDF5 writes to it, it can end the process by a signal.
    """
    buffer = io.BytesIO()
    store = saving_lib.H5IOStore(buffer, mode="w")
    saving_lib._save_state(
        vae, weights_store=store, assets_store=None, inner_path="", visited_saveables=set()
    )
    store.close()
    return buffer.getvalue()


# Ends a checkpoint; HDF5 does not read so far. Weights in which a bit flipped load like any other.
SEAL = b"\nsha256 "
SEAL_BYTES = len(SEAL) + 64


def write_checkpoint(vae: VAE, run: Run) -> None:
    """Weights and optimiser state in one file, so that they always belong together."""
    content = weights_file(vae)
    seal = SEAL + hashlib.sha256(content).hexdigest().encode()
    replace_file(run.checkpoint_path, content + seal)


def check_checkpoint(run: Run) -> None:
    """Is the checkpoint what was written? One of an older version is taken as it is.

    Raises:
        RunError: it is not.
    """
    content = run.read(run.checkpoint_path.name)
    weights, seal = content[:-SEAL_BYTES], content[-SEAL_BYTES:]
    if seal.startswith(SEAL) and hashlib.sha256(weights).hexdigest().encode() != seal[len(SEAL) :]:
        raise RunError(f"run {run.id}: {run.checkpoint_path.name} is not what was written.")


def export_for_browsers(decoder: keras.Model, run: Run) -> None:
    """Write decoder.json beside the weights, if scripts know all layers of the decoder."""
    layers = browser_layers(decoder, _stored_arrays(run.weights_path))
    if layers is not None:
        text = json.dumps({"size": decoder.output_shape[1], "layers": layers}) + "\n"
        replace_file(run.browser_path, text.encode())


def browser_layers(decoder: keras.Model, stored: dict[bytes, Span]) -> list[dict[str, Any]] | None:
    """The layers of a decoder one after the other, as `dashboard/components/decoder.js` reads them.

    Each has a `type`: `dense` and `conv2d_transpose` (same padding) with `activation` (`relu` or
    `linear`), `kernel` and `bias` (offset and length in the weights file, in bytes; float32, laid
    out as Keras does); `reshape` and `crop` with the `shape` (height, width, channels) they leave.

    Args:
        decoder: z (n, d) -> logits (n, size, size, 1).
        stored: where the weights lie, by their bytes.

    Returns:
        None where there is a layer that scripts don't know, or layers are not in one line: such
        a decoder runs on the server alone.
    """
    found: list[dict[str, Any]] = []
    first, *layers = decoder.layers
    before = first.output
    for layer in layers:
        if layer.input is not before:
            return None
        before = layer.output
        shape = list(layer.output.shape[1:])
        if isinstance(layer, keras.layers.Reshape):
            found.append({"type": "reshape", "shape": shape})
            continue
        if isinstance(layer, keras.layers.Cropping2D):
            found.append({"type": "crop", "shape": shape, "before": _before(layer)})
            continue
        activation = getattr(getattr(layer, "activation", None), "__name__", "")
        weights = [stored.get(np.asarray(value).tobytes()) for value in layer.weights]
        if activation not in ("relu", "linear") or len(weights) != 2 or None in weights:
            return None
        entry = {"activation": activation, "shape": shape, "kernel": weights[0], "bias": weights[1]}
        if isinstance(layer, keras.layers.Dense):
            found.append({"type": "dense", **entry})
        elif isinstance(layer, keras.layers.Conv2DTranspose) and _plain(layer):
            found.append({"type": "conv2d_transpose", **entry, "strides": layer.strides[0]})
        else:
            return None
    return found


def _before(layer: keras.layers.Cropping2D) -> list[int]:
    """Rows and columns that are cut off above and to the left."""
    return [side[0] for side in layer.cropping]


def _plain(layer: keras.layers.Conv2DTranspose) -> bool:
    """Square strides, same padding, nothing else."""
    return (
        layer.padding == "same"
        and layer.strides[0] == layer.strides[1]
        and tuple(layer.dilation_rate) == (1, 1)
        and layer.output_padding is None
        and layer.data_format == "channels_last"
    )


class Span(NamedTuple):
    """Where an array lies in a file, in bytes."""

    offset: int
    length: int


def _stored_arrays(path: Path) -> dict[bytes, Span]:
    """The arrays of an HDF5 file that lie there in one piece, by their bytes."""
    found: dict[bytes, Span] = {}

    def visit(_name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.id.get_offset() is not None:
            found[item[()].tobytes()] = Span(item.id.get_offset(), item.id.get_storage_size())

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def _export_onnx(
    network: keras.Model, weights_name: str, stored: dict[bytes, Span], path: Path
) -> None:
    network.export(str(path), format="onnx", verbose=False)
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        span = stored.get(array.tobytes())
        # Kernels of convolutions: here (in, out, ...) or (out, in, ...), there the other way round.
        kernel = array.transpose(2, 3, 1, 0) if span is None and array.ndim == 4 else array
        span = span or stored.get(kernel.tobytes())
        if span is None or span.length < SMALLEST:
            continue
        if kernel is not array:
            name = f"{tensor.name}/keras"
            turn = onnx.helper.make_node("Transpose", [name], [tensor.name], perm=(3, 2, 0, 1))
            model.graph.node.insert(0, turn)
            tensor.name, tensor.dims[:] = name, kernel.shape
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", weights_name), *span._asdict().items()):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)
    path.write_bytes(model.SerializeToString())
