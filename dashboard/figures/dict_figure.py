"""Figures that are drawn often, as plain dicts in the words of plotly.js.

Plotly's own classes check and copy each property at each touch: 100 ms of Python for eight latent
spaces side by side, in which no other page can run. The tests make `graph_objects.Figure(*figure)`
of these, which refuses a property that there is not.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.io
from plotly.io.json import to_json_plotly

SHORT_TYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8")  # that plotly.js reads


TITLE = {
    "font": {"size": 16},
    "showarrow": False,
    "xanchor": "center",
    "xref": "paper",
    "y": 1.0,
    "yanchor": "bottom",
    "yref": "paper",
}


class DictFigure(NamedTuple):
    """A figure.

    Attributes:
        data: its traces; arrays are sent as their bytes.
        layout: what is left out is as in Plotly's default template.
    """

    data: list[dict[str, Any]]
    layout: dict[str, Any]

    def to_json(self) -> str:
        """What `Plotly.react` takes."""
        layout = {"template": _template()} | self.layout
        traces = [_sendable(trace) for trace in self.data]
        return str(to_json_plotly({"data": traces, "layout": layout}))


def columns(
    number: int, spacing: float, titles: Sequence[str] = (), shared: bool = False
) -> dict[str, Any]:
    """The layout of so many plots side by side, as `plotly.subplots.make_subplots` makes it.

    Args:
        number: of plots.
        spacing: between two, as a share of the width.
        titles: above them.
        shared: have they one vertical axis?
    """
    width = (1 - spacing * (number - 1)) / number
    layout: dict[str, Any] = {}
    for i in range(number):
        x, y = axes(i + 1)
        begin = i * (width + spacing)
        layout["xaxis" + x[1:]] = {"anchor": y, "domain": [begin, begin + width]}
        layout["yaxis" + y[1:]] = {"anchor": x, "domain": [0.0, 1.0]}
        if shared and i:
            layout["yaxis" + y[1:]] |= {"matches": "y", "showticklabels": False}
    layout["annotations"] = [
        {"text": title, "x": i * (width + spacing) + width / 2, **TITLE}
        for i, title in enumerate(titles)
    ]
    return layout


def axes(number: int) -> tuple[str, str]:
    """The names of the axes of a plot, from 1: `x2` and `y2`."""
    suffix = "" if number == 1 else str(number)
    return f"x{suffix}", f"y{suffix}"


@functools.cache
def _template() -> dict[str, Any]:
    return dict(plotly.io.templates[plotly.io.templates.default].to_plotly_json())


def _sendable(value: Any) -> Any:
    """Arrays as plotly.js reads them: the base64 of their bytes."""
    if isinstance(value, dict):
        return {name: _sendable(part) for name, part in value.items()}
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
        return value
    if value.dtype.str[1:] not in SHORT_TYPES:
        value = value.astype(np.float64)
    sent = {
        "dtype": value.dtype.str[1:],
        "bdata": base64.b64encode(value.tobytes()).decode(),
    }
    return sent if value.ndim == 1 else sent | {"shape": ", ".join(map(str, value.shape))}
