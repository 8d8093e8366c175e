"""Latent space: a scatter of the posteriors, and decoded points, selections and drawings."""

import numpy as np
import streamlit as st

from dashboard import kinds
from dashboard.app_pages.latent_space import drawing, training
from dashboard.components.plot.plot import Click, Hover, Region, plot
from dashboard.figures import latent, latent_overlays
from dashboard.shared import (
    dims_control,
    markdown,
    notes,
    posteriors,
    run_cache,
    run_list,
    run_picker,
    selection,
)
from vae_core.data.dataset import DatasetError
from vae_core.kinds.contents import Contents
from vae_core.latent import planes

DRAGS = {"Zoom": "zoom", "Box": "select", "Lasso": "lasso"}
EXPLANATION = r"""
The encoder does not put an image $x$ at one point of the latent space: it gives a **posterior**, a
normal distribution with a mean and a variance for each of the $d$ dimensions,

$$
q(z \mid x) = \mathcal{N}\big(\mu(x),\, \operatorname{diag} \sigma^2(x)\big).
$$

Each point of the scatter is a $\mu(x)$. An ellipse around it shows one standard deviation of
the posterior: the smaller the ellipse, the more precisely the posterior places the image. The
dotted circles are one and two standard deviations of the **prior** $p(z) = \mathcal{N}(0, I)$, from
which new pictures are sampled. The KL of an image's posterior from the prior is the **rate** of the
image, in nats,

$$
\mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big)
= \tfrac12 \sum_{j=1}^{d} \big(\mu_j^2 + \sigma_j^2 - 1 - \ln \sigma_j^2\big).
$$

The mean of all posteriors, $q(z) = \mathbb{E}_x\, q(z \mid x)$, is the **aggregate posterior**.
Where $q(z)$ has no mass, the decoder was never trained, even if the prior has mass there.
"""

st.title("Latent space")
run = run_picker.pick_run(of_kinds=run_list.ANY_KIND)
shown_kind = kinds.of_run(run)
notes.notes(run)
shown = Contents(run.config)
item, items = shown.kind.item, shown.kind.items
d = run.config.latent_dim
held_out = posteriors.held_out_posteriors(run)
q = held_out


def toggle(label: str, key: str, value: bool = False, help: str | None = None) -> bool:
    return st.toggle(label, value, key=f"latent_{key}", bind="query-params", help=help)


def choose_view() -> latent.View:
    """Show the choice of the axes: two dimensions, or the first two principal components."""
    if d <= 2:
        return latent.dims_view((0, d - 1), d)
    choices = ["Dimensions", "PCA"]
    axes = st.segmented_control(
        "Axes",
        choices,
        default=choices[0],
        required=True,
        key="latent_axes",
        bind="query-params",
        help=f"PCA: the plane in which the posterior means of the held-out {items} vary most.",
    )
    if axes == "PCA":
        return latent.principal_view(held_out.mean)
    return latent.dims_view(dims_control.choose_dims(run, "latent"), d)


def choose_point(count: int) -> int | None:
    """Return the chosen row of `count`, from a click, the keyboard or the URL; or None."""
    requested: object = st.session_state.get("point", st.query_params.get("point"))
    if isinstance(requested, int) and requested >= count:  # a row of another run or data
        st.session_state["point"] = None
    point: int | None = st.number_input(
        item.capitalize(),
        0,
        count - 1,
        None,
        key="point",
        bind="query-params",
        placeholder="click a point, or type a number",
        help=f"Its number, 0 to {count - 1:,}.",
    )
    if requested is not None and point is None:
        st.caption(f"The requested {item} is not one of 0 to {count - 1:,}.")
    return point


chart, side = st.columns([5, 2], gap="large")
with chart, st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    drag = st.segmented_control(
        "Drag to",
        list(DRAGS),
        default="Zoom",
        required=True,
        key="latent_drag",
        bind="query-params",
        help=f"Zoom in, or select {items} with a box or a lasso.",
    )
    plane = d > 1 and shown.has_prior and shown.has_spread
    circles = plane and toggle("Prior circles", "circles", True, "1 and 2 σ of the prior.")
    ellipses = plane and toggle(
        "Posterior ellipses",
        "ellipses",
        help=f"1 σ of the posteriors of some {items}, chosen at random.",
    )
    density = plane and toggle(
        "Density", "density", help="The aggregate posterior: the mean of all posteriors."
    )
    if toggle(f"Training {items}, too", "training"):
        try:
            q = training.with_training(run, held_out)
        except DatasetError as error:
            st.caption(str(error))
with side:
    view = choose_view()
    point = choose_point(len(q.labels))
    if point is None:
        st.info("Click a point to see what it decodes to.", icon=":material/touch_app:")
    else:
        shown_kind.show_point(run, q, point)

points = view.points(q.mean, q.labels)
drawn = drawing.drawn(run) if shown_kind.can_be_drawn else None
hover_texts = shown_kind.hover_texts(run, q)
figure = latent.explorer(
    view,
    points,
    q.labels,
    q.label_names,
    selected=selection.rows(run, q),
    faint=ellipses or density,
    texts=hover_texts,
)
figure.update_layout(dragmode=DRAGS[drag])
if circles:
    figure.update_layout(shapes=latent.prior(view, shown.prior_circles(run_cache.arrays(run))))
if ellipses and view.projection:
    figure.add_traces(
        latent_overlays.posteriors(
            points, view.projection.covariances(q.log_var), q.labels, q.label_names
        )
    )
if density:
    figure.add_trace(latent_overlays.density(posteriors.density(view, q.mean, q.log_var)))
if point is not None:
    latent_overlays.mark(figure, view, points[point], q.log_var[point], "picked", "x")
if drawn:
    (place,) = view.points(drawn.mean[None], np.zeros(1))
    latent_overlays.mark(figure, view, place, drawn.log_var, "drawn", "star")


def pick_point(click: Click) -> None:
    if click.row is not None:
        st.session_state["point"] = click.row


def select_region(region: Region) -> None:
    inside = planes.points_in_polygon(points, region.polygon)
    visible = ~np.isin(q.labels, region.hidden)
    selection.select(run, np.flatnonzero(inside & visible))


with chart:
    name = shown_kind.browser_decoder(run)
    plot(
        figure,
        key=f"latent-space-{run.id}",
        height=680,
        aspect=0.8,
        alt=f"Posterior means of the {items}, one colour per label",
        on_click=pick_point,
        on_select=select_region,
        hover=Hover(name, q.mean) if name else None,
    )
    st.caption(
        f"Each point is one of {len(q.labels):,} {items} at its {shown.point}, coloured by its "
        f"label. Hover over a point to see {f'its {item}' if hover_texts else shown_kind.hover}. "
        "Click a point for more. Double-click to zoom out. Click a label to hide its points."
    )
    markdown.explain("What the scatter shows", EXPLANATION)

if shown_kind.can_be_drawn:
    tabs = st.tabs(["Selection", "Draw"], key="latent_tab", bind="query-params")
    with tabs[0]:
        selection.section(run, q)
    with tabs[1]:
        drawing.section(run, drawn)
else:
    selection.section(run, q)
shown_kind.show_links()
