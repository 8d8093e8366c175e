"""Write decoded pictures as PNG and GIF."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image


def png(image: np.ndarray) -> bytes:
    """Return a grey picture (h, w) in [0, 1] as PNG, with one pixel per value."""
    pixels = np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    # Takes less than half the time of the defaults; smooth pictures get hardly larger.
    Image.fromarray(pixels).save(buffer, "png", compress_level=3, compress_type=zlib.Z_RLE)
    return buffer.getvalue()


def gif(images: Sequence[np.ndarray], side: int, milliseconds: int = 80) -> bytes:
    """Return a GIF of grey pictures (h, w) that plays forwards and backwards without end.

    Args:
        images: (h, w) each, in [0, 1].
        side: least width in pixels.
        milliseconds: per picture.
    """
    frames = [
        Image.fromarray((enlarged(image, side) * 255 + 0.5).astype(np.uint8)) for image in images
    ]
    frames += frames[-2:0:-1]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, "gif", save_all=True, append_images=frames[1:], duration=milliseconds, loop=0
    )
    return buffer.getvalue()


def data_uri(png: bytes) -> str:
    """Return a PNG as a data: URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def enlarged(image: np.ndarray, side: int) -> np.ndarray:
    """Enlarge a picture (h, w) to at least `side` pixels across, by bicubic interpolation.

    An 8x8 digit shown as 64 squares is hard to read. The interpolation keeps the value of each
    pixel at its centre.
    """
    factor = -(-side // image.shape[1])
    size = (image.shape[1] * factor, image.shape[0] * factor)
    resized = Image.fromarray(image.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(resized), 0, 1)
