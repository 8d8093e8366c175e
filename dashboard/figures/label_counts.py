"""Draw how many items of each label are selected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import MARGINS, label_colour
from dashboard.figures.names import plot_names


def label_counts(counts: np.ndarray, label_names: Sequence[str]) -> go.Figure:
    """Draw the number of items of each label as bars.

    Args:
        counts: (labels,).
        label_names: one per label.
    """
    labels = np.flatnonzero(counts)[::-1]
    names = plot_names(label_names)
    figure = go.Figure(
        go.Bar(
            x=counts[labels],
            y=[names[label] for label in labels],
            orientation="h",
            marker={"color": [label_colour(label) for label in labels]},
            text=counts[labels],
            textposition="auto",
            hoverinfo="skip",
        )
    )
    figure.update_layout(margin=MARGINS | {"l": 8, "t": 8, "b": 8}, bargap=0.25)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(type="category", automargin=True, title="label", showgrid=False)
    return figure
