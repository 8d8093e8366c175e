"""decoder.json: the decoder's layers, for scripts in the browser."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np

from vae_core.runs.disk import replace_file
from vae_core.runs.run import Run
from vae_core.training.stored_arrays import Span, stored_arrays


def export_for_browsers(decoder: keras.Model, activation: str, run: Run) -> None:
    """Write decoder.json beside the weights, if scripts can follow the decoder.

    They must know all of its layers, and draw images alone. A grey square image is described by its
    `size`, pixels per side, and any other by its `shape` (height, width, channels).

    Args:
        decoder: see `browser_layers`.
        activation: of the likelihood, from what the decoder gives to the means.
        run: its folder.
    """
    shape = decoder.output_shape[1:]
    if len(shape) != 3:
        return
    layers = browser_layers(decoder, stored_arrays(run.weights_path))
    if layers is not None:
        size = shape[0]
        item = {"size": size} if shape == (size, size, 1) else {"shape": shape}
        content = {**item, "activation": activation, "layers": layers}
        replace_file(run.browser_path, (json.dumps(content) + "\n").encode())


def browser_layers(decoder: keras.Model, stored: dict[bytes, Span]) -> list[dict[str, Any]] | None:
    """The layers of a decoder one after the other, as `dashboard/components/decoder.js` reads them.

    Each has a `type`: `dense` and `conv2d_transpose` (same padding) with `activation` (`relu` or
    `linear`), `kernel` and `bias` (offset and length in the weights file, in bytes; float32, laid
    out as Keras does); `reshape` and `crop` with the `shape` (height, width, channels) they leave.

    Args:
        decoder: z (n, d) -> (n, h, w, outputs).
        stored: where the weights lie, by their bytes.

    Returns:
        None where there is a layer that scripts don't know, or layers are not in one line: such
        a decoder runs on the server alone.
    """
    described: list[dict[str, Any]] = []
    first, *layers = decoder.layers
    before = first.output
    for layer in layers:
        if layer.input is not before:
            return None
        before = layer.output
        shape = list(layer.output.shape[1:])
        if isinstance(layer, keras.layers.Reshape):
            described.append({"type": "reshape", "shape": shape})
            continue
        if isinstance(layer, keras.layers.Cropping2D):
            described.append({"type": "crop", "shape": shape, "before": _before(layer)})
            continue
        activation = getattr(getattr(layer, "activation", None), "__name__", "")
        weights = [stored.get(np.asarray(value).tobytes()) for value in layer.weights]
        if activation not in ("relu", "linear") or len(weights) != 2 or None in weights:
            return None
        entry = {"activation": activation, "shape": shape, "kernel": weights[0], "bias": weights[1]}
        if isinstance(layer, keras.layers.Dense):
            described.append({"type": "dense", **entry})
        elif isinstance(layer, keras.layers.Conv2DTranspose) and _plain(layer):
            described.append({"type": "conv2d_transpose", **entry, "strides": layer.strides[0]})
        else:
            return None
    return described


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
