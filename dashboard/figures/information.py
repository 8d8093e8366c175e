"""Figures of Learn: KL of two Gaussians, the rate's gradient, posterior samples, bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures import LABEL_COLOURS, LEGEND_BELOW, MARGINS, dim_name
from vae_core.metrics import information
from vae_core.model.priors import standard_normal

P, Q = LABEL_COLOURS[0], LABEL_COLOURS[6]
NEGATIVE = "#e5484d"  # red, visible on light and dark
EDGE = 8.0  # the x axis of two Gaussians covers at least -EDGE to EDGE
TAIL = 5.0  # standard deviations of each Gaussian that the x axis covers on both sides
POINTS = 801
MAX_MEAN, MIN_STD, MAX_STD = 3.0, 0.05, 3.0  # range of the posterior's mean and std
ARROW_LENGTH = 0.25  # for a gradient of 1


def _with_opacity(colour: str, opacity: float) -> str:
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r}, {g}, {b}, {opacity})"


def gaussians(mean_p: float, std_p: float, mean_q: float, std_q: float) -> go.Figure:
    """Draw the densities of p and q, and below them p log(p / q), coloured by its sign."""
    low = min(-EDGE, mean_p - TAIL * std_p, mean_q - TAIL * std_q)
    high = max(EDGE, mean_p + TAIL * std_p, mean_q + TAIL * std_q)
    x = np.linspace(low, high, POINTS)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    for name, colour, mean, std in (("p", P, mean_p, std_p), ("q", Q, mean_q, std_q)):
        figure.add_trace(
            go.Scatter(
                x=x,
                y=information.gaussian(x, mean, std),
                name=f"{name} = N({mean:g}, {std:g}²)",
                line={"color": colour, "width": 2.5},
                fill="tozeroy",
                fillcolor=_with_opacity(colour, 0.15),
                hovertemplate=f"x %{{x:.2f}}<br>{name} %{{y:.3f}}<extra></extra>",
            ),
            row=1,
            col=1,
        )
    integrand = information.kl_integrand(x, mean_p, std_p, mean_q, std_q)
    for name, colour, part in (
        ("p log(p/q) above 0", P, np.maximum(integrand, 0)),
        ("p log(p/q) below 0", NEGATIVE, np.minimum(integrand, 0)),
    ):
        figure.add_trace(
            go.Scatter(
                x=x,
                y=part,
                name=name,
                line={"color": colour, "width": 1},
                fill="tozeroy",
                fillcolor=_with_opacity(colour, 0.4),
                hovertemplate="x %{x:.2f}<br>p log(p/q) %{y:.3f}<extra></extra>",
            ),
            row=2,
            col=1,
        )
    figure.update_xaxes(range=[low, high])
    figure.update_xaxes(title="x", row=2, col=1)
    figure.update_yaxes(title="density", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title="nats per unit of x", row=2, col=1)
    figure.update_layout(
        margin=MARGINS | {"t": 8, "b": 84}, legend=LEGEND_BELOW, uirevision="gaussians"
    )
    return figure


def rate_terms(mean: float, std: float) -> go.Figure:
    """Draw the two terms of one dimension's rate: one depends only on μ, the other only on σ.

    Arrows point downhill, and their length is proportional to the gradient.
    """
    means = np.linspace(-MAX_MEAN, MAX_MEAN, 201)
    stds = np.linspace(MIN_STD, MAX_STD, 296)
    rate = standard_normal.rate_per_dim
    slopes = information.rate_gradient(mean, std)
    figure = make_subplots(
        rows=1,
        cols=2,
        subplot_titles=("½ μ²: pulls μ to 0", "½ (σ² - 1 - ln σ²): pulls σ to 1"),
        shared_yaxes=True,
        horizontal_spacing=0.05,
    )
    panels = (
        ("μ", means, rate(means, 0.0), mean, rate(mean, 0.0), (-MAX_MEAN, MAX_MEAN)),
        ("σ", stds, rate(0.0, 2 * np.log(stds)), std, rate(0.0, 2 * math.log(std)), (0, MAX_STD)),
    )
    top = 5.0
    for column, (name, x, y, at, height, edges) in enumerate(panels, start=1):
        colour = (P, Q)[column - 1]
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                line={"color": colour, "width": 2.5},
                hovertemplate=f"{name} %{{x:.2f}}<br>%{{y:.3f}} nats<extra></extra>",
            ),
            row=1,
            col=column,
        )
        figure.add_trace(
            go.Scatter(
                x=[at],
                y=[height],
                mode="markers",
                marker={"size": 12, "color": colour, "line": {"color": "white", "width": 1.5}},
                hovertemplate=f"{name} = %{{x:.2f}}<br>%{{y:.3f}} nats<extra></extra>",
            ),
            row=1,
            col=column,
        )
        slope = slopes[column - 1]
        to = float(np.clip(at - ARROW_LENGTH * slope, *edges))
        figure.add_annotation(
            x=to,
            y=float(height),
            ax=at,
            ay=float(height),
            **{f"{axis}ref": f"{axis[-1]}{column if column > 1 else ''}" for axis in ("x", "y")},
            **{f"a{axis}ref": f"{axis}{column if column > 1 else ''}" for axis in ("x", "y")},
            showarrow=abs(slope) > 0.02,
            arrowhead=2,
            arrowwidth=2.5,
            arrowcolor=NEGATIVE,
            text="",
        )
        figure.update_xaxes(title=name, range=list(edges), row=1, col=column)
    figure.update_yaxes(range=[-0.25, top])
    figure.update_yaxes(title="nats", row=1, col=1)
    figure.update_layout(margin=MARGINS, showlegend=False, uirevision="pulls")
    return figure


def posterior_samples(
    mean: np.ndarray, std: np.ndarray, z: np.ndarray, others: np.ndarray
) -> go.Figure:
    """Draw the dimensions of a posterior: μ ± σ, one sample and other samples.

    Args:
        mean, std: (d,), of the posterior.
        z: (d,), the sample.
        others: (m, d), the other samples.
    """
    names = [dim_name(dim) for dim in range(len(mean))]
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=others.ravel(),
            y=np.tile(names, len(others)),
            mode="markers",
            marker={"size": 7, "symbol": "line-ns", "line": {"width": 1, "color": P}},
            opacity=0.35,
            name=f"{len(others)} other draws",
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=mean,
            y=names,
            mode="markers",
            marker={"size": 9, "color": P},
            error_x={"array": std, "color": P, "thickness": 3, "width": 8},
            name="μ ± σ",
            hovertemplate="%{y}: μ %{x:.2f}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=z,
            y=names,
            mode="markers",
            marker={"size": 14, "symbol": "diamond", "color": Q},
            name="z = μ + σ·ε",
            hovertemplate="%{y}: z %{x:.3f}<extra></extra>",
        )
    )
    figure.update_layout(
        xaxis={"title": "z"},
        yaxis={"autorange": "reversed", "type": "category"},
        margin=MARGINS | {"t": 8, "b": 84},
        legend=LEGEND_BELOW,
        uirevision="draws",
    )
    return figure


def bounds(bound_of: Mapping[int, float], elbo: float) -> go.Figure:
    """Draw the importance-weighted bounds of one image over the number of samples, and its elbo.

    Args:
        bound_of: number of samples -> bound, nats.
        elbo: nats.
    """
    samples: Sequence[int] = list(bound_of)
    figure = go.Figure(
        go.Scatter(
            x=samples,
            y=list(bound_of.values()),
            mode="lines+markers",
            line={"color": P, "width": 2.5},
            marker={"size": 8},
            name="bound",
            hovertemplate="k = %{x}<br>%{y:.2f} nats<extra></extra>",
        )
    )
    figure.add_hline(
        y=elbo,
        line={"dash": "dot", "color": NEGATIVE},
        annotation={"text": "elbo = -(distortion + rate)", "xanchor": "right", "yanchor": "bottom"},
    )
    figure.update_layout(
        xaxis={
            "title": "samples k",
            "type": "log",
            "tickvals": samples,
            "ticktext": [str(k) for k in samples],
        },
        yaxis={"title": "bound on log p(x), nats"},
        margin=MARGINS | {"t": 16},
        showlegend=False,
        uirevision="bounds",
    )
    return figure
