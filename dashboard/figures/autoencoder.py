"""Figures of an autoencoder beside VAEs: latent planes, and paths through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.figures import LABEL_COLOURS, LEGEND_BELOW, MARGINS, comparison, dim_name, latent
from dashboard.figures.dict_figure import DictFigure, axes, columns
from dashboard.figures.pictures import data_uri, enlarged, png
from vae_core.latent.picture_sheet import sheet

MAX_POINTS = 2500  # per run: more would hide each other
SHARE_SHOWN = 0.99  # a run's own axes show at least this share of its images
PIXELS_ACROSS = 900
ROW_GAP = 0.05  # between the rows of a path, as a share of the figure's height


@dataclass(frozen=True)
class Plane:
    """The latent space of one run.

    Attributes:
        title: shown above the plane.
        means: (n, d), posterior means of held-out images.
        labels: (n,), index into label_names.
        label_names: one per label.
        dims: the two dimensions to show, from 0; with d = 1 the second axis is the label.
        walk: (steps, d), latents on a straight path.
    """

    title: str
    means: np.ndarray
    labels: np.ndarray
    label_names: Sequence[str]
    dims: tuple[int, int]
    walk: np.ndarray

    @property
    def half_width(self) -> float:
        """The largest coordinate of axes that show nearly all images; at least 2.2."""
        extents = np.abs(self.means[:, list(self.dims)]).max(axis=1)
        return max(float(np.quantile(extents, SHARE_SHOWN)) * 1.05, 2.2)


def planes(runs: Sequence[Plane], shared: bool) -> DictFigure:
    """Draw a scatter of each run, with the circles of N(0, I) and the path.

    Args:
        runs: at least one.
        shared: whether all runs get the axes of the widest one; if not, each run has axes of its
            own. The titles say how wide the axes are.
    """
    widest = max(run.half_width for run in runs)
    widths = [widest if shared else run.half_width for run in runs]
    layout = columns(
        len(runs),
        0.05,
        [
            f"{run.title}<br><sub>axes from -{width:.3g} to {width:.3g}</sub>"
            for run, width in zip(runs, widths, strict=True)
        ],
    )
    traces: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    for number, (run, width) in enumerate(zip(runs, widths, strict=True), start=1):
        x, y = axes(number)
        across, up = layout["xaxis" + x[1:]], layout["yaxis" + y[1:]]
        fixed = {"showlegend": number == 1, "xaxis": x, "yaxis": y}
        flat = run.means.shape[1] == 1
        shown = np.random.default_rng(0).permutation(len(run.labels))[:MAX_POINTS]
        means, labels = run.means[shown], run.labels[shown]
        traces += latent.traces(
            means, labels, run.label_names, run.dims, size=3.5, grouped=True, **fixed
        )
        if not flat:
            traces.append(
                {
                    "type": "scattergl",
                    "x": run.walk[:, run.dims[0]],
                    "y": run.walk[:, run.dims[1]],
                    "mode": "lines+markers",
                    "line": {"color": latent.MARK, "width": 2},
                    "marker": {"size": 5, "color": latent.MARK},
                    "name": "the walk",
                    "legendgroup": "the walk",
                    "hoverinfo": "skip",
                    **fixed,
                }
            )
            shapes += latent.circles(x, y)
            up |= comparison.plane(x, width) | {"nticks": 7}
        up["title"] = {"text": "label" if flat else dim_name(run.dims[1])}
        across |= {
            "title": {"text": dim_name(run.dims[0])},
            "range": [-width, width],
            "constrain": "domain",
            "nticks": 7,
        }
    layout |= {
        "shapes": shapes,
        "margin": MARGINS | {"b": 92, "t": 56},
        "legend": LEGEND_BELOW,
        "hovermode": "closest",
        "uirevision": f"autoencoder-{shared}-{widths}",
    }
    return DictFigure(traces, layout)


def walk(
    pictures: np.ndarray, distances: Mapping[str, np.ndarray], tops: Mapping[str, float]
) -> DictFigure:
    """Draw the decoded steps of a path, and below each step its distances to the nearest image.

    Args:
        pictures: (steps, h, w, c) in [0, 1].
        distances: name of a distance, with its unit -> (steps,).
        tops: name of a distance -> top of its axis, so that several paths can be compared.
    """
    steps = len(pictures)
    picture = enlarged(sheet(pictures, steps, gap=1), PIXELS_ACROSS)
    height, width = picture.shape[:2]
    fixed = {"fixedrange": True, "range": [-0.5, steps - 0.5], "showgrid": False, "zeroline": False}
    last, _ = axes(1 + len(distances))
    matching = {"anchor": "y", "matches": last, "showticklabels": False}
    traces: list[dict[str, Any]] = [
        {
            "type": "image",
            "source": data_uri(png(picture)),
            "x0": -0.5 + 0.5 * steps / width,
            "dx": steps / width,
            "y0": 0.5 / height,
            "dy": 1 / height,
            "hoverinfo": "none",
        }
    ]
    # The picture gets half of the height, and the bars below share the other half.
    room = (1 - len(distances) * ROW_GAP) / 2
    layout: dict[str, Any] = {
        "xaxis": fixed | matching | {"visible": False},
        # Plotly gives images equal scales by default; the steps must be as wide as the bars.
        "yaxis": {
            "domain": [1 - room, 1],
            "visible": False,
            "fixedrange": True,
            "range": [1, 0],
            "scaleanchor": False,
        },
        "margin": {"l": 84, "r": 8, "t": 8, "b": 40},
        "bargap": 0.5,
        "uirevision": "walk",
        "dragmode": False,
    }
    top = 1 - room
    for row, (name, values) in enumerate(distances.items(), start=2):
        x, y = axes(row)
        traces.append(
            {
                "type": "bar",
                "x": list(range(steps)),
                "y": values,
                "marker": {"color": LABEL_COLOURS[row - 2]},
                "hovertemplate": f"step %{{x}}<br>{name.replace('<br>', ' ')}: %{{y:.3g}}"
                "<extra></extra>",
                "showlegend": False,
                "xaxis": x,
                "yaxis": y,
            }
        )
        top -= ROW_GAP
        layout["xaxis" + x[1:]] = fixed | (
            {"anchor": y, "title": {"text": "step"}, "dtick": 1}
            if x == last
            else matching | {"anchor": y}
        )
        layout["yaxis" + y[1:]] = {
            "anchor": x,
            "domain": [max(top - room / len(distances), 0), top],
            "title": {"text": name, "font": {"size": 11}},
            "range": [0, tops[name]],
            "fixedrange": True,
            "nticks": 4,
        }
        top -= room / len(distances)
    return DictFigure(traces, layout)
