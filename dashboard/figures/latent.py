"""The latent space as a scatter of posterior means, and what can be drawn over and under it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import LABEL_COLOURS, MARGINS, dim_name
from dashboard.figures.dict_figure import DictFigure
from vae_core.latent import planes
from vae_core.latent.planes import Density, Projection

MARK = "#d4351c"
FAINT = {True: 0.15, False: 0.4}  # opacity under or over something else; of many points, of few
FAINTER = 0.08  # of those that are not selected
ELLIPSES = (40, 300)  # at least and at most
FEW, MANY = 2_000, 20_000  # points above which they are drawn smaller where they would hide much
# From nothing, so that it can lie on a light and on a dark page.
DENSITY_COLOURS = (
    (0.0, "rgba(80, 130, 220, 0)"),
    (0.02, "rgba(80, 130, 220, 0.15)"),
    (0.1, "rgba(80, 130, 220, 0.45)"),
    (0.4, "rgba(130, 80, 200, 0.75)"),
    (1.0, "rgba(220, 60, 120, 1)"),
)


@dataclass(frozen=True)
class View:
    """From where one looks at the latent space.

    Attributes:
        name: other views have other names; zoom is kept within a view.
        titles: of the axes across and up.
        projection: the plane; None for one latent dimension, which is drawn against the label.
    """

    name: str
    titles: tuple[str, str]
    projection: Projection | None

    def points(self, z: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Latents (n, d) with labels (n,) as points (n, 2) of the plot."""
        if self.projection is None:
            return np.stack([z[:, 0], labels.astype(z.dtype)], axis=1)
        return self.projection.apply(z).astype(z.dtype)


def dims_view(dims: tuple[int, int], latent_dim: int) -> View:
    """Two latent dimensions, from 0; the one of a run that has no other, against the label."""
    across, up = (f"{dim_name(dim)} (posterior mean)" for dim in dims)
    if latent_dim == 1:
        return View("label", (across, "label"), None)
    return View(f"{dims}", (across, up), planes.dims_plane(dims, latent_dim))


def principal_view(posterior_mean: np.ndarray) -> View:
    """The first two principal components of posterior means (n, d), d at least 2."""
    plane, share = planes.principal_plane(posterior_mean)
    across, up = (f"PC {i} ({part:.0%} of the variance)" for i, part in enumerate(share, start=1))
    return View("principal", (across, up), plane)


def scatter(
    posterior_mean: np.ndarray,
    labels: np.ndarray,
    label_names: Sequence[str],
    dims: tuple[int, int] = (0, 1),
    prior_circles: bool = True,
) -> DictFigure:
    """Posterior means on two latent dimensions, a colour a label.

    Args:
        posterior_mean: (n, d).
        labels: (n,), index into label_names.
        label_names: names for the legend.
        dims: the two dimensions to show, from 0; with d = 1 the second axis is the label.
        prior_circles: draw 1 and 2 standard deviations of the prior.
    """
    view = dims_view(dims, posterior_mean.shape[1])
    circles = {"shapes": prior(view)} if prior_circles else {}
    return DictFigure(traces(posterior_mean, labels, label_names, dims), layout(view) | circles)


def explorer(
    view: View,
    points: np.ndarray,
    labels: np.ndarray,
    label_names: Sequence[str],
    selected: np.ndarray | None = None,
    faint: bool = False,
    texts: Sequence[str] | None = None,
) -> go.Figure:
    """The scatter to look around in: each point knows its row, selected ones stand out.

    Args:
        view: where the points are seen from.
        points: (n, 2), see `View.points`.
        labels: (n,), index into label_names.
        label_names: names for the legend.
        selected: rows of the points that stand out; None where nothing is selected.
        faint: let smaller and paler points show what is drawn under or over them.
        texts: (n,), what the points are of; shown beside the cursor.
    """
    many = len(points) > FEW
    emphasis: dict[str, Any] = {}
    emphasised = faint or selected is not None
    if emphasised:
        emphasis = {
            "selected": {"marker": {"opacity": 1}},
            "unselected": {"marker": {"opacity": FAINT[many] if selected is None else FAINTER}},
        }
        chosen = np.isin(np.arange(len(points)), [] if selected is None else selected)
    figure = go.Figure(layout=layout(view))
    for label, name in enumerate(label_names):
        rows = np.flatnonzero(labels == label)
        if emphasised:  # not by their own opacity, which would fade the legend, too
            emphasis["selectedpoints"] = np.flatnonzero(chosen[rows])
        if texts is not None:
            emphasis |= {
                "text": [html.escape(texts[int(row)]) for row in rows],
                "hovertemplate": f"<b>%{{text}}</b><br>{name}<extra></extra>",
            }
        figure.add_trace(
            _trace(
                points[rows],
                label,
                name,
                size=3 if len(points) > MANY or (faint and many) else 5,
                customdata=rows.astype(np.int32),
                legendgroup=name,
                **emphasis,
            )
        )
    return figure


def path(figure: go.Figure, points: np.ndarray, texts: Sequence[str]) -> None:
    """Draw a path from A to B over a scatter.

    Args:
        figure: of `explorer`.
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
            customdata=[html.escape(text) for text in texts],
            hovertemplate="<b>%{customdata}</b><extra></extra>",
            line={"color": MARK, "width": 2},
            marker={"color": MARK, "size": 7},
            showlegend=False,
        )
    )


def layout(view: View) -> dict[str, object]:
    """Axes of equal scale, named by what they show."""
    across, up = view.titles
    return {
        "xaxis": {"title": {"text": across}, "zeroline": True},
        "yaxis": {
            "title": {"text": up},
            "zeroline": True,
            **({"scaleanchor": "x"} if view.projection else {}),
        },
        "margin": MARGINS,
        "legend": {"itemsizing": "constant", "title": {"text": "label"}},
        "uirevision": f"latent-{view.name}",
        "hovermode": "closest",
    }


def traces(
    posterior_mean: np.ndarray,
    labels: np.ndarray,
    label_names: Sequence[str],
    dims: tuple[int, int] = (0, 1),
    size: float = 5,
    grouped: bool = False,
    **fixed: Any,
) -> list[dict[str, Any]]:
    """A WebGL trace a label.

    Args:
        posterior_mean, labels, label_names, dims: see `scatter`.
        size: of a point, in pixels.
        grouped: hide the traces of a label in several plots together.
        fixed: properties of all traces.
    """
    points = dims_view(dims, posterior_mean.shape[1]).points(posterior_mean, labels)
    return [
        _trace(points[labels == label], label, name, size, **fixed)
        | ({"legendgroup": str(name)} if grouped else {})
        for label, name in enumerate(label_names)
    ]


def _trace(
    points: np.ndarray,
    label: int,
    name: str,
    size: float,
    **fixed: Any,
) -> dict[str, Any]:
    return {
        "type": "scattergl",
        "x": points[:, 0],
        "y": points[:, 1],
        "mode": "markers",
        "name": str(name),
        "marker": {"size": size, "opacity": 0.75, "color": _colour(label)},
        "hovertemplate": f"{name}<br>(%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
        **fixed,
    }


def _colour(label: int) -> str:
    return LABEL_COLOURS[label % len(LABEL_COLOURS)]


def circles(xref: str, yref: str, centre: tuple[float, float] = (0.0, 0.0)) -> list[dict[str, Any]]:
    """The prior's 1 and 2 sigma circles, as shapes of an axis pair."""
    x, y = centre
    return [
        {
            "type": "circle",
            "xref": xref,
            "yref": yref,
            "x0": x - radius,
            "x1": x + radius,
            "y0": y - radius,
            "y1": y + radius,
            "line": {"width": 1.6, "dash": "dot"},
            "opacity": 0.85,
        }
        for radius in (1, 2)
    ]


def prior(view: View) -> list[dict[str, Any]]:
    """`circles` around where the prior's mean lies in a view of two axes."""
    if view.projection is None:
        return []
    ((x, y),) = view.projection.apply(np.zeros((1, len(view.projection.centre))))
    return circles("x", "y", (float(x), float(y)))


def posteriors(
    points: np.ndarray, covariances: np.ndarray, labels: np.ndarray, label_names: Sequence[str]
) -> list[go.Scattergl]:
    """Posteriors of some images at random as 1 sigma ellipses; a trace a label, hidden with it.

    Wide ones are fewer, so that they cover the plane about once and stay readable.

    Args:
        points: (n, 2), posterior means in the plane.
        covariances: (n, 2, 2), of the posteriors there.
        labels: (n,), index into label_names.
        label_names: names of the legend's entries that they belong to.
    """
    each = np.pi * np.sqrt(np.maximum(np.linalg.det(covariances), 0)).mean()
    plane = np.pi * np.prod(2 * points.std(axis=0))
    many = int(np.clip(plane / max(each, 1e-12), *ELLIPSES))
    shown = np.random.default_rng(0).permutation(len(points))[:many]
    ellipses = planes.ellipses(points[shown], covariances[shown])
    found = []
    for label, name in enumerate(label_names):
        x, y = _lines(ellipses[labels[shown] == label])
        found.append(
            go.Scattergl(
                x=x,
                y=y,
                mode="lines",
                line={"width": 1.5, "color": _colour(label)},
                legendgroup=name,
                showlegend=False,
                hoverinfo="skip",
            )
        )
    return found


def _lines(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Many lines (n, corners, 2) as the coordinates of one, broken between them."""
    broken = np.pad(polygons, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan)
    x, y = broken.reshape(-1, 2).T
    return x, y


def density(of: Density) -> go.Heatmap:
    """The aggregate posterior as a heat map under the points."""
    return go.Heatmap(
        x=of.x,
        y=of.y,
        z=of.height.astype(np.float32),
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
    """Add a posterior: its mean, and the lines at 1 and 2 standard deviations.

    Args:
        figure: in that view.
        view: of one or more latent dimensions.
        point: (2,), the mean as a point of the view.
        log_var: (d,).
        name: of its entry in the legend.
        symbol: of the mean, in Plotly's names.
    """
    if view.projection is None:
        std = float(np.exp(0.5 * log_var[0]))
        around = point + np.array([[-2 * std, 0], [2 * std, 0]])[None]
    else:
        covariance = view.projection.covariances(log_var[None])
        around = np.concatenate(
            [planes.ellipses(point[None], covariance, radius) for radius in (1, 2)]
        )
    x, y = _lines(around)
    line = {"width": 2, "color": MARK}
    group = {"legendgroup": name, "hoverinfo": "skip"}
    steady = {"marker": {"opacity": 1}}  # whatever is selected
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
            unselected=steady,
            **group,
        )
    )


def label_counts(counts: np.ndarray, label_names: Sequence[str]) -> go.Figure:
    """How many of each label, as bars.

    Args:
        counts: (labels,).
        label_names: a name each.
    """
    shown = np.flatnonzero(counts)[::-1]
    figure = go.Figure(
        go.Bar(
            x=counts[shown],
            y=[str(label_names[label]) for label in shown],
            orientation="h",
            marker={"color": [_colour(label) for label in shown]},
            text=counts[shown],
            textposition="auto",
            hoverinfo="skip",
        )
    )
    figure.update_layout(margin=MARGINS | {"l": 8, "t": 8, "b": 8}, bargap=0.25)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(type="category", automargin=True, title="label", showgrid=False)
    return figure
