"""Figures over training: loss, distortion, rate, rate of each dimension, and the β schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import plotly.colors
from plotly import graph_objects as go

from dashboard.figures import LEGEND_BELOW, MARGINS, dim_name
from dashboard.figures.dict_figure import DictFigure, axes, columns
from vae_core.config import RunConfig
from vae_core.metrics.units import HIGH_RATE
from vae_core.model import schedules

T = TypeVar("T")

HELD_OUT, TRAIN = "#4e79a7", "#f28e2b"
MAX_POINTS = 500
MAX_COLUMNS = 300
MAX_DIM_LABELS = 16
VIRIDIS = plotly.colors.get_colorscale("Viridis")


def training(records: Sequence[dict[str, Any]], item: str = "image") -> DictFigure:
    """Draw loss, distortion and rate over the epochs, held out and on the training batches.

    The parts that the objective itself reports follow. An autoencoder has no rate, so it gets only
    the loss, which equals the distortion. The axes leave out the steep fall at
    the start; a double click shows everything.

    Args:
        records: lines of metrics.jsonl of the kinds `step` and `epoch`.
        item: the word for one item, as in "nats per image".
    """
    numbers = [r[part] for r in records for part in ("train", "test") if r.get(part)]
    has_rate = all("rate" in parts for parts in numbers)
    names, titles = ["loss"], ["loss = distortion"]
    if has_rate:
        reported: dict[str, float] = next((r["train"] for r in records if r["train"]), {})
        names = list(dict.fromkeys(["loss", "distortion", "rate", *reported]))
        names = [name for name in names if all(name in parts for parts in numbers)]
        titles = [name.replace("_", " ") for name in names]
    layout = columns(len(names), 0.07, titles)
    traces = []
    held_out = _thinned([r for r in records if r["kind"] == "epoch"])
    # Single steps are drawn for runs of few epochs; from 20 epochs on, the epochs' means suffice.
    epoch_means = [r for r in held_out if r["train"]]
    steps = [r for r in records if r["kind"] == "step"]
    train = epoch_means if len(epoch_means) >= 20 else _thinned(steps or epoch_means)
    for column, name in enumerate(names, start=1):
        x, y = axes(column)
        for label, colour, rows, part in (
            ("training", TRAIN, train, "train"),
            ("held out", HELD_OUT, held_out, "test"),
        ):
            traces.append(
                {
                    "type": "scatter",
                    "x": np.array([row["epoch"] for row in rows], float),
                    "y": np.array([row[part][name] for row in rows], float),
                    "xaxis": x,
                    "yaxis": y,
                    "name": label,
                    "legendgroup": label,
                    "showlegend": column == 1,
                    "mode": "lines+markers" if len(rows) < 30 else "lines",
                    "line": {"color": colour, "width": 2},
                    "marker": {"size": 5},
                    "hovertemplate": f"epoch %{{x:.2f}}<br>{label} %{{y:.2f}} nats<extra></extra>",
                }
            )
        layout["xaxis" + x[1:]] |= {"title": {"text": "epoch"}, "rangemode": "tozero"}
        if (limits := _range(held_out, train, name)) is not None:
            layout["yaxis" + y[1:]]["range"] = limits
    layout["yaxis"]["title"] = {"text": f"nats per {item}"}
    layout |= {"margin": MARGINS | {"b": 84}, "uirevision": "training", "legend": LEGEND_BELOW}
    return DictFigure(traces, layout)


def rate_per_dim(records: Sequence[dict[str, Any]]) -> DictFigure:
    """Draw the held-out rate of each latent dimension over the epochs, as a heat map.

    Args:
        records: lines of metrics.jsonl of the kinds `step` and `epoch`; at least one is of the
            kind `epoch`. Steps of older runs lack the rate per dimension and are left out.
    """
    rows = _thinned([r for r in records if _rate_per_dim(r)], MAX_COLUMNS)
    # A dict by epoch: the last step of an epoch and the record of this epoch have the same time.
    rates = {row["epoch"]: _rate_per_dim(row) for row in rows}
    epochs = list(rates)
    values = np.array([rates[epoch] for epoch in epochs]).T
    dims = range(len(values))
    trace = {
        "type": "heatmap",
        "x": epochs,
        "y": list(dims),
        "z": values,
        "zmin": 0,
        "zmax": values.max(initial=HIGH_RATE),  # at least that, so that a collapsed run is dark
        "colorscale": VIRIDIS,
        "colorbar": {"title": {"text": "nats", "side": "right"}, "thickness": 14},
        "customdata": np.tile([[dim_name(dim)] for dim in dims], (1, len(epochs))),
        "hovertemplate": "%{customdata}, epoch %{x:.2f}<br>rate %{z:.3f} nats<extra></extra>",
    }
    labelled = dims[:: -(-len(dims) // MAX_DIM_LABELS)]
    layout = {
        "xaxis": {"title": {"text": "epoch"}, "showgrid": False, "zeroline": False},
        "yaxis": {
            "tickvals": list(labelled),
            "ticktext": [dim_name(dim) for dim in labelled],
            "range": [len(dims) - 0.5, -0.5],  # z₁ on top
            "showgrid": False,
            "zeroline": False,
        },
        "margin": MARGINS | {"t": 8},
        "uirevision": "rate-per-dim",
    }
    return DictFigure([trace], layout)


def _rate_per_dim(record: dict[str, Any]) -> list[float] | None:
    numbers = record["test"] if record["kind"] == "epoch" else record
    return numbers.get("rate_per_dim")


def schedule(config: RunConfig, steps_per_epoch: int) -> go.Figure:
    """Draw β, or the capacity C, over the steps of a run, computed as in training."""
    total = config.epochs * steps_per_epoch
    steps = np.unique(np.linspace(0, total - 1, MAX_POINTS).astype(int))
    beta, capacity = schedules.schedule(config, steps, total)
    name, values, unit = ("β", beta, "") if capacity is None else ("C", capacity, " (nats)")
    figure = go.Figure(
        go.Scatter(x=steps, y=values, line={"color": HELD_OUT, "width": 2}, name=name)
    )
    figure.update_layout(
        xaxis={"title": "step"},
        yaxis={"title": name + unit, "rangemode": "tozero"},
        margin=MARGINS | {"t": 8},
        showlegend=False,
    )
    return figure


def _range(
    held_out: list[dict[str, Any]], train: list[dict[str, Any]], name: str
) -> list[float] | None:
    """Return axis limits without the steep fall at the start; None in the first epochs."""
    if len(held_out) < 4:
        return None
    begin = max(1.0, 0.03 * held_out[-1]["epoch"])
    values = [
        row[part][name]
        for rows, part in ((held_out, "test"), (train, "train"))
        for row in rows
        if row["epoch"] >= begin
    ]
    room = 0.06 * (max(values) - min(values)) + 1e-3
    return [min(values) - room, max(values) + room]


def _thinned(rows: list[T], limit: int = MAX_POINTS) -> list[T]:
    """Return at most `limit` evenly spaced rows, the first and the last among them."""
    if len(rows) <= limit:
        return rows
    return [rows[i] for i in np.linspace(0, len(rows) - 1, limit).astype(int)]
