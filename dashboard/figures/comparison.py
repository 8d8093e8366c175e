"""Figures of runs side by side: latent spaces and rates on shared axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.figures import (
    LABEL_COLOURS,
    LEGEND_BELOW,
    MARGINS,
    MUTED,
    dim_name,
    latent,
)
from dashboard.figures.dict_figure import DictFigure, axes
from dashboard.figures.dict_figure import columns as plots
from vae_core.latent.alignment import Alignment

MAX_POINTS = 2500  # per run
SPACING = 0.012  # between columns, as a share of the width
MIN_COLUMNS = 3  # fewer columns would be wider than high, and planes must be square


@dataclass(frozen=True)
class Column:
    """One run of a comparison.

    Attributes:
        title: shown above its column, such as `β = 4`.
        posterior_mean: (n, d) of held-out data; (0, d) if the run has only numbers.
        dims: the two dimensions to show, from 0; with d = 1 the second axis is the label.
        labels: (n,), index into label_names.
        label_names: one per label.
        beta: its β; None for an autoencoder, which has no rate.
        sweep: an id that runs share if they differ only in β.
        rate_per_dim: (d,), held out, nats per image or text; nan where it is not known.
        numbers: for each seed its held-out numbers. They include `distortion` and, except for an
            autoencoder, `rate`; both in nats.
        sloped: whether the rate-distortion curve has the slope -β at this run's optimum.
        prior_circles: radii of the circles that show its prior; () if it has none.
    """

    title: str
    posterior_mean: np.ndarray
    labels: np.ndarray
    label_names: Sequence[str]
    dims: tuple[int, int]
    beta: float | None
    sweep: str
    rate_per_dim: np.ndarray
    numbers: Sequence[Mapping[str, float]]
    sloped: bool = True
    prior_circles: Sequence[float] = (1, 2)

    @property
    def points(self) -> np.ndarray:
        """Rate and distortion of each seed, (seeds, 2)."""
        return np.array([[n["rate"], n["distortion"]] for n in self.numbers])

    @property
    def has_rates(self) -> bool:
        """Whether the rate of each dimension is known."""
        return not np.isnan(self.rate_per_dim).any()

    def aligned(self, alignment: Alignment | None, dims: tuple[int, int]) -> Column:
        """Return this column in the coordinates of another run, with the alignment in its title.

        Args:
            alignment: to the other run; None returns the column unchanged.
            dims: the dimensions of the other run to show.
        """
        if alignment is None:
            return self
        return replace(
            self,
            title=f"{self.title}<br><sub>scaled by {alignment.scale:.2g}</sub>"
            f"<br><sub>{alignment.unexplained:.0%} unexplained</sub>",
            posterior_mean=alignment.apply(self.posterior_mean),
            dims=dims,
        )


def width_of(columns: int) -> int:
    """Return the number of columns of the page for a number of runs."""
    return max(columns, MIN_COLUMNS)


def latent_spaces(
    columns: Sequence[Column], half_width: float, reference: np.ndarray | None = None
) -> DictFigure:
    """Draw a scatter of each run, on shared axes from -half_width to half_width.

    At most `MAX_POINTS` random points of a run are shown: in a small plot more would hide each
    other. At β = 0 most points lie outside the axes. The title gives the share outside.

    Args:
        columns: the runs.
        half_width: of the axes.
        reference: (n, 2), samples of the prior for a last column; None for no such column.
    """
    titles = [_title_lines(column, half_width) for column in columns]
    if reference is not None:
        titles.append(["N(0, I)", "<sub>the prior itself</sub>"])
    title_lines = max(map(len, titles))
    width = width_of(len(titles))
    layout = plots(
        width,
        SPACING,
        [  # padded to the same number of lines, so that their first lines are level
            "<br>".join(lines + ["<sub>&nbsp;</sub>"] * (title_lines - len(lines)))
            for lines in titles
        ],
        shared=all(c.posterior_mean.shape[1] > 1 for c in columns),
    )
    for number in range(1, width + 1):
        across, up = _axes_of(layout, number)
        across |= {"range": [-half_width, half_width], "constrain": "domain", "nticks": 5}
    traces: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    for number, column in enumerate(columns, start=1):
        x, y = axes(number)
        across, up = _axes_of(layout, number)
        shown = np.random.default_rng(0).permutation(len(column.labels))[:MAX_POINTS]
        traces += latent.traces(
            column.posterior_mean[shown],
            column.labels[shown],
            column.label_names,
            column.dims,
            size=3.5,
            grouped=True,
            # One legend per set of labels: the runs may be of several data sets.
            showlegend=list(column.label_names)
            not in [list(c.label_names) for c in columns[: number - 1]],
            xaxis=x,
            yaxis=y,
        )
        flat = column.posterior_mean.shape[1] == 1
        if not flat:
            up |= plane(x, half_width)
            shapes += latent.circles(x, y, radii=column.prior_circles)
        across["title"] = {"text": dim_name(column.dims[0])}
        if number == 1 or column.dims != columns[0].dims:
            up["title"] = {"text": "label" if flat else dim_name(column.dims[1])}
    if reference is not None:
        x, y = axes(len(titles))
        traces.append(
            {
                "type": "scattergl",
                "x": reference[:, 0],
                "y": reference[:, 1],
                "mode": "markers",
                "marker": {"size": 3.5, "opacity": 0.75, "color": MUTED},
                "name": "samples of the prior",
                "hoverinfo": "skip",
                "xaxis": x,
                "yaxis": y,
            }
        )
        _, up = _axes_of(layout, len(titles))
        up |= plane(x, half_width)
        shapes += latent.circles(x, y)
    _leave_blank(layout, len(titles), width)
    layout |= {
        "shapes": shapes,
        "margin": MARGINS | {"l": 44, "b": 84, "t": 24 + 18 * title_lines},
        "uirevision": f"latent-{len(titles)}-{half_width}",
        "legend": LEGEND_BELOW,
        "hovermode": "closest",
    }
    return DictFigure(traces, layout)


def plane(x: str, half_width: float) -> dict[str, Any]:
    """Return a plane's vertical axis, with the same scale as its horizontal axis `x`."""
    return {"scaleanchor": x, "constrain": "domain", "range": [-half_width, half_width]}


def _axes_of(layout: dict[str, Any], number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    x, y = axes(number)
    return layout["xaxis" + x[1:]], layout["yaxis" + y[1:]]


def _leave_blank(layout: dict[str, Any], used: int, width: int) -> None:
    """Hide the axes of the columns after the first `used` ones."""
    for number in range(used + 1, width + 1):
        for axis in _axes_of(layout, number):
            axis["visible"] = False


def _title_lines(column: Column, half_width: float) -> list[str]:
    """Return the lines above a scatter: the title, and the share of points outside the axes."""
    points = column.posterior_mean[:, list(column.dims)]
    outside = (np.abs(points) > half_width).any(axis=1).mean()
    lines = column.title.split("<br>")
    return [*lines, f"<sub>{outside:.0%} outside</sub>"] if outside > 0.005 else lines


def rates(columns: Sequence[Column], width: int, item: str = "image") -> DictFigure:
    """Draw the held-out rate of each latent dimension as bars, on a shared axis.

    A run with β = 0 does not optimise its rate, and its high bars would stretch the axis. These
    bars are cut off, and a text gives their values. A column without rates per dimension
    says `no rate`.

    Args:
        columns: the runs.
        width: number of columns, see `width_of`.
        item: the word for one item, as in "nats per image".
    """
    with_rates = [c for c in columns if c.has_rates]
    tops = [c.rate_per_dim.max() for c in with_rates if c.beta] or [
        c.rate_per_dim.max() for c in with_rates
    ]
    top = 1.25 * max([*tops, 0.1])
    layout = plots(width, SPACING, [c.title.split("<br>")[0] for c in columns], shared=True)
    traces: list[dict[str, Any]] = []
    for number, column in enumerate(columns, start=1):
        x, y = axes(number)
        across, _ = _axes_of(layout, number)
        if not column.has_rates:
            place = {"x": 0.5, "y": top / 2, "xref": x, "yref": y}
            layout["annotations"].append({"text": "no rate", "showarrow": False} | place)
            across |= {"range": [0, 1], "showticklabels": False}
            continue
        values = column.rate_per_dim
        few = len(values) <= 4
        texts = [f"{value:.2f}" if value < 100 else f"{value:.0f}" for value in values]
        traces.append(
            {
                "type": "bar",
                "x": [dim_name(dim) for dim in range(len(values))],
                "y": np.minimum(values, top),
                "customdata": values,
                **({"text": texts} if few else {}),
                "textposition": "inside" if values.max() > top else "outside",
                "marker": {"color": LABEL_COLOURS[0]},
                "showlegend": False,
                "hovertemplate": "%{x}: %{customdata:.3f} nats<extra></extra>",
                "xaxis": x,
                "yaxis": y,
            }
        )
        across["showticklabels"] = few
    _leave_blank(layout, len(columns), width)
    for number in range(1, width + 1):
        _axes_of(layout, number)[1]["range"] = [0, top]
    layout["yaxis"]["title"] = {"text": f"nats per {item}"}
    layout |= {"margin": MARGINS | {"l": 44}, "uirevision": f"rates-{len(columns)}"}
    return DictFigure(traces, layout)
