"""Write decoded pictures as PNG and GIF."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image


def png(image: np.ndarray) -> bytes:
    """Return a picture (h, w, c) in [0, 1] as PNG, with one pixel per value."""
    buffer = io.BytesIO()
    # These options take less than half the time of the defaults; files get hardly larger.
    _image(image).save(buffer, "png", compress_level=3, compress_type=zlib.Z_RLE)
    return buffer.getvalue()


def gif(images: Sequence[np.ndarray], side: int, milliseconds: int = 80) -> bytes:
    """Return a GIF of pictures (h, w, c) that plays forwards and backwards without end.

    Args:
        images: (h, w, c) each, in [0, 1].
        side: least width in pixels.
        milliseconds: per picture.
    """
    frames = [_image(enlarged(image, side)) for image in images]
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
    """Enlarge a picture (h, w, c) to at least `side` pixels across, by bicubic interpolation.

    An 8x8 digit shown as 64 squares is hard to read. The interpolation keeps the value of each
    pixel at its centre.
    """
    factor = -(-side // image.shape[1])
    size = (image.shape[1] * factor, image.shape[0] * factor)
    resized = [
        np.asarray(Image.fromarray(channel).resize(size, Image.Resampling.BICUBIC))
        for channel in np.moveaxis(image.astype(np.float32), -1, 0)
    ]
    return np.clip(np.stack(resized, axis=-1), 0, 1)


def _image(picture: np.ndarray) -> Image.Image:
    """Return a picture (h, w, c) in [0, 1] as 8-bit image: grey if c is 1, else in colour."""
    pixels = np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
