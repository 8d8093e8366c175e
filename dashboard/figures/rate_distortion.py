"""The rate-distortion plane of several runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import (
    MARGINS,
    MUTED,
    label_colour,
)
from dashboard.figures.comparison import Column

SLOPE_LENGTH = 0.09  # as a share of the axes


def rate_distortion(columns: Sequence[Column], item: str = "image") -> go.Figure:
    """Draw held-out rate against distortion: for each β the mean and spread over the seeds.

    Alemi et al. (2018), "Fixing a Broken ELBO", figure 1. Dotted lines join points of equal elbo.
    At an optimal run with β, the curve of the best reachable points has the slope -β; a short line
    through each point shows this slope. With the capacity schedule the slope at the optimum is
    another, so such runs get no line.

    Runs with β = 0 are not drawn, because they don't optimise their rate and would stretch the
    axis. Autoencoders have no rate.

    Args:
        columns: the runs.
        item: the word for one item, as in "nats per image".
    """
    drawn = [c for c in columns if c.beta]
    figure = go.Figure()
    if drawn:
        points = np.concatenate([c.points for c in drawn])
        top = max(points[:, 0].max() * 1.15, 1.0)
        low, high = points[:, 1].min(), points[:, 1].max()
        room = max(0.12 * (high - low), 1.0)
        _add_equal_elbo(figure, points, top, low - 0.5 * room)  # leaves room for the texts
        for number, sweep in enumerate(dict.fromkeys(c.sweep for c in drawn)):
            sweep_columns = sorted(
                (c for c in drawn if c.sweep == sweep), key=lambda c: c.points[:, 0].mean()
            )
            colour = label_colour(number)
            _add_slopes(figure, sweep_columns, (1.03 * top, high - low + 2 * room), colour)
            _add_points(figure, sweep_columns, colour)
        figure.update_xaxes(range=[-0.03 * top, top])
        figure.update_yaxes(range=[low - room, high + room])
    figure.update_layout(
        xaxis={"title": f"rate (nats per {item})"},
        yaxis={"title": f"distortion (nats per {item})"},
        margin=MARGINS | {"t": 8},
        uirevision="rate-distortion",
        showlegend=False,
    )
    return figure


def _add_equal_elbo(figure: go.Figure, points: np.ndarray, top: float, bottom: float) -> None:
    """Add four lines of equal elbo.

    Args:
        figure: to add to.
        points: (n, 2), rates and distortions.
        top: largest rate of the lines.
        bottom: smallest distortion of the lines.
    """
    totals = points.sum(axis=1)
    for total in np.unique(np.linspace(totals.min(), totals.max(), 4).round(6)):
        end = min(top, total - bottom)
        figure.add_trace(
            go.Scatter(
                x=[0, end],
                y=[total, total - end],
                mode="lines+text",
                text=["", f"elbo {-total:.1f}"],
                textposition="bottom left",
                textfont={"color": MUTED, "size": 11},
                cliponaxis=False,
                line={"width": 1, "dash": "dot", "color": MUTED},
                hovertemplate=f"elbo {-total:.1f} nats<extra></extra>",
            )
        )


def _add_slopes(
    figure: go.Figure, columns: Sequence[Column], extents: tuple[float, float], colour: str
) -> None:
    """Add a line of slope -β through each column's mean; all lines look equally long.

    Args:
        figure: to add to.
        columns: the runs of a sweep.
        extents: of the axes of rate and distortion, nats.
        colour: of the lines.
    """
    x: list[float | None] = []
    y: list[float | None] = []
    for column in columns:
        if not column.sloped:
            continue
        rate, distortion = column.points.mean(axis=0)
        beta = column.beta or 0.0
        step = SLOPE_LENGTH / np.hypot(1 / extents[0], beta / extents[1]) / 2
        x += [rate - step, rate + step, None]
        y += [distortion + beta * step, distortion - beta * step, None]
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": colour, "width": 3},
            opacity=0.45,
            hoverinfo="skip",
            name="slope -β",
        )
    )


def _add_points(figure: go.Figure, columns: Sequence[Column], colour: str) -> None:
    """Add each column's mean over seeds, with error bars, joined by a line."""
    mean = np.array([c.points.mean(axis=0) for c in columns])
    spread = np.array([_spread(c.points) for c in columns])
    seeds = [len(c.points) for c in columns]
    several = max(seeds) > 1

    def bars(values: np.ndarray) -> dict[str, object]:
        return {"array": values, "visible": several, "thickness": 1.2, "width": 3}

    details = [
        f"mean of {n} seeds, rate ± {s[0]:.2f}, distortion ± {s[1]:.2f}" if n > 1 else "one seed"
        for n, s in zip(seeds, spread, strict=True)
    ]
    figure.add_trace(
        go.Scatter(
            x=mean[:, 0],
            y=mean[:, 1],
            error_x=bars(spread[:, 0]),
            error_y=bars(spread[:, 1]),
            mode="lines+markers+text",
            text=[c.title for c in columns],
            customdata=details,
            # Alternately above and below the curve, so that neighbours don't overlap.
            textposition=[("top right", "bottom left")[i % 2] for i in range(len(columns))],
            cliponaxis=False,
            line={"color": colour, "width": 1},
            marker={"size": 9},
            hovertemplate=(
                "%{text}<br>rate %{x:.2f}<br>distortion %{y:.2f}<br>%{customdata}<extra></extra>"
            ),
        )
    )


def _spread(points: np.ndarray) -> np.ndarray:
    """Return the standard deviation (2,) of rate and distortion over seeds; 0 for a single seed."""
    return points.std(axis=0, ddof=1) if len(points) > 1 else np.zeros(2)
