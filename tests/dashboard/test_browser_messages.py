"""What the browser sends is checked: selections, clicks and drawings."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
import streamlit as st

from dashboard.components.pad import pad
from dashboard.components.plot import plot


@pytest.mark.parametrize(
    "sent",
    [None, 3, [], {}, {"x": [1], "y": 2, "hidden": []}, {"x": ["a"], "y": ["b"], "hidden": [0]}],
)
def test_invalid_selections_and_clicks_are_ignored(sent: Any) -> None:
    assert plot._region(sent) is None
    assert plot._click(sent) is None


def test_valid_selections_and_clicks() -> None:
    region = plot._region({"x": [0, 1, 1], "y": [0, 0, 2], "hidden": [3]})
    assert region is not None
    assert region.polygon.tolist() == [[0, 0], [1, 0], [1, 2]]
    assert region.hidden == (3,)
    empty = plot._region({"x": [], "y": [], "hidden": []})
    assert empty is not None
    assert empty.polygon.shape == (0, 2)
    long = plot._region({"x": [0] * 10**5, "y": [0] * 10**5, "hidden": []})
    assert long is not None
    assert len(long.polygon) == plot.MOST_CORNERS
    click = {"trace": 1, "point": 2, "x": 0.5, "y": 1.5}
    assert plot._click(click) == plot.Click(1, 2, 0.5, 1.5)
    assert plot._click(click | {"row": "abc"}) == plot.Click(1, 2, 0.5, 1.5)


def test_invalid_drawings_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    assert pad.drawing("pad") is None
    pixels = np.zeros((pad.SIDE, pad.SIDE), np.uint8)
    pixels[3, 5] = 255
    for sent in (None, 7, "", "%%%", "ä", "A" * 10**6, base64.b64encode(b"123").decode()):
        state["pad"] = {"drawing": sent}
        assert pad.drawing("pad") is None
    state["pad"] = "drawn"
    assert pad.drawing("pad") is None
    state["pad"] = {"drawing": base64.b64encode(pixels.tobytes()).decode()}
    drawing = pad.drawing("pad")
    assert drawing is not None
    assert np.array_equal(drawing, pixels / 255)


def test_a_drawing_that_can_be_none_is_not_sent_back(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(pad, "_component", lambda **kwargs: sent.append(kwargs["data"]["drawing"]))
    whole = base64.b64encode(bytes(pad.SIDE * pad.SIDE)).decode()
    for value in ("x" * 1_000_000, 3, whole):
        monkeypatch.setattr(st, "session_state", {"pad": {"drawing": value}})
        pad.pad(key="pad", brush=0.1, alt="")
    assert sent == ["", "", whole]
