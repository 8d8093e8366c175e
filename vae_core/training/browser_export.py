"""Write decoder.json: the decoder's layers, for scripts in the browser."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np

from vae_core.runs.disk import replace_file
from vae_core.runs.run import Run
from vae_core.training.stored_arrays import Span, stored_arrays


def export_for_browsers(decoder: keras.Model, activation: str, run: Run) -> None:
    """Write decoder.json, if scripts in the browser can run the decoder.

    Scripts can run only layers that they know, and they draw only images. A grey square image is
    described by its `size`, pixels per side, and any other image by its `shape` (height, width,
    channels).

    Args:
        decoder: see `browser_layers`.
        activation: the likelihood's, which turns the decoder's outputs into means.
        run: gets the file. Its weights are already written.
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
    """Describe the layers of a decoder in their order, for `dashboard/components/decoder.js`.

    Each layer has a `type` and the `shape` of its output without the batch axis.

    - `dense` has an `activation` (`relu` or `linear`), a `kernel` and a `bias`. Kernel and bias are
      given by their offset and length in the weights file, in bytes. The arrays are float32 in
      Keras's order of axes.
    - `conv2d_transpose` has the same, and `strides`. Its padding is `same`.
    - `reshape` has nothing else.
    - `crop` has `before`: how many rows are cut off at the top, and columns at the left.

    Args:
        decoder: z (n, d) -> (n, h, w, outputs).
        stored: where each array of weights is in the weights file, see `stored_arrays`.

    Returns:
        None if scripts don't know a layer, or if the layers are not a chain. Then the server
        decodes.
    """
    described: list[dict[str, Any]] = []
    first, *layers = decoder.layers
    previous_output = first.output
    for layer in layers:
        if layer.input is not previous_output:
            return None
        previous_output = layer.output
        shape = list(layer.output.shape[1:])
        if isinstance(layer, keras.layers.Reshape):
            described.append({"type": "reshape", "shape": shape})
            continue
        if isinstance(layer, keras.layers.Cropping2D):
            described.append({"type": "crop", "shape": shape, "before": _cropped_before(layer)})
            continue
        activation = getattr(getattr(layer, "activation", None), "__name__", "")
        weights = [stored.get(np.asarray(value).tobytes()) for value in layer.weights]
        if activation not in ("relu", "linear") or len(weights) != 2 or None in weights:
            return None
        entry = {"activation": activation, "shape": shape, "kernel": weights[0], "bias": weights[1]}
        if isinstance(layer, keras.layers.Dense):
            described.append({"type": "dense", **entry})
        elif isinstance(layer, keras.layers.Conv2DTranspose) and _has_known_options(layer):
            described.append({"type": "conv2d_transpose", **entry, "strides": layer.strides[0]})
        else:
            return None
    return described


def _cropped_before(layer: keras.layers.Cropping2D) -> list[int]:
    """The number of rows cut off at the top, and of columns cut off at the left."""
    return [side[0] for side in layer.cropping]


def _has_known_options(layer: keras.layers.Conv2DTranspose) -> bool:
    """Whether a layer has only options that scripts know: square strides, padding `same`."""
    return (
        layer.padding == "same"
        and layer.strides[0] == layer.strides[1]
        and tuple(layer.dilation_rate) == (1, 1)
        and layer.output_padding is None
        and layer.data_format == "channels_last"
    )
