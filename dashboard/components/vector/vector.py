"""vector(rows): pictures with a latent vector added, decoded in the browser as a slider moves.

Nothing is sent to the server until the slider is let go of.
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
SLIDER = HERE.parent / "slider.css"  # two components have the slider


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
        factor: how much of the vector it gets.
        alt: what it is, for those who can't see it.
        caption: below it; None for the strength that it has.
        focus: painted before all others.
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
    """A picture that stays as it is.

    Attributes:
        image: as a data: URI.
        caption: below it.
    """

    image: str
    caption: str

    def data(self) -> dict[str, Any]:
        return {"image": self.image, "caption": self.caption}


@dataclass(frozen=True)
class Row:
    """Pictures side by side under a title.

    Attributes:
        columns: how many fit beside each other.
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
        rows: of pictures.
        direction: (d,), the vector.
        strength: where the slider opens.
        key: names the element; with the same key the slider stays where it is.
        decoder: its name in the browser, see `dashboard.components.decoder`.
        says: what the slider is for, beside it.
        most, step: the slider goes from -most to most in these steps.
        on_strength: called with the strength that the slider was left at.
    """

    def changed() -> None:
        sent = st.session_state[key].strength  # what comes from a browser may be anything
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
