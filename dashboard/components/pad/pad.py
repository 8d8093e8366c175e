"""pad(): a pad to draw on or to drop a picture on; the end of a stroke reruns the page."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import streamlit as st

HERE = Path(__file__).parent
SIDE = 112  # pixels per side of the picture that is sent, 17 kB

_component = st.components.v2.component(
    "vae_lab_pad",
    html=(HERE / "pad.html").read_text("utf-8"),
    css=(HERE / "pad.css").read_text("utf-8"),
    js=(HERE / "pad.js").read_text("utf-8"),
)


def pad(*, key: str, brush: float, alt: str) -> None:
    """Show the pad; `drawing` returns the drawing.

    Args:
        key: of the element; while it stays the same, the drawing is kept.
        brush: width of a stroke as a share of the pad's side.
        alt: describes the pad for readers who can't see it.
    """
    _component(
        key=key,
        data={"side": SIDE, "brush": brush, "alt": alt, "drawing": _sent(key) or ""},
        on_drawing_change=lambda: None,
    )


def drawing(key: str) -> np.ndarray | None:
    """Return the drawing (SIDE, SIDE) float32 in [0, 1], ink is 1; None if the pad is empty.

    It can be called before `pad` in a page run.
    """
    sent = _sent(key)
    if sent is None:
        return None
    try:
        pixels = np.frombuffer(base64.b64decode(sent, validate=True), np.uint8)
    except ValueError:
        return None
    if pixels.size != SIDE * SIDE or not pixels.any():
        return None
    return pixels.reshape(SIDE, SIDE).astype(np.float32) / 255


def _sent(key: str) -> str | None:
    """Return what the browser sent as the drawing; None if it can't be one."""
    state = st.session_state.get(key)
    sent = state.get("drawing") if isinstance(state, dict) else None
    if not isinstance(sent, str) or len(sent) > 2 * SIDE * SIDE:  # browsers can send anything
        return None
    return sent
