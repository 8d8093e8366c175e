"""Home: the lesson at a glance, on runs that open at once."""

import streamlit as st

from dashboard.components.plot import plot
from dashboard.figures import comparison
from dashboard.side_by_side import cells, comparison_columns, default_sweep, manifold_picture

st.title("What does the KL term do?")
st.markdown(
    "A variational autoencoder minimises **loss = distortion + β · rate**. The *distortion* "
    "is what reconstruction costs; the *rate* is the KL divergence of the posterior q(z|x) from "
    "the prior p(z), both in nats an image. Turn β up and the latent space is pulled "
    "onto the prior, until nothing of the image is left in it; turn it down and pictures get "
    "sharper while the latent space spreads out and tears."
)

runs = default_sweep()
if not runs:
    st.info("No runs yet: train the first one on the Train page.", icon=":material/info:")
    st.stop()

runs, columns = comparison_columns(runs)
st.subheader("Same network, same first weights, same batches: only β differs")
plot(
    comparison.latent_spaces(columns, half_width=4),
    key="home-latent",
    height=380,
    aspect=1 / max(len(columns), comparison.MIN_COLUMNS),
    alt="Held-out latent spaces of runs of several β, with the prior's 1 and 2 sigma circles",
)
st.caption(
    f"Up to {comparison.MAX_POINTS:,} held-out images of {runs[0].config.dataset}, each at its "
    "posterior mean, a colour a label; dotted: 1 and 2 standard deviations of the prior. Below, "
    "what points of the plane decode to."
)
for cell, run in zip(cells(runs), runs, strict=True):
    with cell:
        manifold_picture(run, n=8)

with st.container(horizontal=True):
    st.page_link("app_pages/train.py", label="Train with another β", icon=":material/play_circle:")
    st.page_link("app_pages/compare.py", label="Compare runs", icon=":material/grid_view:")
    st.page_link(
        "app_pages/latent_space.py", label="Explore a latent space", icon=":material/scatter_plot:"
    )
    st.page_link("app_pages/manifold.py", label="Walk the manifold", icon=":material/apps:")
