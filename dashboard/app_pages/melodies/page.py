"""Melodies: a path between two melodies, samples of the prior, and reconstructions."""

import numpy as np
import streamlit as st

from dashboard.kinds import melody_players, text_tables
from dashboard.shared import markdown, notes, path_control, run_cache, run_numbers, run_picker
from vae_core.data import notation
from vae_core.latent import paths, samples

TABS = ["Between two melodies", "From the prior", "Coming back"]
HELD_OUT, PRIOR = "held out", "from the prior"
SHOWN = 8  # samples of the prior
EXPLANATION = r"""
A melody is written as a text, one character per sixteenth note: a letter begins a note of its
pitch, `_` holds it, `.` is a rest. So the same networks are used as for any text. The
**distortion** of a melody is the cross-entropy of its 32 (in 3/4, 24) sixteenths and of its end, in
nats per melody:

$$
-\log p(x \mid z) = -\sum_t \log p(x_t \mid z, x_1, \dots, x_{t-1}).
$$

Most sixteenths hold a note, which is easy to predict and cheap. The beginnings of notes cost most.

The data are the soprano lines of Bach's chorales from the package music21: every two successive
bars, transposed to C major or A minor, in 4/4 or 3/4. Chorales on the same tune are either all held
out or all trained on, so no held-out tune was seen in training.

A walk is a path between two points of the latent space. Each of its points is decoded with the
likeliest character at each sixteenth. The tones are sums of six sines, made on the server.

Sources: Bowman et al. (2016), *Generating Sentences from a Continuous Space*; Roberts et al.
(2018), *A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music*.
"""

st.title("Melodies")
run = run_picker.pick_run(
    of_kinds=("melodies",),
    none="There are no runs on melodies to look at yet: train one on the Train page. The data set "
    "`melodies` needs music21 (pip install '.[music]').",
)
notes.notes(run)
run_numbers.metrics_row(run)
d = run.config.latent_dim
q = run_cache.arrays(run)
names, labels = [str(name) for name in q["label_names"]], q["labels"]
training = text_tables.training_texts(run)
with st.container(key="form-tempo"):
    tempo = st.slider(
        "Tempo, quarter notes per minute",
        40,
        200,
        96,
        4,
        key="melodies_tempo",
        bind="query-params",
        width=360,
    )


def describe_source(row: int) -> str:
    """Describe a held-out melody by its chorale and bars; without the data by number and label."""
    if training is None:
        return f"number {row}, {names[labels[row]]}"
    return run_cache.melody_sources("test")[row]


def choose_end(name: str, default: int) -> tuple[np.ndarray, str]:
    """Show the choice of an end of the path; return its latent (d,) and a description.

    Args:
        name: A or B.
        default: row of the held-out melody that is chosen at first.
    """
    origin = st.selectbox(
        f"{name} is", [HELD_OUT, PRIOR], key=f"melodies_of_{name.lower()}", bind="query-params"
    )
    if origin == PRIOR:
        seed = st.number_input(
            f"Seed of {name}", 0, 10**6, 0, key=f"melodies_seed_{name.lower()}", bind="query-params"
        )
        z = samples.prior_samples(1, d, int(seed), run_cache.text_inference(run).prior)
        return z[0], f"sample {seed} of the prior"
    row = st.number_input(
        f"Number of {name}",
        0,
        len(labels) - 1,
        default,
        key=f"melodies_{name.lower()}",
        bind="query-params",
    )
    return q["posterior_mean"][int(row)], describe_source(int(row))


def between(visible: bool) -> None:
    """Show a path between two melodies; if the tab is hidden, show only its widgets."""
    defaults = samples.spread_over_labels(labels, max(2, len(names)))
    with st.container(horizontal=True, key="form-between", vertical_alignment="bottom"):
        a, name_a = choose_end("A", int(defaults[len(defaults) // 2 - 1]))
        b, name_b = choose_end("B", int(defaults[-1]))
        steps = st.slider("Steps", 3, 16, 8, key="melodies_steps", bind="query-params")
        kind = path_control.choose_path("melodies_path")
    if not visible:
        return
    st.markdown(f"From **A**, {markdown.quote(name_a)}, to **B**, {markdown.quote(name_b)}.")
    decoded = text_tables.decode(run, paths.interpolation(a, b, steps, kind))
    titles = [f"{t:.0%}" for t in np.linspace(0, 1, steps)]
    titles[0], titles[-1] = "A, decoded", "B, decoded"
    melody_players.melody_players(decoded, titles, tempo, "walk")
    melody_players.path_player(decoded, tempo, "whole-walk")
    copies = [
        title
        for title, melody in zip(titles, decoded, strict=True)
        if training and melody in training
    ]
    st.caption(
        "Each step is a point of the path, decoded with the likeliest character at each "
        "sixteenth. The ends are posterior means of held-out melodies, or samples of the prior."
        + (f" Copies of training melodies: {', '.join(copies) or 'none'}." if training else "")
    )


def prior(visible: bool) -> None:
    """Show decoded samples of the prior; if the tab is hidden, show only its widgets."""
    with st.container(horizontal=True, key="form-prior"):
        temperature = st.slider(
            "Temperature", 0.0, 2.0, 1.0, 0.1, key="melodies_temperature", bind="query-params"
        )
        count = st.slider("Melodies", 20, 1000, 200, 20, key="melodies_count", bind="query-params")
        seed = st.number_input("Seed", 0, 10**6, 0, key="melodies_seed", bind="query-params")
    if not visible:
        return
    z = samples.prior_samples(count, d, int(seed), run_cache.text_inference(run).prior)
    decoded = text_tables.decode(run, z, temperature, int(seed))
    text_tables.show_novelty(run, decoded, training)
    titles = [f"sample {i}" for i in range(SHOWN)]
    melody_players.melody_players(decoded[:SHOWN], titles, tempo, "prior")
    st.caption(
        f"These are {SHOWN} of the {count:,} melodies. z is drawn from the prior, then each "
        "character from the decoder."
        + ("" if training else " The training melodies are not here, so copies can't be counted.")
    )


def reconstructed(visible: bool) -> None:
    """Show reconstructions of held-out melodies; if the tab is hidden, show only its widgets."""
    text_tables.show_reconstruction_scores(run)
    with st.container(key="form-back"):
        first = st.number_input(
            "From held-out melody",
            0,
            len(labels) - 1,
            0,
            melody_players.COLUMNS,
            key="melodies_first",
            bind="query-params",
        )
    if not visible:
        return
    rows = text_tables.reconstructions(run, int(first), melody_players.COLUMNS)
    if rows is None:
        st.info(
            "The melodies are not on this machine: train a run on them with music21 installed, or "
            "put melodies.npz into a folder and name that folder in VAE_LAB_DATA.",
            icon=":material/info:",
        )
        return
    for i, (row, column) in enumerate(zip(rows, st.columns(melody_players.COLUMNS), strict=False)):
        with column:
            melody_players.melody_player(
                row["reconstruction"],
                f"number {int(first) + i}",
                tempo,
                f"back-{i}",
                beside=row["held out"],
            )
            same, all_notes = notation.shared_notes(row["held out"], row["reconstruction"])
            source = markdown.escape_markdown(describe_source(int(first) + i))
            st.caption(
                f"{source}: {same} of {all_notes} notes begin at the right time, "
                f"{row['tokens right']:.0%} of the sixteenths are right; "
                f"-log p(x | mean) is {row['-log p(x | mean), nats']:.2f} nats."
            )
    st.caption(
        "The wide, pale bars are the held-out melody, which has the first player. The narrow bars "
        "are its reconstruction: the posterior mean, decoded with the likeliest character at each "
        "sixteenth. Sixteenths are easy to get right, because "
        f"{notation.hold_share(text_tables.held_out_texts(run) or []):.0%} of the held-out ones "
        "only hold a note."
    )


for tab, section in zip(
    st.tabs(TABS, key="melodies_tab", bind="query-params"),
    (between, prior, reconstructed),
    strict=True,
):
    with tab:
        section(tab.open is not False)  # widgets are made in hidden tabs too, to keep their values
run_numbers.show_all_numbers(run)
markdown.explain("How melodies are modelled", EXPLANATION)
st.page_link(
    "app_pages/latent_space/page.py", label="Where the melodies lie", icon=":material/scatter_plot:"
)
