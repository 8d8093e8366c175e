"""Decoded pictures: as PNG, as a manifold on latent axes."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image
from plotly import graph_objects as go

from dashboard.figures import MARGINS


def png(image: np.ndarray) -> bytes:
    """A grey picture (h, w) in [0, 1] as PNG, pixel for pixel."""
    pixels = np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png", compress_level=3)  # half the time of the default
    return buffer.getvalue()


def gif(images: Sequence[np.ndarray], side: int, milliseconds: int = 80) -> bytes:
    """Grey pictures (h, w), there and back again for ever, at least `side` pixels wide."""
    frames = [
        Image.fromarray((enlarged(image, side) * 255 + 0.5).astype(np.uint8)) for image in images
    ]
    frames += frames[-2:0:-1]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, "gif", save_all=True, append_images=frames[1:], duration=milliseconds, loop=0
    )
    return buffer.getvalue()


def data_uri(image: np.ndarray) -> str:
    """The same as a data: URI."""
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()


def enlarged(image: np.ndarray, side: int) -> np.ndarray:
    """A picture (h, w) with at least `side` pixels across, interpolated (bicubic).

    An 8x8 digit as 64 squares is hard to read; what is shown passes through every pixel.
    """
    factor = -(-side // image.shape[1])
    size = (image.shape[1] * factor, image.shape[0] * factor)
    resized = Image.fromarray(image.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(resized), 0, 1)


def manifold(
    sheet: np.ndarray,
    axis: np.ndarray,
    names: tuple[str, str],
    picked: tuple[int, int] | None = None,
) -> go.Figure:
    """The manifold as one picture whose axes are tiles, labelled by their latents.

    Args:
        sheet: square, n x n tiles, the top row being the largest second coordinate.
        axis: (n,), ascending latent coordinates.
        names: what the columns and rows are.
        picked: column and row (from the top) of a tile to frame.
    """
    n = len(axis)
    tile = sheet.shape[0] / n
    figure = go.Figure(
        go.Image(
            source=data_uri(sheet),
            x0=-0.5 + 0.5 / tile,
            dx=1 / tile,
            y0=-0.5 + 0.5 / tile,
            dy=1 / tile,
            hoverinfo="none",
        )
    )
    ticks = np.unique(np.linspace(0, n - 1, min(n, 7)).round().astype(int))
    for update, values, name in (
        (figure.update_xaxes, axis, names[0]),
        (figure.update_yaxes, axis[::-1], names[1]),
    ):
        update(
            title=name,
            tickvals=ticks,
            ticktext=[f"{values[i]:.2f}" for i in ticks],
            showgrid=False,
            zeroline=False,
        )
    if picked is not None:
        column, row = picked
        figure.add_shape(
            type="rect",
            x0=column - 0.5,
            x1=column + 0.5,
            y0=row - 0.5,
            y1=row + 0.5,
            line={"color": "#f28e2b", "width": 3},
        )
    figure.update_layout(margin=MARGINS | {"l": 64}, uirevision=f"manifold-{n}")
    return figure
