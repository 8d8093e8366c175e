"""plane(frames): the latent plane, decoded in the browser under the moving cursor.

Nothing is sent to the server until a point is clicked or the β slider is released.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dashboard.figures import LABEL_COLOURS

HERE = Path(__file__).parent
SLIDER = HERE.parent / "slider.css"  # shared with the component `vector`

_component = st.components.v2.component(
    "vae_lab_plane",
    html=(HERE / "plane.html").read_text("utf-8"),
    css=SLIDER.read_text("utf-8") + (HERE / "plane.css").read_text("utf-8"),
    js=(HERE / "plane.js").read_text("utf-8"),
)


@dataclass(frozen=True)
class Frame:
    """The plane of one run.

    Attributes:
        title: distinguishes it from the other frames, such as `β = 4`.
        sheet: a square sheet of the n x n pictures, top row first, as a data: URI.
        decoder: the decoder's name in the browser, see `dashboard.components.decoder`; None if
            the browser can't decode the run.
        rotation: R (d, d): coordinates w of the plane are the run's latents w @ R.T.
        points: (m, 2) points to draw over the pictures, and their labels (m,); None for none.
    """

    title: str
    sheet: str
    decoder: str | None
    rotation: np.ndarray
    points: tuple[np.ndarray, np.ndarray] | None = None

    def data(self) -> dict[str, Any]:
        """Return the frame as JSON for the browser."""
        points = None
        if self.points:
            positions, labels = self.points
            points = {"places": positions.round(3).tolist(), "labels": labels.tolist()}
        return {
            "title": self.title,
            "sheet": self.sheet,
            "decoder": self.decoder,
            "points": points,
            "rotation": self.rotation.tolist(),
        }


@dataclass(frozen=True)
class Mark:
    """A point of the plane with a letter."""

    name: str
    x: float
    y: float


def plane(
    frames: Sequence[Frame],
    shown: int,
    *,
    key: str,
    axis: np.ndarray,
    names: Sequence[str],
    z: np.ndarray,
    dims: tuple[int, int],
    alt: str,
    marks: Sequence[Mark] = (),
    path: Sequence[Sequence[float]] = (),
    on_press: Callable[[float, float], None],
    on_frame: Callable[[int], None],
) -> None:
    """Show the plane, with the decoded picture at the cursor.

    Args:
        frames: one per run; with more than one, a β slider morphs between them.
        shown: number of the frame that is shown at first.
        key: of the element; while it stays the same, the cross keeps its place.
        axis: (n,) ascending latent coordinates of the tiles' centres, for both axes.
        names: of the axes.
        z: (d,) coordinates of the cross at first; moving the cross changes only those of `dims`.
        dims: the dimensions across and up, from 0.
        alt: describes the plane for readers who can't see it.
        marks: points with a letter.
        path: coordinates (across, up) of the corners of a line.
        on_press: called with the coordinates (across, up) of a click, tap or Enter.
        on_frame: called with the number of the frame at which the β slider was released.
    """

    # The values are checked, because browsers can send anything.
    def pressed() -> None:
        point = st.session_state[key].press
        if isinstance(point, dict):
            x, y = point.get("x"), point.get("y")
            if isinstance(x, int | float) and isinstance(y, int | float) and math.isfinite(x + y):
                on_press(x, y)

    def changed() -> None:
        frame = st.session_state[key].frame
        if isinstance(frame, int) and 0 <= frame < len(frames):
            on_frame(frame)

    _component(
        key=key,
        data={
            "frames": [frame.data() for frame in frames],
            "frame": shown,
            "axis": [float(value) for value in axis],
            "names": names,
            "z": [float(value) for value in z],
            "dims": dims,
            "at": [float(z[dim]) for dim in dims],
            "marks": [vars(mark) for mark in marks],
            "path": list(path),
            "colours": LABEL_COLOURS,
            "alt": f"{alt} Arrow keys move the cross, with shift further; Enter picks the point.",
            "note": "The browser can't decode this architecture: click to decode on the server.",
        },
        on_press_change=pressed,
        on_frame_change=changed,
    )
