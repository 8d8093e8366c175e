"""plot(figure): a Plotly chart that keeps its element, zoom and hidden traces as data changes.

`st.plotly_chart` makes its element anew whenever the figure changes; a live chart would flicker
and lose its zoom at every tick. This component calls `Plotly.react` on the same element.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import plotly
import streamlit as st
from plotly import graph_objects as go

from vae_core.runs import replace_file

HERE = Path(__file__).parent
STATIC = HERE.parent / "static"

_component = st.components.v2.component(
    "vae_lab_plot",
    html='<div class="vae-lab-plot" role="img"></div><p class="vae-lab-plot-error" hidden></p>',
    css=".vae-lab-plot { width: 100%; }\n.vae-lab-plot-error { padding: 1rem; }\n",
    js=(HERE / "plot.js").read_text("utf-8"),
    isolate_styles=False,  # Plotly puts its styles into the document
)


@dataclass(frozen=True)
class Click:
    """A click on a point: number of the trace, of the point in it, and its coordinates."""

    trace: int
    point: int
    x: float
    y: float


def plot(
    figure: go.Figure,
    *,
    key: str,
    height: int,
    alt: str,
    aspect: float | None = None,
    clickable: bool = False,
) -> Click | None:
    """Show a figure in the colours of the current theme.

    Args:
        figure: data and layout; sizes and theme colours are set in the browser.
        key: names the element; the same key keeps zoom and hidden traces over reruns.
        height: in pixels; the width is that of the container.
        aspect: height of the plots over the width of the chart; on a narrow page the chart is
            then lower than `height`, where axes of equal scale would leave room unused.
        alt: what the chart shows, for those who can't see it.
        clickable: report clicks on points; each reruns the page once.

    Returns:
        The click that caused this rerun, if any.
    """
    result = _component(
        key=key,
        data={
            "figure": figure.to_json(),
            "plotly": _plotly_url(),
            "height": height,
            "aspect": aspect,
            "alt": alt,
            "clickable": clickable,
        },
        height="content" if aspect else height,
        on_click_change=lambda: None,
    )
    return Click(**result.click) if result.click else None


@st.cache_resource
def _plotly_url() -> str:
    """Where the browser gets plotly.js: a copy of the wheel's own, served by Streamlit."""
    name = f"plotly-{plotly.__version__}.min.js"
    if not (STATIC / name).is_file():
        source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
        STATIC.mkdir(exist_ok=True)
        replace_file(STATIC / name, lambda path: shutil.copyfile(source, path))
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{'/' + base if base else ''}/app/static/{name}"
