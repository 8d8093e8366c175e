"""Pack the decoder of a run for scripts in the browser."""

from __future__ import annotations

import json
import struct

from vae_core.runs.errors import RunError
from vae_core.runs.run import Run


def browser_decoder(run: Run, name: str) -> bytes | None:
    """Pack the decoder of a run into bytes, for `dashboard/components/decoder/decoder.js`.

    Args:
        run: the run.
        name: the key under which scripts find the decoder.

    Returns:
        The length of the header (4 bytes, little-endian), the header (JSON), and all weights
        (float32). The header is decoder.json with `name` and `latent_dim`. Its offsets are counted
        in numbers (not bytes) from the end of the header. None if the run has no decoder.json, or
        its items aren't grey squares: the scripts can draw nothing else.

    Raises:
        RunError: decoder.json or the weights are damaged.
    """
    if not run.browser_path.is_file():
        return None
    try:
        header = json.loads(run.files.read(run.browser_path.name))
        if "shape" in header:  # the items are not grey squares
            return None
        stored = memoryview(run.files.read(run.weights_path.name))
        weights, size = [], 0
        for layer in header["layers"]:
            for part in sorted(layer.keys() & {"kernel", "bias"}):
                offset, length = layer[part]
                layer[part] = [size // 4, length // 4]
                weights.append(_check_length(stored[offset : offset + length], length))
                size += length
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(f"run {run.id}: decoder.json is damaged: {error}") from error
    head = json.dumps(header | {"name": name, "latent_dim": run.config.latent_dim}).encode()
    head += b" " * (-len(head) % 4)  # aligns the numbers to 4 bytes
    return b"".join([struct.pack("<I", len(head)), head, *weights])


def _check_length(part: memoryview, length: int) -> memoryview:
    if len(part) != length:
        raise ValueError(f"a weight of {length} bytes is cut off")
    return part
