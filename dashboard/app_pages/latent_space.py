"""Latent space: where a run puts the held-out images, and what a point decodes to."""

import numpy as np
import streamlit as st

from dashboard import controls
from dashboard.components.plot import plot
from dashboard.figures import dim_name, latent, pictures
from vae_core.analysis import dims_by_rate, sheet

st.title("Latent space")
run = controls.pick_run()
arrays = run.arrays()
posterior_mean, labels = arrays["posterior_mean"], arrays["labels"]
names = [str(name) for name in arrays["label_names"]]
d = run.config.latent_dim
controls.notes(run)

chart, side = st.columns([5, 2], gap="large")
with side:
    dims = (0, min(1, d - 1))
    if d > 2:
        by_rate = dims_by_rate(controls.rate_per_dim(run))
        across = st.selectbox("Across", by_rate, format_func=dim_name, key="latent_across")
        others = [i for i in by_rate if i != across]
        up = st.selectbox("Up", others, format_func=dim_name, key="latent_up")
        dims = (across, up)
        st.caption("Ordered by rate, the largest first.")
    circles = d > 1 and st.toggle("Prior circles, 1 and 2 σ", value=True, key="latent_circles")
    place = st.container()

with chart:
    index_key = f"latent-point-{run.id}"
    point = st.session_state.get(index_key)
    click = plot(
        latent.scatter(
            posterior_mean,
            labels,
            names,
            dims,
            circles,
            None if point is None else posterior_mean[point],
        ),
        key=f"latent-space-{run.id}",
        height=680,
        alt="Posterior means of all held-out images, a colour a label",
        clickable=True,
    )
    st.caption(
        f"{len(labels):,} held-out images at their posterior means. Click a point to decode it; "
        "drag to zoom, double-click to zoom out, click a label to hide it."
    )
if click is not None and click.trace < len(names):
    members = np.flatnonzero(labels == click.trace)
    if click.point < len(members) and members[click.point] != point:
        st.session_state[index_key] = int(members[click.point])
        st.rerun()

with place:
    if point is None:
        st.info("Click a point to see what it decodes to.", icon=":material/touch_app:")
    else:
        mean = posterior_mean[point]
        std = np.exp(0.5 * arrays["posterior_log_var"][point])
        (picture,) = controls.inference(run).decode(mean[None])
        st.image(
            pictures.png(pictures.enlarged(picture, 224)),
            width="content",
            caption=f"held-out image {point}, {names[labels[point]]}: its mean, decoded",
            alt="The decoded posterior mean of the picked image",
        )
        shown = sorted(dims) if d > 1 else [0]
        st.markdown(
            "\n".join(
                f"- {dim_name(i)}: mean {mean[i]:.2f}, σ {std[i]:.2f}" for i in dict.fromkeys(shown)
            )
        )
        noise = np.random.default_rng(0).standard_normal((8, d)).astype(np.float32)
        samples = controls.inference(run).decode(mean + std * noise)
        st.image(
            pictures.png(pictures.enlarged(sheet(samples, 4, gap=1), 224)),
            width="content",
            caption="eight samples of its posterior, decoded",
            alt="Decoded samples of the posterior of the picked image",
        )
