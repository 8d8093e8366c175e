"""Compare: runs of several β side by side."""

import streamlit as st
from pandas.io.formats.style import Styler

from dashboard import kinds
from dashboard.components.plot.plot import drawn, plot
from dashboard.figures import comparison, rate_distortion
from dashboard.figures.numbers import metrics_table
from dashboard.kinds.base import Comparison
from dashboard.shared import (
    comparable_runs,
    markdown,
    run_cache,
    run_list,
    run_numbers,
    run_picker,
    vanished,
)
from dashboard.shared.comparison import comparison_columns, show_table
from dashboard.shared.comparison_grid import grid
from vae_core.kinds.contents import Contents
from vae_core.latent import samples
from vae_core.metrics.bounds import BOUND_IMAGES
from vae_core.metrics.catalogue import NO_FACTORS
from vae_core.model import likelihoods

st.title("Compare")
comparable = comparable_runs.choose_kind()
runs = {run_list.run_label(run): run for run in comparable}
if not runs:
    raise run_picker.NothingToShowError(
        "There are no finished runs yet: train some on the Train page."
    )
shown_kind = kinds.of_run(comparable[0])
kind = Contents(comparable[0].config).kind
item, items = kind.item, kind.items
chosen = comparable_runs.choose_runs(runs, shown_kind.runs_key)
picked = sorted(
    (runs[name] for name in chosen if name in runs),
    key=lambda run: -1 if (beta := Contents(run.config).beta) is None else beta,
)
if not picked:
    raise run_picker.NothingToShowError("Pick at least one run above.")
picked, columns = comparison_columns(picked)
if len({column.sweep for column in columns}) > 1:
    st.warning(
        "These runs differ in more than β, so differences between the columns have several "
        f"causes: {', '.join(comparable_runs.differing(picked))}.",
        icon=":material/warning:",
    )
likelihood_names = sorted({likelihoods.name_of(run.config) for run in picked})
if len(likelihood_names) > 1:
    st.warning(
        f"Nats under different likelihoods can't be compared ({', '.join(likelihood_names)}), here "
        "and in the rate-distortion plane. No number is marked as the best.",
        icon=":material/warning:",
    )

# Part of the keys of caches: the runs, and the numbers of all their seeds.
content_key = (*map(run_cache.version, picked), repr([column.numbers for column in columns]))

st.subheader("Rate against distortion")
plot(
    drawn(lambda: rate_distortion.rate_distortion(columns, item), "rate-distortion", *content_key),
    key="rate-distortion",
    height=480,
    alt="Rate-distortion plane, one point per β with its spread over seeds, lines of equal elbo",
)
st.caption(
    "Each point is one β: the mean over its seeds, with their standard deviation, measured on "
    "held-out data with z sampled. Dotted lines join points of equal elbo; the nearer a line is to "
    "the origin, the better. The short line through a point has the slope -β. If the run is "
    "optimal, this line is tangent to the curve of the best points that the networks can reach. "
    "Runs with the capacity schedule have no such line."
)
if any(column.beta == 0 for column in columns):
    st.caption("Runs with β = 0 are left out: their rate is not optimised.")
if any(column.beta is None for column in columns):
    st.caption("Autoencoders are left out: they have no rate, and no elbo to compare.")

st.subheader("Held-out numbers")
names = [run_list.run_label(run) for run in picked]


def table() -> Styler:
    numbers = [column.numbers for column in columns]
    return metrics_table(
        {
            "β": [column.beta for column in columns],
            "seeds": [len(row) for row in numbers],
            "run": names,
        },
        numbers,
        comparable=len({run.config.dataset for run in picked}) == 1 and len(likelihood_names) == 1,
    )


show_table(table, *names, *content_key)
st.caption(
    "Mean ± standard deviation over the seeds. The best mean is marked in columns where higher or "
    f"lower is better. Nats are nats per {item}. The loss depends on β, so compare the elbo across "
    f"β. Bounds are computed on up to {BOUND_IMAGES} held-out {items}; {shown_kind.bounds}. Click "
    "a heading to sort."
)
if any(Contents(run.config).lacks_factors for run in picked):
    st.caption(NO_FACTORS)
st.download_button(
    "The table (CSV)",
    lambda: table().data.to_csv(index=False),  # type: ignore[attr-defined]
    "vae-lab-comparison.csv",
    "text/csv",
    icon=":material/table:",
    on_click="ignore",
    help="The means over the seeds, with all digits.",
)

st.subheader("The grid of β")
viewable, viewable_columns = comparable_runs.viewable_columns(picked, columns)
left, middle, right = st.columns(3, gap="large", vertical_alignment="bottom")
half_width = left.slider(
    "Half width of the latent axes", 1.0, 20.0, 4.0, 0.5, key="half_width", bind="query-params"
)
with_prior = middle.toggle(
    "Show the prior, too",
    value=True,
    key="with_prior",
    bind="query-params",
    help="Samples of the standard normal. If the aggregate posterior equalled the prior, the "
    f"{items} would lie as these samples do.",
)
references = {run_list.run_label(run): run for run in viewable}
AS_THEY_ARE = "nothing: as they are"
choices = [AS_THEY_ARE, *references]
gone = vanished.empty_if_vanished("align", choices, "The run to align to,")
aligned_to = right.selectbox(
    "Align to",
    choices,
    None if gone else 0,
    key="align",
    placeholder="choose a run",
    bind="query-params",
    help=f"Runs put the same {items} in different places: mirrored, turned, nearer or farther. "
    "This fits each latent space to that of the chosen run by a rotation or reflection, one scale "
    "and a shift (Procrustes). A change of scale that β caused is removed, too, so compare shapes, "
    "not sizes.",
)
if gone:
    right.caption(f"{gone} Until then nothing is aligned.")
reference = references.get(aligned_to or AS_THEY_ARE)
alignments = comparable_runs.alignments(viewable, reference)
dims = run_numbers.top_dims(reference) if reference else (0, 0)
prior = samples.prior_samples(comparison.MAX_POINTS, 2) if with_prior else None
shown = len(viewable_columns) + with_prior
names = [column.title.replace("<br>", ", ") for column in viewable_columns]
figure = drawn(
    lambda: comparison.latent_spaces(
        [c.aligned(how, dims) for c, how in zip(viewable_columns, alignments, strict=True)],
        half_width,
        prior,
    ),
    *("latent", half_width, with_prior, aligned_to, *content_key),
)
width = comparison.width_of(shown)
more_titles = max(0, figure.top - 60)  # pixels; the chart itself has room for two lines of titles
with grid(shown):
    plot(
        figure,
        key="compare-latent",
        height=180 + 1300 // width + more_titles,
        aspect=1 / width + more_titles / 1100,
        alt="Held-out latent spaces side by side on shared axes",
    )
    st.caption(
        f"Each point is one held-out {kind.item} at its posterior mean; at most "
        f"{comparison.MAX_POINTS:,} per run are drawn. The dotted circles show 1 and 2 standard "
        "deviations of the prior."
    )
    if with_prior:
        st.caption(
            "The rate pulls the posteriors towards N(0, I). If the aggregate posterior equalled "
            "N(0, I), there would be no holes, and every sample of the prior would decode to "
            "something like the data."
        )
    if reference:
        st.caption(
            "The latent spaces are aligned. Each title gives the scale, and the share of the "
            "chosen run's variance that stays unexplained. The circles show the chosen run's prior."
        )

    shown_kind.show_comparison(Comparison(viewable, names, alignments, dims, shown))

    st.markdown("##### Rate of each latent dimension")
    plot(
        drawn(
            lambda: comparison.rates(viewable_columns, width, item), "rates", width, *content_key
        ),
        key="compare-rates",
        height=260,
        alt="Held-out rate of each latent dimension, one column per run",
    )
markdown.explain(
    "What to look for",
    rf"""
All runs minimise $\mathbb E_q[-\log p(x \mid z)] + \beta\,
\mathrm{{KL}}(q(z \mid x)\,\|\,p(z))$: distortion and $\beta$ times the rate.

- **Latent space**: a larger $\beta$ draws the points onto the circles, as a round cloud. With a
  smaller $\beta$ the cloud is larger and has gaps. Averaged over the data, the rate is the sum of
  two parts: $\mathrm{{KL}}(q(z)\,\|\,p(z))$ says how far the cloud is from the prior, and the
  mutual information $I(x; z)$ says how well {items} are told apart (Hoffman & Johnson, 2016).
{shown_kind.decoded_notes.strip()}
- **Rate of each dimension**: a dimension with rate 0 has collapsed; its posterior is the prior.
""",
)
