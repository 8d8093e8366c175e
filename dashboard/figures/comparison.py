"""Runs side by side: latent spaces on shared axes, and the rate-distortion plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import LABEL_COLOURS, LEGEND_BELOW, MARGINS, dim_name, latent
from dashboard.figures.dict_figure import DictFigure, axes
from dashboard.figures.dict_figure import columns as plots
from vae_core.latent.alignment import Alignment

MAX_POINTS = 2500  # a run
SPACING = 0.012  # between columns
MIN_COLUMNS = 3  # fewer runs leave room: wider plots would be limited by height, and not square


@dataclass(frozen=True)
class Column:
    """One run of a comparison.

    Attributes:
        title: above its column, e.g. `β = 4`.
        posterior_mean: (n, d) of held-out data; of none where there are only the numbers.
        dims: the two dimensions to show, from 0; with d = 1 the second axis is the label.
        labels: (n,), index into label_names.
        label_names: one a label.
        beta: its β; None of an autoencoder, which has no rate.
        sweep: the same for runs that differ in β alone.
        rate_per_dim: (d,), held out, nats an image or text; nan of an autoencoder.
        numbers: of each seed its held-out numbers, `distortion` and, but of an autoencoder, `rate`
            (nats) among them.
        sloped: has the curve of what can be reached the slope -β at its optimum?
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

    @property
    def points(self) -> np.ndarray:
        """(seeds, 2), rate and distortion."""
        return np.array([[n["rate"], n["distortion"]] for n in self.numbers])

    def aligned(self, alignment: Alignment | None, dims: tuple[int, int]) -> Column:
        """The same in the coordinates of another run, with what was done and what stays.

        Args:
            alignment: to that run; None for the run as it is.
            dims: the dimensions of that run to show.
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
    """How many columns of figures and pictures stand side by side for so many runs."""
    return max(columns, MIN_COLUMNS)


def latent_spaces(
    columns: Sequence[Column], half_width: float, reference: np.ndarray | None = None
) -> DictFigure:
    """A scatter a run, on shared axes of -half_width to half_width.

    At most `MAX_POINTS` of a run are shown, picked at random: in a small plot more hide each other.
    At β = 0 nothing holds the means near the prior: most then lie outside, and the title says so.

    Args:
        columns: the runs.
        half_width: of the axes.
        reference: (n, 2) samples of the prior, for a last column; None for none.
    """
    titles = [_title_lines(column, half_width) for column in columns]
    if reference is not None:
        titles.append(["N(0, I)", "<sub>the prior itself</sub>"])
    title_lines = max(map(len, titles))
    width = width_of(len(titles))
    layout = plots(
        width,
        SPACING,
        [  # all as high, so that their first lines stand level
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
            # Once for each set of labels: runs of several data sets may stand side by side.
            showlegend=list(column.label_names)
            not in [list(c.label_names) for c in columns[: number - 1]],
            xaxis=x,
            yaxis=y,
        )
        flat = column.posterior_mean.shape[1] == 1
        if not flat:
            up |= plane(x, half_width)
            # An autoencoder has no prior.
            shapes += latent.circles(x, y) if column.beta is not None else []
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
                "marker": {"size": 3.5, "opacity": 0.75, "color": QUIET},
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
    """The vertical axis of a plane whose scale is that of its horizontal axis, of that name."""
    return {"scaleanchor": x, "constrain": "domain", "range": [-half_width, half_width]}


def _axes_of(layout: dict[str, Any], number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    x, y = axes(number)
    return layout["xaxis" + x[1:]], layout["yaxis" + y[1:]]


def _leave_blank(layout: dict[str, Any], used: int, width: int) -> None:
    """Hide the axes of the columns behind those that are used."""
    for number in range(used + 1, width + 1):
        for axis in _axes_of(layout, number):
            axis["visible"] = False


def _title_lines(column: Column, half_width: float) -> list[str]:
    """What stands above a scatter: the title, and the share of points beyond the axes, if any."""
    shown = column.posterior_mean[:, list(column.dims)]
    outside = (np.abs(shown) > half_width).any(axis=1).mean()
    lines = column.title.split("<br>")
    return [*lines, f"<sub>{outside:.0%} outside</sub>"] if outside > 0.005 else lines


def rates(columns: Sequence[Column], width: int, item: str = "an image") -> DictFigure:
    """Held-out rate of each latent dimension, a bar each, on a shared axis.

    A run with β = 0 does not optimise its rate and would stretch the axis: its bars leave the plot,
    and say how high they are. An autoencoder has none, which its column says.

    Args:
        columns: the runs.
        width: number of columns, see `width_of`.
        item: what the numbers are nats of.
    """
    tops = [c.rate_per_dim.max() for c in columns if c.beta] or [
        c.rate_per_dim.max() for c in columns if c.beta is not None
    ]
    top = 1.25 * max([*tops, 0.1])
    layout = plots(width, SPACING, [c.title.split("<br>")[0] for c in columns], shared=True)
    traces: list[dict[str, Any]] = []
    for number, column in enumerate(columns, start=1):
        x, y = axes(number)
        across, _ = _axes_of(layout, number)
        if column.beta is None:
            where = {"x": 0.5, "y": top / 2, "xref": x, "yref": y}
            layout["annotations"].append({"text": "no rate", "showarrow": False} | where)
            across |= {"range": [0, 1], "showticklabels": False}
            continue
        values = column.rate_per_dim
        few = len(values) <= 4
        said = [f"{value:.2f}" if value < 100 else f"{value:.0f}" for value in values]
        traces.append(
            {
                "type": "bar",
                "x": [dim_name(dim) for dim in range(len(values))],
                "y": np.minimum(values, top),
                "customdata": values,
                **({"text": said} if few else {}),
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
    layout["yaxis"]["title"] = {"text": f"nats {item}"}
    layout |= {"margin": MARGINS | {"l": 44}, "uirevision": f"rates-{len(columns)}"}
    return DictFigure(traces, layout)


SLOPE_LENGTH = 0.09  # of the axes
QUIET = "#8a8f98"


def rate_distortion(columns: Sequence[Column], item: str = "an image") -> go.Figure:
    """Held-out rate against distortion: the mean over the seeds of each β, and their spread.

    Alemi et al. (2018), "Fixing a Broken ELBO", figure 1. Dotted lines join points of equal elbo.
    At its optimum a run with β lies where the curve of what the networks can do has the slope -β:
    a short line through each point shows that slope, but not under the capacity schedule, whose
    optimum lies elsewhere. A run with β = 0 does not optimise its rate
    and would stretch the axis: it is named on the page, not drawn; nor is an autoencoder, which has
    none.

    Args:
        columns: the runs.
        item: what the numbers are nats of.
    """
    drawn = [c for c in columns if c.beta]
    figure = go.Figure()
    if drawn:
        every = np.concatenate([c.points for c in drawn])
        top = max(every[:, 0].max() * 1.15, 1.0)
        low, high = every[:, 1].min(), every[:, 1].max()
        room = max(0.12 * (high - low), 1.0)
        _add_equal_elbo(figure, every, top, low - 0.5 * room)  # room for its words
        for number, sweep in enumerate(dict.fromkeys(c.sweep for c in drawn)):
            of_sweep = sorted(
                (c for c in drawn if c.sweep == sweep), key=lambda c: c.points[:, 0].mean()
            )
            colour = LABEL_COLOURS[number % len(LABEL_COLOURS)]
            _add_slopes(figure, of_sweep, (1.03 * top, high - low + 2 * room), colour)
            _add_points(figure, of_sweep, colour)
        figure.update_xaxes(range=[-0.03 * top, top])
        figure.update_yaxes(range=[low - room, high + room])
    figure.update_layout(
        xaxis={"title": f"rate (nats {item})"},
        yaxis={"title": f"distortion (nats {item})"},
        margin=MARGINS | {"t": 8},
        uirevision="rate-distortion",
        showlegend=False,
    )
    return figure


def _add_equal_elbo(figure: go.Figure, points: np.ndarray, top: float, bottom: float) -> None:
    totals = points.sum(axis=1)
    for total in np.unique(np.linspace(totals.min(), totals.max(), 4).round(6)):
        end = min(top, total - bottom)  # where the line leaves the picture
        figure.add_trace(
            go.Scatter(
                x=[0, end],
                y=[total, total - end],
                mode="lines+text",
                text=["", f"elbo {-total:.1f}"],
                textposition="bottom left",
                textfont={"color": QUIET, "size": 11},
                cliponaxis=False,
                line={"width": 1, "dash": "dot", "color": QUIET},
                hovertemplate=f"elbo {-total:.1f} nats<extra></extra>",
            )
        )


def _add_slopes(
    figure: go.Figure, columns: Sequence[Column], extents: tuple[float, float], colour: str
) -> None:
    """A line of slope -β through the mean of each column, equally long on the picture."""
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
    mean = np.array([c.points.mean(axis=0) for c in columns])
    spread = np.array([_spread(c.points) for c in columns])
    seeds = [len(c.points) for c in columns]
    several = max(seeds) > 1

    def bars(values: np.ndarray) -> dict[str, object]:
        return {"array": values, "visible": several, "thickness": 1.2, "width": 3}

    said = [
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
            customdata=said,
            # By turns above and below the curve, so that neighbours don't overlap.
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
    """Standard deviation over the seeds of rate and distortion; 0 for a lone one."""
    return points.std(axis=0, ddof=1) if len(points) > 1 else np.zeros(2)
