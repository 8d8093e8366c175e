"""Known factors: what each latent dimension tells of them, and the scores over β."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import LABEL_COLOURS, MARGINS, dim_name
from vae_core.metrics.catalogue import FACTOR_METRICS, METRICS

FOLLOWS = 0.05  # of a factor's entropy: a dimension that tells less of it does not follow it
MOST_NUMBERED = 16  # dimensions: of more the numbers in the cells would overlap


def followed(told: np.ndarray, entropies: np.ndarray) -> list[int | None]:
    """The factor that each latent dimension tells the largest share of; None of one that is mute.

    Args:
        told: (d, f), see `vae_core.metrics.factors.mutual_informations`.
        entropies: (f,), nats.
    """
    shares = _shares(told, entropies)
    return [int(row.argmax()) if row.max() >= FOLLOWS else None for row in shares]


def _shares(told: np.ndarray, entropies: np.ndarray) -> np.ndarray:
    """Of the entropies; 0 of a factor that has one value alone."""
    return np.where(entropies > 0, told / np.where(entropies > 0, entropies, 1), 0)


def said(
    dim: int, factor: int | None, told: np.ndarray, entropies: np.ndarray, names: Sequence[str]
) -> str:
    """Which factor a dimension follows, and how well, in two short lines.

    Args:
        dim: from 0.
        factor: see `followed`.
        told: (f,), by this dimension, nats.
        entropies: (f,), nats.
        names: of the factors.
    """
    if factor is None:
        return f"<b>{dim_name(dim)}</b> follows none"
    return (
        f"<b>{dim_name(dim)}</b> follows {names[factor]}"
        f"<br>{told[factor]:.2f} of {entropies[factor]:.2f} nats"
    )


def matrix(told: np.ndarray, entropies: np.ndarray, names: Sequence[str]) -> go.Figure:
    """A heat map, latent dimension by factor: the share of the factor's entropy that it tells.

    Args:
        told: (d, f), nats.
        entropies: (f,), nats.
        names: of the factors.
    """
    shares = _shares(told, entropies)
    dims = [dim_name(dim) for dim in range(len(told))]
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
            text=[[f"{value:.2f}" for value in row] for row in told],
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
    """The scores over β: the mean over the seeds, with the standard deviation.

    Args:
        by_beta: β -> of each seed its numbers, see `vae_core.runs.run.Run.metrics`.
    """
    betas = sorted(by_beta)
    figure = go.Figure()
    lowest = 0.0  # who tells factors worse than by guessing gets less
    for number, name in enumerate(FACTOR_METRICS):
        found = {
            beta: values
            for beta in betas
            if (values := [n[name] for n in by_beta[beta] if name in n])
        }
        means = [float(np.mean(values)) for values in found.values()]
        stds = [float(np.std(v, ddof=1)) if len(v) > 1 else 0.0 for v in found.values()]
        lowest = min([lowest, *(mean - std for mean, std in zip(means, stds, strict=True))])
        figure.add_trace(
            go.Scatter(
                x=[f"{beta:g}" for beta in found],  # evenly spaced: β goes over orders of magnitude
                y=means,
                error_y={
                    "array": stds,
                    "visible": any(len(values) > 1 for values in found.values()),
                    "thickness": 1.2,
                    "width": 4,
                },
                customdata=[len(values) for values in found.values()],
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
        # Above, where Plotly makes room for as many lines as a narrow page needs.
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        margin=MARGINS | {"t": 8},
        uirevision="factor-scores",
    )
    return figure
