"""vector(rows): pictures with a latent vector added, decoded in the browser as a slider moves.

Nothing is sent to the server until the slider is released.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

HERE = Path(__file__).parent
SLIDER = HERE.parent / "slider.css"  # shared with the component `plane`

_component = st.components.v2.component(
    "vae_lab_vector",
    html=(HERE / "vector.html").read_text("utf-8"),
    css=SLIDER.read_text("utf-8") + (HERE / "vector.css").read_text("utf-8"),
    js=(HERE / "vector.js").read_text("utf-8"),
)


@dataclass(frozen=True)
class Tile:
    """A picture decoded at z + strength · factor · vector.

    Attributes:
        z: (d,).
        factor: multiplies the strength for this picture.
        alt: describes the picture for readers who can't see it.
        caption: shown below it; None shows its strength.
        focus: whether it is painted before all others, and larger.
    """

    z: np.ndarray
    factor: float
    alt: str
    caption: str | None = None
    focus: bool = False

    def data(self) -> dict[str, Any]:
        return {
            "z": [float(value) for value in self.z],
            "factor": self.factor,
            "alt": self.alt,
            "caption": self.caption,
            "counts": self.caption is None,
            "focus": self.focus,
        }


@dataclass(frozen=True)
class Still:
    """A picture that doesn't change with the strength.

    Attributes:
        image: a data: URI.
        caption: shown below it.
    """

    image: str
    caption: str

    def data(self) -> dict[str, Any]:
        return {"image": self.image, "caption": self.caption}


@dataclass(frozen=True)
class Row:
    """Pictures side by side under a title.

    Attributes:
        columns: number of pictures side by side.
    """

    title: str
    tiles: Sequence[Tile | Still]
    columns: int

    def data(self) -> dict[str, Any]:
        tiles = [tile.data() for tile in self.tiles]
        return {"title": self.title, "tiles": tiles, "columns": self.columns}


def vector(
    rows: Sequence[Row],
    direction: np.ndarray,
    strength: float,
    *,
    key: str,
    decoder: str,
    says: str,
    most: float,
    step: float,
    on_strength: Callable[[float], None],
) -> None:
    """Show the slider and the pictures.

    Args:
        rows: the pictures.
        direction: (d,), the vector.
        strength: the slider's initial value.
        key: of the element; while it stays the same, the slider keeps its value.
        decoder: the decoder's name in the browser, see `dashboard.components.decoder`.
        says: describes the vector, beside the slider.
        most, step: the slider goes from -most to most in these steps.
        on_strength: called with the strength at which the slider was released.
    """

    def changed() -> None:
        sent = st.session_state[key].strength  # browsers can send anything
        if isinstance(sent, int | float) and math.isfinite(sent) and abs(sent) <= most:
            on_strength(float(sent))

    _component(
        key=key,
        data={
            "rows": [row.data() for row in rows],
            "vector": [float(value) for value in direction],
            "strength": strength,
            "decoder": decoder,
            "says": says,
            "most": most,
            "step": step,
        },
        on_strength_change=changed,
    )
