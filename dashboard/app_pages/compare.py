"""Compare: runs of several β side by side."""

import streamlit as st

from dashboard import controls, side_by_side
from dashboard.components.plot import plot
from dashboard.figures import comparison
from dashboard.figures.numbers import metrics_table, title
from vae_core.metrics import BOUND_IMAGES, METRICS

st.title("Compare")
runs = {controls.run_label(run): run for run in controls.all_runs()}
if not runs:
    st.info("There are no finished runs yet: train some on the Train page.", icon=":material/info:")
    st.stop()
chosen = st.multiselect(
    "Runs",
    list(runs),
    default=[controls.run_label(run) for run in side_by_side.default_sweep()],
    max_selections=side_by_side.MAX_COLUMNS,
    key="runs",
    bind="query-params",
    help=f"At most {side_by_side.MAX_COLUMNS}; a column each, ordered by β.",
)
picked = sorted((runs[name] for name in chosen if name in runs), key=lambda run: run.config.beta)
if not picked:
    st.info("Pick at least one run above.", icon=":material/info:")
    st.stop()
picked, columns = side_by_side.comparison_columns(picked)
if len({column.sweep for column in columns}) > 1:
    st.warning(
        "These runs differ in more than β, and so does what differs between the columns: "
        f"{', '.join(side_by_side.differing(picked))}.",
        icon=":material/warning:",
    )

left, right = st.columns(2, gap="large")
half_width = left.slider(
    "Half width of the latent axes", 1.0, 20.0, 4.0, 0.5, key="half_width", bind="query-params"
)
reference = right.selectbox(
    "Align to",
    [None, *picked],
    format_func=lambda run: controls.run_label(run) if run else "nothing: as they are",
    key="align",
    help="Runs put the same images to other places: flipped, turned, nearer or farther. This lays "
    "each latent space on that of the chosen run as well as a rotation or reflection, one scale "
    "and a shift can (Procrustes). The scale is what β does, so compare shapes now, not sizes.",
)
alignments = side_by_side.alignments(picked, reference)
dims = controls.top_dims(reference) if reference else (0, 0)
figure = comparison.latent_spaces(
    [c.aligned(how, dims) for c, how in zip(columns, alignments, strict=True)], half_width
)
shown = max(len(columns), comparison.MIN_COLUMNS)
titles = max(0, figure.layout.margin.t - 60)  # pixels beyond two lines, which the chart adds itself
plot(
    figure,
    key="compare-latent",
    height=180 + 1300 // shown + titles,
    aspect=1 / shown + titles / 1100,
    alt="Held-out latent spaces side by side on shared axes",
)
st.caption(
    f"Up to {comparison.MAX_POINTS:,} held-out images a run, each at its posterior mean; dotted: 1 "
    "and 2 standard deviations of the prior."
)
if reference:
    st.caption(
        "Aligned, with the scale that it took; unexplained is the share of the chosen run's "
        "variance that stays. The circles are those of the chosen run's prior."
    )

st.subheader("What the latent plane decodes to")
for cell, run, alignment in zip(side_by_side.cells(picked), picked, alignments, strict=True):
    with cell:
        side_by_side.manifold_picture(run, 10, alignment, dims if alignment else None)

st.subheader("The same images through every run")
side_by_side.reconstructions(picked)

st.subheader("Samples: of the prior, and of the aggregate posterior")
for cell, run in zip(side_by_side.cells(picked), picked, strict=True):
    with cell:
        side_by_side.samples(run)
st.caption(
    "Above, z from the prior; below, z from the posteriors of held-out images drawn at random. "
    "Where they differ the prior has mass that no image was put to: the holes."
)

st.subheader("Rate against distortion")
plot(
    comparison.rate_distortion(columns),
    key="rate-distortion",
    height=480,
    alt="Rate-distortion plane, a point a β with its spread over seeds, and lines of equal elbo",
)
st.caption(
    "Held out, z sampled; a point a β, the mean over its seeds with their standard deviation. "
    "Dotted: equal elbo; nearer the origin is better. The short line through a point has the slope "
    "-β: an optimal run lies where the curve of what the networks can reach has just this slope "
    "(not under the capacity schedule, which has no such line)."
)
if any(column.beta == 0 for column in columns):
    st.caption("Runs with β = 0 are left out: their rate is not optimised.")

st.subheader("Held-out numbers")
numbers = [column.numbers for column in columns]
st.dataframe(
    metrics_table(
        {
            "β": [run.config.beta for run in picked],
            "seeds": [len(row) for row in numbers],
            "run": [controls.run_label(run) for run in picked],
        },
        numbers,
        comparable=len({run.config.dataset for run in picked}) == 1,
    ),
    hide_index=True,
    alt="Held-out metrics of the runs, mean and standard deviation over the seeds",
    column_config={
        "β": st.column_config.NumberColumn(format="%g", pinned=True),
        **{title(name): st.column_config.Column(help=METRICS[name].text) for name in METRICS},
    },
)
st.caption(
    "Mean ± standard deviation over the seeds; marked: the best, where one direction is better. "
    "Nats are nats an image. The loss holds β, so only the elbo compares across β. Bounds are "
    f"computed on up to {BOUND_IMAGES} held-out images; only those on binarised pixels bound a "
    "likelihood: never compare the two kinds."
)
