"""Figures of known factors: their information in each latent dimension, and scores over β."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import LABEL_COLOURS, MARGINS, dim_name
from vae_core.metrics.catalogue import FACTOR_METRICS, METRICS

FOLLOWS = 0.05  # a dimension follows a factor if it tells this share of the factor's entropy
MOST_NUMBERED = 16  # with more dimensions the numbers in the cells would overlap


def followed_factors(information: np.ndarray, entropies: np.ndarray) -> list[int | None]:
    """Return for each dimension the factor it follows; None if it follows none, see `FOLLOWS`.

    Args:
        information: (d, f), nats, see `vae_core.metrics.factors.mutual_informations`.
        entropies: (f,), nats.
    """
    shares = _shares(information, entropies)
    return [int(row.argmax()) if row.max() >= FOLLOWS else None for row in shares]


def _shares(information: np.ndarray, entropies: np.ndarray) -> np.ndarray:
    """Divide (d, f) nats by the factors' entropies (f,); 0 for a factor with a single value."""
    return np.where(entropies > 0, information / np.where(entropies > 0, entropies, 1), 0)


def dimension_title(
    dim: int,
    factor: int | None,
    information: np.ndarray,
    entropies: np.ndarray,
    names: Sequence[str],
) -> str:
    """Return two short lines that say which factor a dimension follows, and how well.

    Args:
        dim: from 0.
        factor: see `followed_factors`.
        information: (f,), mutual information of this dimension with each factor, nats.
        entropies: (f,), nats.
        names: of the factors.
    """
    if factor is None:
        return f"<b>{dim_name(dim)}</b> follows none"
    return (
        f"<b>{dim_name(dim)}</b> follows {names[factor]}"
        f"<br>{information[factor]:.2f} of {entropies[factor]:.2f} nats"
    )


def matrix(information: np.ndarray, entropies: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw a heat map of the share of each factor's entropy that each latent dimension tells.

    Args:
        information: (d, f), nats, see `vae_core.metrics.factors.mutual_informations`.
        entropies: (f,), nats.
        names: of the factors.
    """
    shares = _shares(information, entropies)
    dims = [dim_name(dim) for dim in range(len(information))]
    figure = go.Figure(
        go.Heatmap(
            x=[
                f"{name}<br><sub>{most:.2f}</sub>"
                for name, most in zip(names, entropies, strict=True)
            ],
            y=dims,
            z=shares,
            zmin=0,
            zmax=1,
            colorscale="Viridis",
            colorbar={
                "title": {"text": "share of the factor's entropy", "side": "right"},
                "thickness": 14,
                "tickformat": ".0%",
            },
            text=[[f"{value:.2f}" for value in row] for row in information],
            texttemplate="%{text}" if len(dims) <= MOST_NUMBERED else None,
            hovertemplate="%{y}, %{x}<br>%{text} nats, %{z:.0%}<extra></extra>",
        )
    )
    figure.update_layout(
        xaxis={"side": "top", "showgrid": False, "fixedrange": True},
        yaxis={"autorange": "reversed", "showgrid": False, "fixedrange": True},
        margin=MARGINS | {"t": 48, "b": 8, "l": 44},
        uirevision="factors",
    )
    return figure


def scores(by_beta: Mapping[float, Sequence[Mapping[str, float]]]) -> go.Figure:
    """Draw the scores over β: mean and standard deviation over the seeds.

    Args:
        by_beta: β -> numbers of each seed, see `vae_core.runs.run.Run.metrics`.
    """
    betas = sorted(by_beta)
    figure = go.Figure()
    lowest = 0.0  # scores can be negative: worse than guessing
    for number, name in enumerate(FACTOR_METRICS):
        scores_by_beta = {
            beta: values
            for beta in betas
            if (values := [n[name] for n in by_beta[beta] if name in n])
        }
        means = [float(np.mean(values)) for values in scores_by_beta.values()]
        stds = [float(np.std(v, ddof=1)) if len(v) > 1 else 0.0 for v in scores_by_beta.values()]
        lowest = min([lowest, *(mean - std for mean, std in zip(means, stds, strict=True))])
        figure.add_trace(
            go.Scatter(
                x=[f"{beta:g}" for beta in scores_by_beta],  # evenly spaced, whatever the values
                y=means,
                error_y={
                    "array": stds,
                    "visible": any(len(values) > 1 for values in scores_by_beta.values()),
                    "thickness": 1.2,
                    "width": 4,
                },
                customdata=[len(values) for values in scores_by_beta.values()],
                name=METRICS[name].title,
                mode="lines+markers",
                line={"color": LABEL_COLOURS[number], "width": 2},
                marker={"size": 8},
                hovertemplate=f"β = %{{x}}<br>{METRICS[name].title} %{{y:.3f}}"
                "<br>seeds: %{customdata}<extra></extra>",
            )
        )
    figure.update_layout(
        xaxis={"title": "β", "type": "category", "categoryarray": [f"{beta:g}" for beta in betas]},
        yaxis={"title": "score", "range": [lowest - 0.03, 1.03]},
        # Above the plot, where Plotly makes room for several lines on a narrow page.
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        margin=MARGINS | {"t": 8},
        uirevision="factor-scores",
    )
    return figure
