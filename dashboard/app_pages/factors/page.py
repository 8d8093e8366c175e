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
MAX_ROWS = 12  # dimensions with the largest rates
TILE = 76  # pixels
LABEL_WIDTH = 136  # pixels
HEIGHT = 380
EXPLANATION = r"""
A picture of `shapes` was drawn from five **factors**: which shape, its scale, its rotation, and its
place $x, y$. As they are known one can ask of each latent dimension $z_j$ what it tells of a factor
$v_k$: their **mutual information**, $I(z_j; v_k) \le H(v_k)$, in nats, over the held-out pictures.

- **MIG** (Chen et al., 2018): $\frac1K \sum_k \frac{1}{H(v_k)} \big(I(z_{j^{(k)}}; v_k) -
  \max_{j \ne j^{(k)}} I(z_j; v_k)\big)$, with $j^{(k)}$ the dimension that tells most of $v_k$:
  what one dimension tells more than the next.
- **DCI** (Eastwood & Williams, 2018): random forests tell each factor from all dimensions together;
  $R_{jk}$ is how much dimension $j$ serves factor $k$. *Disentanglement*: each dimension serves one
  factor. *Completeness*: each factor is served by one dimension. *Informativeness*: how well the
  factors are told at all, 1 less the error as a share of that of guessing.
- **FactorVAE score** (Kim & Mnih, 2018): hold one factor fixed, and look which dimension varies
  least over such pictures; how often does that tell the factor?

**What to expect.** No $\beta$ makes them all 1. A quarter turn of a square and half a turn of an
ellipse change no pixel, so no model can tell all of the rotation; and nothing in the loss asks for
axes that are the factors: what aligns them is that the posteriors are diagonal, and a larger
$\beta$ makes that count for more (Rolínek et al., 2019), until it costs so much that factors are no
longer told at all. Without such a bias nothing could find them (Locatello et al., 2019). A factor
that is not told lowers every score: it has no gap, and its forest serves itself a little from all
dimensions.
"""

st.title("Known factors")
run = known_factors.pick_run()
notes.notes(run)
known = known_factors.known_factors(run)
numbers = run_cache.numbers(run)
scored = [name for name in FACTOR_METRICS if name in numbers]
with st.container(horizontal=True):
    for name in scored:
        metric = METRICS[name]
        value = f"{numbers[name]:z.{metric.decimals}f}"
        st.metric(metric.title, value, help=metric.text, border=True)
if not scored:
    st.caption(
        "No scores: they are measured as training ends, and of more than one latent dimension."
    )

names, entropy = known.factors.names, entropies(known.factors.values)
left, right = st.columns(2, gap="large")
with left:
    st.subheader("What each dimension tells of each factor")
    plot(
        drawn(
            lambda: factors.matrix(known.information, entropy, names),
            *("told", run_cache.version(run)),
        ),
        key="factors-matrix",
        height=HEIGHT,
        alt="Mutual information of each latent dimension with each factor, as a heat map",
    )
    st.caption(
        "Mutual information in nats of a factor and samples of the held-out posteriors, less what "
        "is found by chance; under its name the entropy of the factor, the most that can be told."
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
            "Held out; runs that differ from this one in β and seed alone: the mean over the "
            "seeds, with their standard deviation. β is spaced evenly, whatever its values."
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
follows = factors.followed_factors(known.information, entropy)
titles = [
    factors.dimension_title(dim, follows[dim], known.information[dim], entropy, names)
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
    alt="Decoded traversals, a latent dimension a row, named by the factor it follows",
)
st.caption(
    f"Each row moves one dimension from {-extent:g} to {extent:g} and holds the others at 0, the "
    "largest rate first. It is named by the factor of whose entropy it tells the largest share, if "
    f"that is {factors.FOLLOWS:.0%} at least."
)
st.caption(NO_FACTORS)
markdown.explain("The scores, and what to expect of them", EXPLANATION)
