"""Manifold: the latent plane as pictures, and any point of it decoded."""

import numpy as np
import streamlit as st

from dashboard import controls
from dashboard.components.plot import plot
from dashboard.figures import dim_name, pictures
from vae_core import analysis

MAX_SLIDERS = 10

st.title("Manifold")
run = controls.pick_run()
d = run.config.latent_dim
controls.notes(run)
by_rate = analysis.dims_by_rate(controls.rate_per_dim(run))

chart, side = st.columns([5, 2], gap="large")
with side:
    dims = (0, min(1, d - 1))
    if d > 2:
        across = st.selectbox("Across", by_rate, format_func=dim_name, key="manifold_across")
        others = [i for i in by_rate if i != across]
        up = st.selectbox("Up", others, format_func=dim_name, key="manifold_up")
        dims = (across, up)
        st.caption("Ordered by rate, the largest first.")
    n = st.slider("Pictures a side", 5, 30, 15, key="manifold_n")
    extent = st.slider("Range, in σ of the prior", 0.5, 6.0, 2.0, 0.5, key="manifold_extent")
    spacing = st.segmented_control(
        "Spacing",
        ["quantile", "linear"],
        default="quantile",
        key="manifold_spacing",
        help="quantile: each picture stands for the same share of the prior.",
    )
    picture_place = st.container()
    z = np.zeros(d, np.float32)
    moved = st.session_state.pop("manifold_moved", {})  # a click, from the run before this one
    for i in by_rate[:MAX_SLIDERS] if d > 2 else range(d):
        key = f"manifold_z_{i}"
        st.session_state[key] = moved.get(i, st.session_state.get(key, 0.0))
        z[i] = st.slider(dim_name(i), -6.0, 6.0, step=0.01, key=key)
    if d > MAX_SLIDERS:
        st.caption(f"The other {d - MAX_SLIDERS} dimensions stay at 0.")

with chart:
    click = None
    axis = np.zeros(0)
    if d > 1:
        axis, grid = analysis.manifold(n, z, dims, spacing or "quantile", extent)
        sheet = analysis.sheet(controls.inference(run).decode(grid), columns=n, gap=1)
        column = int(np.abs(axis - z[dims[0]]).argmin())
        row = int(np.abs(axis[::-1] - z[dims[1]]).argmin())
        click = plot(
            pictures.manifold(
                pictures.enlarged(sheet, 680),
                axis,
                (dim_name(dims[0]), dim_name(dims[1])),
                (column, row),
            ),
            key=f"manifold-{run.id}",
            height=700,
            aspect=0.9,
            alt="Decoded pictures over the latent plane",
            clickable=True,
        )
        st.caption(
            "Each picture is what its place in the latent plane decodes to, enlarged and "
            "interpolated. Click one, or move the sliders, to see it large."
        )
    if d != 2:
        st.subheader("One dimension at a time")
        values = np.linspace(-extent, extent, 11)
        rows = by_rate[:MAX_SLIDERS]
        rate = controls.rate_per_dim(run)
        decoded = controls.inference(run).decode(analysis.traversal(z, rows, values))
        strip = analysis.sheet(decoded, columns=11, gap=1)
        st.image(
            pictures.png(pictures.enlarged(strip, 560)),
            alt="Traversals, a latent dimension a row",
            caption=f"From {-extent:g} to {extent:g}; a row a dimension, the largest rate first: "
            + ", ".join(f"{dim_name(i)} {rate[i]:.2f} nats" for i in rows),
        )
with picture_place:
    (picture,) = controls.inference(run).decode(z[None])
    st.image(
        pictures.png(pictures.enlarged(picture, 224)),
        width="content",
        alt="The picture at the sliders' point",
        caption="decoded at the sliders' point",
    )

if click is not None and 0 <= round(click.x) < n and 0 <= round(click.y) < n:
    picked = {dims[1]: axis[::-1][round(click.y)], dims[0]: axis[round(click.x)]}
    st.session_state["manifold_moved"] = {i: round(float(v), 2) for i, v in picked.items()}
    st.rerun()
