"""Words: a path between two typed texts, the latent plane, samples and reconstructions."""

import numpy as np
import streamlit as st

from dashboard.components.plot.plot import plot
from dashboard.figures import dim_name
from dashboard.kinds.text_tables import (
    decode,
    first_run,
    missing_data_message,
    normalize_typed,
    path_ends,
    path_figure,
    reconstructions,
    show_novelty,
    show_reconstruction_scores,
    table,
    training_texts,
)
from dashboard.shared import (
    dims_control,
    exports,
    markdown,
    notes,
    path_control,
    run_cache,
    run_numbers,
    run_picker,
)
from vae_core.kinds.contents import Contents
from vae_core.latent import paths, planes, samples
from vae_core.sandbox import RefusedError

TABS = ["Between two texts", "Plane", "From the prior", "Coming back"]
LONGEST_IN_TEN = 16  # characters; ten texts of this length fit side by side
EXPLANATION = r"""
A text is a sequence of characters $x_1 \dots x_T$; the last one marks the end. The decoder writes
one character after the other, and reads those that it has written:

$$
p(x \mid z) = \prod_{t=1}^{T} p(x_t \mid z, x_1, \dots, x_{t-1}).
$$

So the **distortion** is a sum of cross-entropies, in nats per text. Characters are discrete, so the
elbo is a lower bound on $\log p(x)$, the logarithm of a probability.

Such a decoder can predict well without $z$. The rate then falls to 0: the posterior **collapses**.
There are two usual remedies: $\beta$ grows from 0 (KL warm-up), and in training 30 % of the
characters are hidden from the decoder (word dropout), so that it needs $z$ to predict them. At
$\beta = 1$ the rate stays at a few nats. With a smaller $\beta$ more texts are reconstructed, but
the aggregate posterior is further from the prior.

The **temperature** $\tau$ divides the logits before a character is drawn. At 1, characters have the
probabilities that the decoder gives; at 0, the likeliest character is taken at each step.

Source: Bowman et al. (2016), *Generating Sentences from a Continuous Space*.
"""

st.title("Words")
run = run_picker.pick_run(
    of_kinds=("text",),
    none="There are no runs on texts, such as unicode_names, to look at yet: train one on the "
    "Train page.",
    opens_on=first_run,
)
notes.notes(run)
run_numbers.metrics_row(run)
d = run.config.latent_dim
shown = Contents(run.config)
origin = shown.origin
networks = run_cache.text_inference(run)
longest = networks.length - 1
training = training_texts(run)
NOT_HERE = f"The texts of {run.config.dataset} are not on this machine, so copies can't be counted."


def between() -> None:
    # An empty text can't be encoded: the vocabulary's last character (never a space) replaces it.
    defaults = [text or networks.vocabulary[-1] for text in path_ends(run)]
    with st.container(horizontal=True, key="form-between"):
        typed = [
            st.text_input(
                name,
                defaults[i],
                max_chars=longest,
                key=f"words_{name.lower()}_{run.config.dataset}",
                bind="query-params",
            )
            for i, name in enumerate("AB")
        ]
        steps = st.slider("Steps", 3, 21, 9, key="words_steps", bind="query-params")
        kind = path_control.choose_path("words_path")
    try:
        tokens = networks.tokens([normalize_typed(run, text) for text in typed])
    except RefusedError as error:
        st.warning(markdown.escape_markdown(str(error)), icon=":material/keyboard:")
        return
    mean, _ = networks.encode(tokens)
    path = paths.interpolation(mean[0], mean[1], steps, kind)
    texts = decode(run, path)
    costs = -networks.log_likelihood(tokens, mean)
    rows = [[f"{t:.0%}", text] for t, text in zip(np.linspace(0, 1, steps), texts, strict=True)]
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(table(rows, ("from A to B", "decoded"), marked=training or ()))
    with right:
        plot(
            path_figure(run, path, texts),
            key=f"words-walk-{run.id}",
            height=460,
            aspect=0.7,
            alt=f"The path from A to B over the {shown.points} of the held-out texts",
        )
    names = networks.texts(tokens)
    st.caption(
        f"Each row is a point of the path between two {shown.points}, decoded with the likeliest "
        "character at each step. The faint points are the held-out texts. -log p(x | mean) is "
        f"{costs[0]:.2f} nats for {markdown.quote(names[0])} and {costs[1]:.2f} nats for "
        f"{markdown.quote(names[1])}."
        + (" Texts in bold are training texts." if training else f" {NOT_HERE}")
    )


def plane() -> None:
    with st.container(horizontal=True, key="form-plane", vertical_alignment="bottom"):
        dims = dims_control.choose_dims(run, "words")
        n = st.slider(
            "Texts per side",
            3,
            15,
            10 if longest <= LONGEST_IN_TEN else 6,
            key=f"words_n_{longest}",
            bind="query-params",
        )
        extent = st.slider(
            f"Range, in σ of {origin}", 0.5, 4.0, 2.0, 0.5, key="words_extent", bind="query-params"
        )
    if d == 1:
        axis = np.linspace(-extent, extent, n, dtype=np.float32)
        rows, down = [decode(run, axis[:, None])], []
    else:
        axis, z = planes.manifold(n, np.zeros(d, np.float32), dims, "linear", extent)
        texts = decode(run, z)
        rows = [texts[i * n : (i + 1) * n] for i in range(n)]
        down = [f"{value:.1f}" for value in axis][::-1]
    st.html(table(rows, [f"{value:.1f}" for value in axis], down, training or ()))
    rest = "" if d <= 2 else " The other dimensions are 0."
    st.caption(
        f"{dim_name(dims[0])} across"
        + (f", {dim_name(dims[1])} up" if d > 1 else "")
        + f", in σ of {origin}. Each point is decoded with the likeliest character at each step."
        + rest
        + (" Texts in bold are training texts." if training else f" {NOT_HERE}")
    )


def prior() -> None:
    with st.container(horizontal=True, key="form-prior"):
        temperature = st.slider(
            "Temperature", 0.0, 2.0, 1.0, 0.1, key="words_temperature", bind="query-params"
        )
        count = st.slider("Texts", 20, 1000, 200, 20, key="words_count", bind="query-params")
        seed = st.number_input("Seed", 0, 10**6, 0, key="words_seed", bind="query-params")
    z = samples.prior_samples(count, d, int(seed), networks.prior)
    texts = decode(run, z, temperature, int(seed))
    show_novelty(run, texts, training)
    first = texts[:40]
    wide = 5 if longest <= LONGEST_IN_TEN else 2
    cells = [first[i : i + wide] for i in range(0, len(first), wide)]
    st.html(table(cells, marked=training or ()))
    st.caption(
        f"These are {len(first)} of the {count:,} texts. z is drawn from {origin}, then each "
        "character from the decoder."
        + (" Texts in bold are training texts." if training else f" {NOT_HERE}")
    )


def reconstructed() -> None:
    held_out = len(run_cache.arrays(run)["labels"])
    show_reconstruction_scores(run)
    with st.container(key="form-back"):
        first = st.number_input(
            "From held-out text", 0, held_out - 1, 0, 20, key="words_first", bind="query-params"
        )
    rows = reconstructions(run, int(first), 20)
    if rows is None:
        st.info(missing_data_message(run), icon=":material/info:")
        return
    st.dataframe(
        rows,
        hide_index=True,
        alt="Held-out texts and their decoded posterior means",
        column_config={
            "tokens right": st.column_config.NumberColumn(format="percent"),
            "-log p(x | mean), nats": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    st.caption(
        f"Some of the {held_out:,} held-out texts, and what their {shown.points} decode to with "
        "the likeliest character at each step. The last column is the cost of the held-out text at "
        "that z."
    )


for tab, section in zip(
    st.tabs(TABS, key="words_tab", bind="query-params"),
    (between, plane, prior, reconstructed),
    strict=True,
):
    with tab:
        section()
run_numbers.show_all_numbers(run)
with st.container(key="form_export", horizontal=True):
    exports.whole_run(run)
markdown.explain("How texts are modelled", EXPLANATION)
st.page_link(
    "app_pages/latent_space/page.py", label="Where the texts lie", icon=":material/scatter_plot:"
)
