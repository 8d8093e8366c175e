"""plot(figure): a Plotly chart that keeps its element, zoom and hidden traces as data changes.

`st.plotly_chart` makes a new element whenever the figure changes, so a live chart would flicker
and lose its zoom at every refresh. This component calls `Plotly.react` on the same element. It also
reports clicks and selections, and shows the decoded picture of the point under the cursor. Where
the browser has no WebGL, it draws SVG with fewer points.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import plotly
import streamlit as st
from plotly import graph_objects as go

from dashboard.figures.dict_figure import DictFigure
from vae_core.runs.disk import replace_file

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "static"
MOST_CORNERS = 1000  # of a lasso; of more, some are left out

_component = st.components.v2.component(
    "vae_lab_plot",
    html="""<div class="vae-lab-plot-frame">
    <div class="vae-lab-plot" role="img"></div>
    <canvas class="vae-lab-plot-picture" aria-hidden="true" hidden></canvas>
</div>
<p class="vae-lab-plot-svg" hidden></p>
<p class="vae-lab-plot-error" hidden></p>""",
    css=""".vae-lab-plot-frame { position: relative; width: 100%; }
.vae-lab-plot { width: 100%; }
.vae-lab-plot-error { padding: 1rem; }
.vae-lab-plot-svg { margin: 0; padding: 0 0 0.25rem; font-size: 0.8rem; opacity: 0.7; }
.vae-lab-plot-picture {
    position: absolute;
    width: 96px;
    height: 96px;
    border: 1px solid var(--st-border-color);
    border-radius: 4px;
    background: black;
    pointer-events: none;
    z-index: 1;
}
.vae-lab-plot-picture[hidden] { display: none; }
""",
    js="\n".join((HERE / name).read_text("utf-8") for name in ("svg.js", "plot.js")),
    isolate_styles=False,  # Plotly puts its styles into the document
)


@dataclass(frozen=True)
class Click:
    """A click on a point.

    Attributes:
        trace, point: number of the trace, and of the point in it.
        x, y: coordinates of the point.
        row: the point's customdata; None if that is no whole number.
    """

    trace: int
    point: int
    x: float
    y: float
    row: int | None = None


@dataclass(frozen=True)
class Region:
    """A region that was drawn with a box or a lasso.

    Attributes:
        polygon: (m, 2), its corners in the coordinates of the axes; m is 0 if the selection was
            cleared.
        hidden: numbers of the traces that are hidden by the legend.
    """

    polygon: np.ndarray
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True)
class Hover:
    """Pictures at the cursor, decoded in the browser.

    Attributes:
        decoder: the decoder's name in the browser, see `dashboard.components.decoder`.
        latents: (n, d); the customdata of a point is its row.
    """

    decoder: str
    latents: np.ndarray


class Drawn(NamedTuple):
    """A figure as it is sent to the browser.

    Attributes:
        json: data and layout.
        top: its upper margin in pixels.
    """

    json: str
    top: int


def drawn(make: Callable[[], go.Figure | DictFigure], *key: Hashable) -> Drawn:
    """Return a figure from the cache, or make it; it is made once for all viewers.

    Args:
        make: makes the figure.
        key: identifies the figure: its name, and everything that it depends on.
    """
    return _drawn(key=key, _make=make)


@st.cache_data(max_entries=100, show_spinner=False)
def _drawn(key: tuple[Hashable, ...], _make: Callable[[], go.Figure | DictFigure]) -> Drawn:
    del key
    figure = _make()
    return Drawn(figure.to_json(), int(figure.layout["margin"]["t"] or 0))


def plot(
    figure: go.Figure | DictFigure | Drawn,
    *,
    key: str,
    height: int,
    alt: str,
    aspect: float | None = None,
    on_click: Callable[[Click], None] | None = None,
    on_select: Callable[[Region], None] | None = None,
    hover: Hover | None = None,
) -> None:
    """Show a figure in the colours of the current theme.

    Args:
        figure: data and layout; sizes and theme colours are set in the browser.
        key: of the element; while it stays the same, zoom and hidden traces are kept.
        height: in pixels; the width is that of the container.
        aspect: height of the plots divided by the width of the chart. On a narrow page the chart
            is then lower than `height`, because axes of equal scale would leave room empty.
        alt: describes the chart for readers who can't see it.
        on_click: called with a click on a point, before the page runs again.
        on_select: called with a box or lasso, before the page runs again. The browser sends the
            outline, not the points in it.
        hover: decodes a picture of the point under the cursor; None shows none.
    """

    def clicked() -> None:
        if on_click and (click := _click(st.session_state[key].click)):
            on_click(click)

    def selected() -> None:
        if on_select and (region := _region(st.session_state[key].select)):
            on_select(region)

    data: dict[str, Any] = {
        "figure": figure.json if isinstance(figure, Drawn) else figure.to_json(),
        "plotly": plotly_url(),
        "height": height,
        "aspect": aspect,
        "alt": alt,
        "clickable": on_click is not None,
        "selectable": on_select is not None,
    }
    if hover is not None:
        latents = np.ascontiguousarray(hover.latents, np.float32)
        data |= {
            "decoder": hover.decoder,
            "latentDim": latents.shape[1],
            "latents": base64.b64encode(latents.tobytes()).decode(),
        }
    _component(
        key=key,
        data=data,
        height="content" if aspect else height,
        on_click_change=clicked,
        on_select_change=selected,
    )


def _click(sent: object) -> Click | None:
    """Parse a click; return None if the browser sent anything else."""
    try:
        assert isinstance(sent, dict)
        row = sent.get("row")
        return Click(
            int(sent["trace"]),
            int(sent["point"]),
            float(sent["x"]),
            float(sent["y"]),
            row if isinstance(row, int) else None,
        )
    except (AssertionError, KeyError, TypeError, ValueError):
        return None


def _region(sent: object) -> Region | None:
    """Parse a box or lasso; return None if the browser sent anything else."""
    try:
        assert isinstance(sent, dict)
        corners = np.array([sent["x"], sent["y"]], float).T
        corners = corners[:: max(1, -(-len(corners) // MOST_CORNERS))]
        return Region(corners.reshape(-1, 2), tuple(map(int, sent["hidden"])))
    except (AssertionError, KeyError, TypeError, ValueError):
        return None


@st.cache_resource
def plotly_url() -> str:
    """Return the URL of plotly.js, a copy of the Python package's file, served by Streamlit."""
    name = f"plotly-{plotly.__version__}.min.js"
    if not (STATIC / name).is_file():
        source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
        STATIC.mkdir(exist_ok=True)
        replace_file(STATIC / name, lambda path: shutil.copyfile(source, path))
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{'/' + base if base else ''}/app/static/{name}"
