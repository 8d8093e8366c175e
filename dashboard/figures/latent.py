"""The latent space as a scatter of posterior means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import LABEL_COLOURS, MARGINS, dim_name


def scatter(
    posterior_mean: np.ndarray,
    labels: np.ndarray,
    label_names: Sequence[str],
    dims: tuple[int, int] = (0, 1),
    prior_circles: bool = True,
    picked: np.ndarray | None = None,
) -> go.Figure:
    """Posterior means, a colour a label.

    Args:
        posterior_mean: (n, d).
        labels: (n,), index into label_names.
        label_names: names for the legend.
        dims: the two dimensions to show, from 0; with d = 1 the second axis is the label.
        prior_circles: draw 1 and 2 standard deviations of the prior.
        picked: (d,), a point to mark.
    """
    figure = go.Figure(layout=layout(dims, posterior_mean.shape[1]))
    for trace in traces(posterior_mean, labels, label_names, dims):
        figure.add_trace(trace)
    if prior_circles and posterior_mean.shape[1] > 1:
        figure.update_layout(shapes=circles("x", "y"))
    if picked is not None and len(picked) > 1:
        figure.add_trace(
            go.Scatter(
                x=[picked[dims[0]]],
                y=[picked[dims[1]]],
                mode="markers",
                marker={
                    "symbol": "x-thin",
                    "size": 16,
                    "line": {"width": 3, "color": "#d4351c"},
                },
                showlegend=False,
                hoverinfo="skip",
            )
        )
    return figure


def layout(dims: tuple[int, int], latent_dim: int) -> dict[str, object]:
    """Axes of equal scale, named by dimension."""
    y_title = dim_name(dims[1]) if latent_dim > 1 else "label"
    return {
        "xaxis": {"title": f"{dim_name(dims[0])} (posterior mean)", "zeroline": True},
        "yaxis": {
            "title": f"{y_title} (posterior mean)" if latent_dim > 1 else y_title,
            "zeroline": True,
            **({"scaleanchor": "x"} if latent_dim > 1 else {}),
        },
        "margin": MARGINS,
        "legend": {"itemsizing": "constant", "title": {"text": "label"}},
        "uirevision": f"latent-{dims}",
        "hovermode": "closest",
    }


def traces(
    posterior_mean: np.ndarray,
    labels: np.ndarray,
    label_names: Sequence[str],
    dims: tuple[int, int] = (0, 1),
    size: float = 5,
    **fixed: object,
) -> list[go.Scattergl]:
    """A WebGL trace a label."""
    x = posterior_mean[:, dims[0]]
    y = posterior_mean[:, dims[1]] if posterior_mean.shape[1] > 1 else labels.astype(np.float32)
    return [
        go.Scattergl(
            x=x[labels == label],
            y=y[labels == label],
            mode="markers",
            name=str(name),
            marker={
                "size": size,
                "opacity": 0.75,
                "color": LABEL_COLOURS[label % len(LABEL_COLOURS)],
            },
            hovertemplate=f"{name}<br>(%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
            **fixed,
        )
        for label, name in enumerate(label_names)
    ]


def circles(xref: str, yref: str) -> list[dict[str, object]]:
    """The prior's 1 and 2 sigma circles, as shapes of an axis pair."""
    return [
        {
            "type": "circle",
            "xref": xref,
            "yref": yref,
            "x0": -radius,
            "x1": radius,
            "y0": -radius,
            "y1": radius,
            "line": {"width": 1.6, "dash": "dot"},
            "opacity": 0.85,
        }
        for radius in (1, 2)
    ]
