"""Draw a sheet of pictures that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import pictures
from dashboard.figures.names import plot_text

PICKED = "#ffa90e"  # orange, visible on black, white and grey


def clickable(
    sheet: np.ndarray,
    rows: np.ndarray,
    names: Sequence[str],
    picked: np.ndarray,
    columns: int,
) -> go.Figure:
    """Draw a sheet with an invisible point to click on each picture, and frames around picked ones.

    Args:
        sheet: (h, w, c) in [0, 1], pictures of one size row by row, without gaps.
        rows: (n,), the number that a click on each picture reports.
        names: (n,), shown beside the cursor.
        picked: (n,) bool, which pictures are framed.
        columns: pictures per row.
    """
    lines = -(-len(rows) // columns)
    place = np.arange(len(rows))
    x, y = place % columns + 0.5, place // columns + 0.5
    figure = go.Figure(
        go.Scatter(
            x=x,
            y=y,
            mode="markers",
            marker={"size": 60, "symbol": "square", "opacity": 0},
            customdata=rows,
            text=[plot_text(name) for name in names],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    figure.add_layout_image(
        source=pictures.data_uri(pictures.png(sheet)),
        xref="x",
        yref="y",
        x=0,
        y=0,
        sizex=columns,
        sizey=lines,
        sizing="stretch",
        layer="below",
    )
    for column, line in zip(x[picked] - 0.5, y[picked] - 0.5, strict=True):
        inset = 0.03
        figure.add_shape(
            type="rect",
            x0=column + inset,
            x1=column + 1 - inset,
            y0=line + inset,
            y1=line + 1 - inset,
            line={"color": PICKED, "width": 4},
        )
    axis = {"visible": False, "fixedrange": True, "constrain": "domain"}
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis=axis | {"range": [0, columns]},
        yaxis=axis | {"range": [lines, 0], "scaleanchor": "x", "constraintoward": "top"},
        hovermode="closest",
        hoverdistance=-1,  # anywhere in the picture
        dragmode=False,
    )
    return figure
