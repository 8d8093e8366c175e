"""Compare: runs of several β side by side."""

import pandas as pd
import streamlit as st

from dashboard import controls
from dashboard.components.plot import plot
from dashboard.figures import comparison
from vae_core import metrics

ABOVE = f"rate above {metrics.HIGH_RATE:g} nats"

st.title("Compare")
runs = {controls.run_label(run): run for run in controls.all_runs()}
if not runs:
    st.info("There are no finished runs yet: train some on the Train page.", icon=":material/info:")
    st.stop()
chosen = st.multiselect(
    "Runs",
    list(runs),
    default=[controls.run_label(run) for run in controls.default_sweep()],
    max_selections=controls.MAX_COLUMNS,
    key="runs",
    bind="query-params",
    help=f"At most {controls.MAX_COLUMNS}; a column each, ordered by β.",
)
picked = sorted((runs[name] for name in chosen if name in runs), key=lambda run: run.config.beta)
if not picked:
    st.info("Pick at least one run above.", icon=":material/info:")
    st.stop()
columns = controls.comparison_columns(picked)
if len({column.sweep for column in columns}) > 1:
    st.warning(
        "These runs differ in more than β: what differs between the columns does, too.",
        icon=":material/warning:",
    )

half_width = st.slider(
    "Half width of the latent axes", 1.0, 20.0, 4.0, 0.5, key="half_width", bind="query-params"
)
plot(
    comparison.latent_spaces(columns, half_width),
    key="compare-latent",
    height=420,
    aspect=1 / len(columns),
    alt="Held-out latent spaces side by side on shared axes",
)
for cell, run in zip(st.columns(len(picked)), picked, strict=True):
    with cell:
        controls.manifold_picture(run, n=10)

left, right = st.columns(2, gap="large")
with left:
    st.subheader("Rate against distortion")
    plot(
        comparison.rate_distortion(columns),
        key="rate-distortion",
        height=420,
        alt="Rate-distortion plane, a point a run, with lines of equal elbo",
    )
    st.caption("Held out, z sampled. Dotted: lines of equal elbo; nearer the origin is better.")
    if any(column.beta == 0 for column in columns):
        st.caption("Runs with β = 0 are left out: their rate is not optimised.")
with right:
    st.subheader("Held-out numbers")
    rows = []
    for run in picked:
        test = controls.last_test(run) or {}
        end = (run.records("end") or [{}])[-1]
        rows.append(
            {"β": run.config.beta, "state": run.status().state}
            | {name: test.get(name) for name in ("loss", "distortion", "rate", "elbo")}
            | {
                "active units": end.get("active_units"),
                ABOVE: end.get("high_rate_units"),
                "run": run.id,
            }
        )
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        alt="Held-out metrics of the runs",
        column_config={
            "β": number(format="%g"),
            **{name: number(format="%.2f") for name in ("loss", "distortion", "rate", "elbo")},
        },
    )
    st.caption(
        "Nats an image. The loss holds β, so only the elbo compares across β. Active units: latent "
        "dimensions whose posterior mean has a variance over the images above "
        f"{metrics.ACTIVE_VARIANCE:g} (Burda et al., 2016)."
    )
