"""Autoencoder and VAEs side by side: latent planes at their own scales, and walks through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures import LABEL_COLOURS, LEGEND_BELOW, MARGINS, dim_name, latent
from dashboard.figures.pictures import data_uri, enlarged, png
from vae_core.analysis import sheet

MAX_POINTS = 2500  # a run: more hide each other
SHARE_SHOWN = 0.99  # of the images lie within axes of their own
PIXELS_ACROSS = 900


@dataclass(frozen=True)
class Plane:
    """The latent space of one run.

    Attributes:
        title: above it.
        means: (n, d), where the held-out images are.
        labels: (n,), index into label_names.
        label_names: one a label.
        dims: the two dimensions to show, from 0; with d = 1 the second axis is the label.
        walk: (steps, d), a straight walk.
    """

    title: str
    means: np.ndarray
    labels: np.ndarray
    label_names: Sequence[str]
    dims: tuple[int, int]
    walk: np.ndarray

    @property
    def half_width(self) -> float:
        """Of axes that show nearly all images, and 2 σ of N(0, I) in any case."""
        shown = np.abs(self.means[:, list(self.dims)]).max(axis=1)
        return max(float(np.quantile(shown, SHARE_SHOWN)) * 1.05, 2.2)


def planes(runs: Sequence[Plane], shared: bool) -> go.Figure:
    """A scatter a run around the origin, with the circles of N(0, I) and the walk.

    Args:
        runs: at least one.
        shared: the widest axes for all; else each has its own, and its title says how wide.
    """
    widest = max(run.half_width for run in runs)
    widths = [widest if shared else run.half_width for run in runs]
    figure = make_subplots(
        rows=1,
        cols=len(runs),
        subplot_titles=[
            f"{run.title}<br><sub>axes from -{width:.3g} to {width:.3g}</sub>"
            for run, width in zip(runs, widths, strict=True)
        ],
        horizontal_spacing=0.05,
    )
    shapes = []
    for number, (run, width) in enumerate(zip(runs, widths, strict=True), start=1):
        suffix = "" if number == 1 else str(number)
        flat = run.means.shape[1] == 1
        shown = np.random.default_rng(0).permutation(len(run.labels))[:MAX_POINTS]
        for trace in latent.traces(
            run.means[shown], run.labels[shown], run.label_names, run.dims, size=3.5
        ):
            trace.update(legendgroup=trace.name, showlegend=number == 1)
            figure.add_trace(trace, row=1, col=number)
        if not flat:
            x, y = run.walk[:, list(run.dims)].T
            figure.add_trace(
                go.Scattergl(
                    x=x,
                    y=y,
                    mode="lines+markers",
                    line={"color": latent.MARK, "width": 2},
                    marker={"size": 5, "color": latent.MARK},
                    name="the walk",
                    legendgroup="the walk",
                    showlegend=number == 1,
                    hoverinfo="skip",
                ),
                row=1,
                col=number,
            )
            shapes += latent.circles(f"x{suffix}", f"y{suffix}")
            figure.update_yaxes(
                range=[-width, width],
                scaleanchor=f"x{suffix}",
                constrain="domain",
                nticks=7,
                row=1,
                col=number,
            )
        figure.update_xaxes(
            title=dim_name(run.dims[0]),
            range=[-width, width],
            constrain="domain",
            nticks=7,
            row=1,
            col=number,
        )
        figure.update_yaxes(title="label" if flat else dim_name(run.dims[1]), row=1, col=number)
    figure.update_layout(
        shapes=shapes,
        margin=MARGINS | {"b": 92, "t": 56},
        legend=LEGEND_BELOW,
        hovermode="closest",
        uirevision=f"autoencoder-{shared}-{widths}",
    )
    return figure


def walk(
    pictures: np.ndarray, distances: Mapping[str, np.ndarray], tops: Mapping[str, float]
) -> go.Figure:
    """The decoded steps of a walk, and under each how far the nearest image is.

    Args:
        pictures: (steps, size, size) in [0, 1].
        distances: by what is measured, with its unit: (steps,).
        tops: of each the top of its axis, so that several walks compare.
    """
    steps = len(pictures)
    bars = 0.5 / len(distances)
    figure = make_subplots(
        rows=1 + len(distances),
        cols=1,
        shared_xaxes=True,
        row_heights=[0.5, *[bars] * len(distances)],
        vertical_spacing=0.05,
    )
    picture = enlarged(sheet(pictures, steps, gap=1), PIXELS_ACROSS)
    height, width = picture.shape
    figure.add_trace(
        go.Image(
            source=data_uri(png(picture)),
            x0=-0.5 + 0.5 * steps / width,
            dx=steps / width,
            y0=0.5 / height,
            dy=1 / height,
            hoverinfo="none",
        ),
        row=1,
        col=1,
    )
    # Not of equal scale, which an image would ask for: the steps keep the width of the bars.
    figure.update_yaxes(
        visible=False, fixedrange=True, range=[1, 0], scaleanchor=False, row=1, col=1
    )
    for row, (name, values) in enumerate(distances.items(), start=2):
        figure.add_trace(
            go.Bar(
                x=list(range(steps)),
                y=values,
                marker={"color": LABEL_COLOURS[0] if row == 2 else LABEL_COLOURS[1]},
                hovertemplate=f"step %{{x}}<br>{name.replace('<br>', ' ')}: %{{y:.3g}}"
                "<extra></extra>",
                showlegend=False,
            ),
            row=row,
            col=1,
        )
        figure.update_yaxes(
            title={"text": name, "font": {"size": 11}},
            range=[0, tops[name]],
            fixedrange=True,
            nticks=4,
            row=row,
            col=1,
        )
    figure.update_xaxes(fixedrange=True, range=[-0.5, steps - 0.5], showgrid=False, zeroline=False)
    figure.update_xaxes(visible=False, row=1, col=1)
    figure.update_xaxes(title="step", dtick=1, row=1 + len(distances), col=1)
    figure.update_layout(
        margin={"l": 84, "r": 8, "t": 8, "b": 40}, bargap=0.5, uirevision="walk", dragmode=False
    )
    return figure
