"""Show how several runs reconstruct the same texts and decode the same latents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.kinds.text_tables import (
    ROWS,
    decode,
    held_out_texts,
    missing_data_message,
    table,
    training_texts,
)
from dashboard.shared import run_cache
from vae_core import kinds
from vae_core.latent.samples import prior_samples
from vae_core.runs.run import Run


def show_comparison(
    runs: list[Run], names: list[str], display: Callable[[Sequence[str]], list[str]]
) -> None:
    """Show how several runs reconstruct the same texts and decode the same z, a column per run.

    Args:
        runs: of any data sets; each data set gets a table.
        names: of the runs, all different.
        display: turns texts into the form in which they are shown.
    """
    by_data: dict[str, list[int]] = {}
    for i, run in enumerate(runs):
        by_data.setdefault(run.config.dataset, []).append(i)
    groups = [([runs[i] for i in row], [names[i] for i in row]) for row in by_data.values()]

    kind = kinds.of_run(runs[0].config)
    item, items = kind.item, kind.items
    st.markdown(f"##### The same {items} through every run")
    fewest = min(len(run_cache.arrays(run)["labels"]) for run in runs)
    first = int(
        st.number_input(
            f"From held-out {item}",
            *(0, fewest - 1, 0, ROWS),
            width=240,
            key="compare_first",
            bind="query-params",
        )
    )
    for group, titles in groups:
        strings = held_out_texts(group[0])
        if strings is None:
            st.info(missing_data_message(group[0]), icon=":material/info:")
            continue
        rows = slice(first, first + ROWS)
        decoded = [decode(run, run_cache.arrays(run)["posterior_mean"][rows]) for run in group]
        columns = [display(column) for column in (strings[rows], *decoded)]
        st.html(table(list(zip(*columns, strict=True)), ("held out", *titles), first_again=True))
    st.caption(
        f"Held-out {items}, and their posterior means (for an autoencoder: latents), decoded with "
        "the likeliest character at each step. ✓: an exact reconstruction."
    )

    st.markdown("##### The same z through every run")
    temperature = st.slider(
        "Temperature", 0.0, 2.0, 0.0, 0.1, width=240, key="compare_temperature", bind="query-params"
    )
    marks_copies = True
    for group, titles in groups:
        decoded = []
        for run in group:
            prior = run_cache.text_inference(run).prior
            z = prior_samples(ROWS, run.config.latent_dim, prior=prior)
            decoded.append(decode(run, z, temperature))
        training = training_texts(group[0])
        marks_copies &= training is not None
        copies = display(
            sorted({text for column in decoded for text in column} & (training or set()))
        )
        columns = [display(column) for column in decoded]
        st.html(table(list(zip(*columns, strict=True)), titles, marked=copies))
    st.caption(
        "Decoded samples of the prior. In a row, runs with equally many latent dimensions get the "
        "same sample. "
        + (
            "The likeliest character is taken at each step."
            if temperature == 0
            else "Each character is drawn at random."
        )
        + (f" Bold: a training {item}." if marks_copies else "")
    )
