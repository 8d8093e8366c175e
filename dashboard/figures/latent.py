"""Figures of the latent space: scatters of posterior means, and the prior's circles."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from plotly import graph_objects as go

from dashboard.figures import MARGINS, dim_name, label_colour
from dashboard.figures.dict_figure import DictFigure
from vae_core.bidirectional import isolated
from vae_core.latent import planes
from vae_core.latent.planes import Projection

MARK = "#d4351c"
FEW = 2_000  # with more points, faint points are paler and smaller
MANY = 20_000  # with more points, all points are smaller
FAINT = {True: 0.15, False: 0.4}  # opacity of faint points: with more than FEW points, or fewer
FAINTER = 0.08  # opacity of the points that are not selected


@dataclass(frozen=True)
class View:
    """Two axes through the latent space.

    Attributes:
        name: unique to the view; the chart keeps its zoom while the name stays the same.
        titles: of the horizontal and the vertical axis.
        projection: onto the plane; None for one latent dimension, which is drawn against the label.
    """

    name: str
    titles: tuple[str, str]
    projection: Projection | None

    def points(self, z: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Project latents (n, d) with labels (n,) to points (n, 2) of the plot."""
        if self.projection is None:
            return np.stack([z[:, 0], labels.astype(z.dtype)], axis=1)
        return self.projection.apply(z).astype(z.dtype)


def dims_view(dims: tuple[int, int], latent_dim: int) -> View:
    """Return the view of two dimensions, from 0; with d = 1, the second axis is the label."""
    across, up = (f"{dim_name(dim)} (posterior mean)" for dim in dims)
    if latent_dim == 1:
        return View("label", (across, "label"), None)
    return View(f"{dims}", (across, up), planes.dims_plane(dims, latent_dim))


def principal_view(posterior_mean: np.ndarray) -> View:
    """Return the view of the first two principal components of means (n, d), d at least 2."""
    plane, share = planes.principal_plane(posterior_mean)
    across, up = (f"PC {i} ({part:.0%} of the variance)" for i, part in enumerate(share, start=1))
    return View("principal", (across, up), plane)


def scatter(
    posterior_mean: np.ndarray,
    labels: np.ndarray,
    label_names: Sequence[str],
    dims: tuple[int, int] = (0, 1),
    radii: Sequence[float] = (1, 2),
) -> DictFigure:
    """Draw posterior means on two latent dimensions, coloured by label.

    Args:
        posterior_mean: (n, d).
        labels: (n,), index into label_names.
        label_names: names for the legend.
        dims: the two dimensions to show, from 0; with d = 1 the second axis is the label.
        radii: of the prior's circles.
    """
    view = dims_view(dims, posterior_mean.shape[1])
    shapes = {"shapes": prior(view, radii)}
    return DictFigure(traces(posterior_mean, labels, label_names, dims), layout(view) | shapes)


def explorer(
    view: View,
    points: np.ndarray,
    labels: np.ndarray,
    label_names: Sequence[str],
    selected: np.ndarray | None = None,
    faint: bool = False,
    texts: Sequence[str] | None = None,
) -> go.Figure:
    """Draw the interactive scatter: a click reports a point's row, and selected points stand out.

    Args:
        view: the axes.
        points: (n, 2), see `View.points`.
        labels: (n,), index into label_names.
        label_names: names for the legend.
        selected: rows of the selected points; None if nothing is selected.
        faint: whether to draw smaller, paler points, so that other marks stand out.
        texts: (n,), the text of each point, shown beside the cursor.
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
        if emphasised:  # the trace's opacity would also fade its legend entry
            emphasis["selectedpoints"] = np.flatnonzero(chosen[rows])
        if texts is not None:
            emphasis |= {
                "text": [html.escape(isolated(texts[int(row)])) for row in rows],
                "hovertemplate": f"<b>%{{text}}</b><br>{isolated(str(name))}<extra></extra>",
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


def layout(view: View) -> dict[str, object]:
    """Return the layout of a view, with axes of equal scale."""
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
    """Return one WebGL trace per label.

    Args:
        posterior_mean, labels, label_names, dims: see `scatter`.
        size: of a point, in pixels.
        grouped: whether a click in the legend hides a label in all plots of the figure.
        fixed: properties that all traces get.
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
        "marker": {"size": size, "opacity": 0.75, "color": label_colour(label)},
        "hovertemplate": f"{isolated(str(name))}<br>(%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
        **fixed,
    }


def circles(
    xref: str,
    yref: str,
    centre: tuple[float, float] = (0.0, 0.0),
    radii: Sequence[float] = (1, 2),
) -> list[dict[str, Any]]:
    """Return the prior's circles, by default of 1 and 2 sigma, as shapes on a pair of axes."""
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
        for radius in radii
    ]


def prior(view: View, radii: Sequence[float] = (1, 2)) -> list[dict[str, Any]]:
    """Return `circles` around the prior's mean in a view; none for a single latent dimension."""
    if view.projection is None:
        return []
    ((x, y),) = view.projection.apply(np.zeros((1, len(view.projection.centre))))
    return circles("x", "y", (float(x), float(y)), radii)
