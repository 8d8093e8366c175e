"""Marks over a scatter of the latent space: paths, posteriors, a density, single points."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import label_colour
from dashboard.figures.latent import MARK, View
from vae_core.bidirectional import isolated
from vae_core.latent import planes
from vae_core.latent.planes import Density

ELLIPSES = (40, 300)  # fewest and most ellipses
# The lowest colour is transparent, so that the density fits a light and a dark page.
DENSITY_COLOURS = (
    (0.0, "rgba(80, 130, 220, 0)"),
    (0.02, "rgba(80, 130, 220, 0.15)"),
    (0.1, "rgba(80, 130, 220, 0.45)"),
    (0.4, "rgba(130, 80, 200, 0.75)"),
    (1.0, "rgba(220, 60, 120, 1)"),
)


def path(figure: go.Figure, points: np.ndarray, texts: Sequence[str]) -> None:
    """Add a path from A to B to a scatter.

    Args:
        figure: made by `dashboard.figures.latent.explorer`.
        points: (n, 2), see `View.points`.
        texts: (n,), shown beside the cursor.
    """
    figure.add_trace(
        go.Scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="lines+markers+text",
            name="A to B",
            text=["A", *[""] * (len(points) - 2), "B"],
            textposition="top center",
            customdata=[html.escape(isolated(text)) for text in texts],
            hovertemplate="<b>%{customdata}</b><extra></extra>",
            line={"color": MARK, "width": 2},
            marker={"color": MARK, "size": 7},
            showlegend=False,
        )
    )


def posteriors(
    points: np.ndarray, covariances: np.ndarray, labels: np.ndarray, label_names: Sequence[str]
) -> list[go.Scattergl]:
    """Return 1 sigma ellipses of random posteriors, as one trace per label.

    A click in the legend hides them together with the label's points. The larger the ellipses, the
    fewer are drawn: together they cover the plane about once.

    Args:
        points: (n, 2), posterior means in the plane.
        covariances: (n, 2, 2), covariances of the posteriors in the plane.
        labels: (n,), index into label_names.
        label_names: names in the legend.
    """
    ellipse_area = np.pi * np.sqrt(np.maximum(np.linalg.det(covariances), 0)).mean()
    plane_area = np.pi * np.prod(2 * points.std(axis=0))
    count = int(np.clip(plane_area / max(ellipse_area, 1e-12), *ELLIPSES))
    rows = np.random.default_rng(0).permutation(len(points))[:count]
    ellipses = planes.ellipses(points[rows], covariances[rows])
    traces = []
    for label, name in enumerate(label_names):
        x, y = _lines(ellipses[labels[rows] == label])
        traces.append(
            go.Scattergl(
                x=x,
                y=y,
                mode="lines",
                line={"width": 1.5, "color": label_colour(label)},
                legendgroup=name,
                showlegend=False,
                hoverinfo="skip",
            )
        )
    return traces


def _lines(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join lines (n, corners, 2) to the coordinates x and y of one trace, with nan between them."""
    broken = np.pad(polygons, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan)
    x, y = broken.reshape(-1, 2).T
    return x, y


def density(histogram: Density) -> go.Heatmap:
    """Return the aggregate posterior as a heat map, to be drawn below the points."""
    return go.Heatmap(
        x=histogram.x,
        y=histogram.y,
        z=histogram.height.astype(np.float32),
        zsmooth="best",
        colorscale=DENSITY_COLOURS,
        colorbar={
            "title": {"text": "aggregate posterior, per unit of area", "side": "top"},
            "orientation": "h",
            "thickness": 10,
            "len": 0.6,
            "x": 1,
            "xanchor": "right",
            "y": 1,
            "yanchor": "bottom",
        },
        hoverinfo="skip",
    )


def mark(
    figure: go.Figure, view: View, point: np.ndarray, log_var: np.ndarray, name: str, symbol: str
) -> None:
    """Add a posterior to a figure: its mean, and its ellipses at 1 and 2 standard deviations.

    With a single latent dimension a line of ±2 standard deviations replaces the ellipses.

    Args:
        figure: to add to.
        view: the figure's axes.
        point: (2,), the mean as a point of the view.
        log_var: (d,), log-variances of the posterior.
        name: of its entry in the legend.
        symbol: Plotly's name of the marker at the mean.
    """
    if view.projection is None:
        std = float(np.exp(0.5 * log_var[0]))
        outlines = point + np.array([[-2 * std, 0], [2 * std, 0]])[None]
    else:
        covariance = view.projection.covariances(log_var[None])
        outlines = np.concatenate(
            [planes.ellipses(point[None], covariance, radius) for radius in (1, 2)]
        )
    x, y = _lines(outlines)
    line = {"width": 2, "color": MARK}
    group = {"legendgroup": name, "hoverinfo": "skip"}
    opaque = {"marker": {"opacity": 1}}
    figure.add_trace(go.Scattergl(x=x, y=y, mode="lines", line=line, showlegend=False, **group))
    figure.add_trace(
        go.Scattergl(
            x=[point[0]],
            y=[point[1]],
            mode="markers",
            name=name,
            marker={
                "symbol": symbol,
                "size": 11,
                "color": MARK,
                "line": {"width": 1.5, "color": "white"},
            },
            unselected=opaque,
            **group,
        )
    )
