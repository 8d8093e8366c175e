"""Manifold: the latent plane as pictures, decoded under the cursor, with paths and exports."""

from functools import partial

import numpy as np
import streamlit as st

from dashboard.app_pages.manifold import interpolation, sweep_planes, traversals
from dashboard.components.plane.plane import Mark, plane
from dashboard.figures import dim_name
from dashboard.shared import (
    dims_control,
    exports,
    markdown,
    notes,
    run_list,
    run_numbers,
    run_picker,
    sweeps,
)
from vae_core.latent import planes

MAX_SLIDERS = 10
LIMIT = 6.0  # standard deviations of the prior; the prior's mass beyond is negligible

EXPLANATION = r"""
The decoder turns any point $z$ of the latent space into pixel probabilities $p(x \mid z)$. The
pictures are decoded at the points of a grid. With *quantile* spacing, the coordinates of the grid
are quantiles of the prior, $z_i = \Phi^{-1}(u_i)$ with equally spaced $u_i$. So every picture
stands for the same share of $p(z) = \mathcal N(0, I)$ (Kingma & Welling, 2014, figure 4). With
*linear* spacing, the $z_i$ are equally spaced.

The rate pulls all posteriors towards this prior. With a larger $\beta$, more of the range of
$\pm 2\sigma$ shows pictures like the data, but fewer different ones. At $\beta = 0$ the images lie
anywhere, mostly far outside of the range shown here.
"""

st.title("Manifold")
run = run_picker.pick_run()
d = run.config.latent_dim
notes.notes(run)
rate = run_numbers.rate_per_dim(run)
by_rate = run_numbers.dims_by_use(run)
siblings = sweeps.sweep_of(run)

chart, side = st.columns([2, 1], gap="large")
with side, st.container(key="form"):
    dims = dims_control.choose_dims(run, "manifold")
    n = st.slider("Pictures per side", 5, 30, 15, key="manifold_n", bind="query-params")
    extent = st.slider(
        "Range, in σ of the prior",
        0.5,
        LIMIT,
        2.0,
        0.5,
        key="manifold_extent",
        bind="query-params",
    )
    spacing = st.segmented_control(
        "Spacing",
        planes.SPACINGS,
        default="quantile",
        required=True,
        key="manifold_spacing",
        bind="query-params",
        help="quantile: each picture stands for the same share of the prior.",
    )
    overlay = d > 1 and st.toggle(
        "Held-out images as points", key="manifold_points", bind="query-params"
    )
    turned = (
        d == 2
        and len(siblings) > 1
        and st.toggle(
            "Turn the sweep to match",
            key="manifold_turn",
            bind="query-params",
            help="The prior looks the same from every side, so training may turn or mirror the "
            "plane of each run. This turns the planes of the sweep to match the run with the β "
            "nearest 1 (Procrustes). It doesn't scale them.",
        )
    )
    st.markdown("**The point that the sliders set**")
    z = np.zeros(d, np.float32)
    for i in by_rate[:MAX_SLIDERS] if d > 2 else range(d):
        z[i] = st.slider(
            dim_name(i), -LIMIT, LIMIT, 0.0, 0.01, key=f"manifold_z_{i}", bind="query-params"
        )
    if d > MAX_SLIDERS:
        st.caption(f"The other {d - MAX_SLIDERS} dimensions stay at 0.")
    if d == 1:
        sweep_planes.picture(run, z)

below = st.container()
with below, st.container(key="form_walk"):
    walk = interpolation.choose(run, z)

grid = (n, spacing, extent)
shown = [sibling.id for sibling in siblings].index(run.id)
turns = sweep_planes.rotations(siblings, turned)
point = z @ turns[shown]  # in the coordinates of the plane
if d > 1:
    latents = [sweep_planes.grid_latents(point, dims, grid, turn) for turn in turns]
    frames = sweep_planes.frames(siblings, turns, latents, dims, n, overlay)
    path = (walk.path @ turns[shown])[:, list(dims)].tolist() if walk else []
    names = tuple(dim_name(dim) + (" (turned)" if turned else "") for dim in dims)

    def pick(x: float, y: float) -> None:
        latent = point.copy()
        latent[list(dims)] = x, y
        for dim, value in zip(dims, (latent @ turns[shown].T)[list(dims)], strict=True):
            value = float(np.clip(value, -LIMIT, LIMIT))
            st.session_state[f"manifold_z_{dim}"] = round(value, 2)

    def show(frame: int) -> None:
        st.session_state["run"] = run_list.run_label(siblings[frame])

    with chart:
        plane(
            frames,
            shown,
            key="manifold",
            axis=planes.manifold(n, point, dims, spacing, extent)[0],
            names=names,
            z=point,
            dims=dims,
            alt=f"Decoded pictures over the latent plane, {names[0]} across and {names[1]} up.",
            marks=[Mark(name, *path[i]) for i, name in ((0, "A"), (-1, "B"))] if path else [],
            path=path,
            on_press=pick,
            on_frame=show,
        )
        st.caption(
            "The large picture is decoded in your browser at the cursor; the pictures behind it "
            "are decoded at a grid of points. Click, tap or press Enter to set the sliders to the "
            "point at the cursor."
        )
        if len(siblings) > 1:
            st.caption(
                "The slider goes through the runs that differ only in β. It stops at each, "
                "because no run was trained with a β between them."
            )
        if not frames[shown].decoder:
            sweep_planes.picture(run, z)

with below:
    if walk:
        interpolation.show(run, walk)
    if d != 2:
        traversals.traversals(run, z, by_rate[:MAX_SLIDERS], rate, extent)
    markdown.explain("What the manifold shows", EXPLANATION)
    with st.container(key="form_export"):
        st.subheader("Downloads")
        with st.container(horizontal=True):
            if d > 1:
                exports.button(
                    "Manifold (PNG)",
                    "image",
                    lambda: exports.manifold_png(run, latents[shown]),
                    f"{run.id}-manifold.png",
                    "image/png",
                )
                if len(siblings) > 1:
                    exports.button(
                        "Manifolds over β (GIF)",
                        "animation",
                        lambda: exports.morph_gif(siblings, latents),
                        f"{run.id}-sweep.gif",
                        "image/gif",
                    )
                exports.button(
                    "z of the grid (CSV)",
                    "table",
                    lambda: exports.grid_csv(latents[shown]),
                    f"{run.id}-grid.csv",
                    "text/csv",
                )
            if walk:
                exports.button(
                    "From A to B (GIF)",
                    "animation",
                    partial(exports.walk_gif, run, walk.path),
                    f"{run.id}-interpolation.gif",
                    "image/gif",
                )
            exports.whole_run(run)
