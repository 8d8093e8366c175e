"""Figures as plain dicts in the format of plotly.js, for speed.

Plotly's own classes check and copy every property at every access. For eight latent spaces side by
side that is 100 ms of Python, during which no other page can run. The tests pass these dicts to
`graph_objects.Figure`, which refuses unknown properties.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.io
from plotly.io.json import to_json_plotly

PLOTLY_TYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8")  # types that plotly.js reads
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
        data: its traces; arrays are sent as bytes.
        layout: its layout; Plotly's default template fills in the rest.
    """

    data: list[dict[str, Any]]
    layout: dict[str, Any]

    def to_json(self) -> str:
        """Return the figure as JSON for `Plotly.react`."""
        layout = {"template": _template()} | self.layout
        traces = [_encode_arrays(trace) for trace in self.data]
        return str(to_json_plotly({"data": traces, "layout": layout}))


def columns(
    number: int, spacing: float, titles: Sequence[str] = (), shared: bool = False
) -> dict[str, Any]:
    """Return the layout of plots side by side, as `plotly.subplots.make_subplots` does.

    Args:
        number: of plots.
        spacing: between two plots, as a share of the width.
        titles: shown above the plots.
        shared: whether they share the vertical axis.
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
    """Return the names of the axes of a plot: `x` and `y` for plot 1, `x2` and `y2` for plot 2."""
    suffix = "" if number == 1 else str(number)
    return f"x{suffix}", f"y{suffix}"


@functools.cache
def _template() -> dict[str, Any]:
    return dict(plotly.io.templates[plotly.io.templates.default].to_plotly_json())


def _encode_arrays(value: Any) -> Any:
    """Replace numeric arrays in nested dicts by the base64 of their bytes, for plotly.js."""
    if isinstance(value, dict):
        return {name: _encode_arrays(part) for name, part in value.items()}
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
        return value
    if value.dtype.str[1:] not in PLOTLY_TYPES:
        value = value.astype(np.float64)
    encoded = {
        "dtype": value.dtype.str[1:],
        "bdata": base64.b64encode(value.tobytes()).decode(),
    }
    return encoded if value.ndim == 1 else encoded | {"shape": ", ".join(map(str, value.shape))}
