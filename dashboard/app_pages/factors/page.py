"""Known factors: which latent dimension follows which factor of the pictures."""

import numpy as np
import streamlit as st

from dashboard.app_pages.factors import known_factors
from dashboard.components.plot.plot import drawn, plot
from dashboard.figures import factors
from dashboard.figures.dict_figure import DictFigure
from dashboard.figures.picture_rows import picture_rows
from dashboard.shared import markdown, notes, run_cache, run_numbers
from vae_core.latent import planes
from vae_core.metrics.catalogue import FACTOR_METRICS, METRICS, NO_FACTORS
from vae_core.metrics.factors import entropies

STEPS = 11
MAX_ROWS = 12  # dimensions; those with the largest rates are shown
TILE = 76  # pixels
LABEL_WIDTH = 136  # pixels
HEIGHT = 380
EXPLANATION = r"""
A picture of `shapes` was drawn from five **factors**: which shape, its scale, its rotation, and its
place $x, y$. Because they are known, one can measure what each latent dimension $z_j$ tells about a
factor $v_k$: their **mutual information**, $I(z_j; v_k) \le H(v_k)$, in nats, over the held-out
pictures.

- **MIG** (Chen et al., 2018): $\frac1K \sum_k \frac{1}{H(v_k)} \big(I(z_{j^{(k)}}; v_k) -
  \max_{j \ne j^{(k)}} I(z_j; v_k)\big)$, with $j^{(k)}$ the dimension that tells most about
  $v_k$. It is how much more the best dimension tells than the second best.
- **DCI** (Eastwood & Williams, 2018): a random forest predicts each factor from all dimensions;
  $R_{jk}$ is the importance of dimension $j$ for factor $k$. *Disentanglement*: each dimension
  matters for one factor. *Completeness*: for each factor one dimension matters. *Informativeness*:
  how well the factors are predicted, 1 minus the error as a share of the error of guessing.
- **FactorVAE score** (Kim & Mnih, 2018): hold one factor fixed, and find the dimension that varies
  least over such pictures. The score is how often this dimension identifies the factor.

**What to expect.** No $\beta$ makes all scores 1. A quarter turn of a square and half a turn of an
ellipse change no pixel, so no model can know all of the rotation. No term of the loss asks that the
axes be the factors. The axes align with the factors because the posteriors are diagonal. A larger
$\beta$ strengthens this (Rolínek et al., 2019), until the rate costs so much that factors are lost.
Without such a bias no method could find the factors (Locatello et al., 2019). A factor that the
latents have lost lowers every score: it has no gap, and its forest uses all dimensions a little.
"""

st.title("Known factors")
run = known_factors.pick_run()
notes.notes(run)
ground_truth = known_factors.known_factors(run)
numbers = run_cache.numbers(run)
scored = [name for name in FACTOR_METRICS if name in numbers]
with st.container(horizontal=True):
    for name in scored:
        metric = METRICS[name]
        value = f"{numbers[name]:z.{metric.decimals}f}"
        st.metric(metric.title, value, help=metric.text, border=True)
if not scored:
    st.caption(
        "No scores: they are measured when training ends, on at least two latent dimensions."
    )

names, entropy = ground_truth.factors.names, entropies(ground_truth.factors.values)
left, right = st.columns(2, gap="large")
with left:
    st.subheader("What each dimension tells about each factor")
    plot(
        drawn(
            lambda: factors.matrix(ground_truth.information, entropy, names),
            *("told", run_cache.version(run)),
        ),
        key="factors-matrix",
        height=HEIGHT,
        alt="Mutual information of each latent dimension with each factor, as a heat map",
    )
    st.caption(
        "Each row is a latent dimension, and each column a factor. The numbers are their mutual "
        "information in nats: from samples of the held-out posteriors, minus what is due to "
        "chance. Below each factor's name is its entropy, the most that a dimension can tell."
    )
with right:
    st.subheader("The scores over β")
    by_beta = known_factors.over_beta(run)
    if any(name in row for rows in by_beta.values() for row in rows for name in FACTOR_METRICS):
        plot(
            drawn(lambda: factors.scores(by_beta), "factor-scores", repr(by_beta)),
            key="factors-scores",
            height=HEIGHT,
            alt="The five scores over β, mean and standard deviation over the seeds",
        )
        st.caption(
            "Held-out scores of the runs that differ from this one only in β and seed: mean and "
            "standard deviation over the seeds. The β are evenly spaced, whatever their values."
        )
    else:
        st.caption("None of these runs has scores.")

st.subheader("One dimension at a time")
extent = st.slider(
    "Range, in σ of the prior",
    *(0.5, 4.0, 2.0, 0.5),
    key="factors_extent",
    bind="query-params",
    width=400,
)
shown = planes.dims_by_rate(run_numbers.rate_per_dim(run))[:MAX_ROWS]
follows = factors.followed_factors(ground_truth.information, entropy)
titles = [
    factors.dimension_title(dim, follows[dim], ground_truth.information[dim], entropy, names)
    for dim in shown
]


def traversals() -> DictFigure:
    """Draw a row of pictures for each dimension, named by the factor that it follows."""
    values = np.linspace(-extent, extent, STEPS)
    z = planes.traversal(np.zeros(run.config.latent_dim), shown, values)
    rows = np.split(run_cache.inference(run).decode(z), len(shown))
    return picture_rows(dict(zip(titles, rows, strict=True)), LABEL_WIDTH)


plot(
    drawn(traversals, "known-traversals", run_cache.version(run), extent),
    key="factors-traversals",
    height=16 + TILE * len(shown),
    aspect=max(0.8 * len(shown) / STEPS - 0.15, 0.02),
    alt="Decoded traversals, one latent dimension per row, named by the factor it follows",
)
st.caption(
    f"Each row moves one dimension from {-extent:g} to {extent:g} and holds the others at 0; the "
    "dimension with the largest rate comes first. A row is named by the factor that its dimension "
    f"tells most about, if it tells at least {factors.FOLLOWS:.0%} of the factor's entropy."
)
st.caption(NO_FACTORS)
markdown.explain("The scores, and what to expect of them", EXPLANATION)
