"""Held-out pictures on a sheet, to be clicked into a group."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard import controls, selection
from dashboard.components.plot import Click, plot
from dashboard.figures import sheets
from dashboard.posteriors import Posteriors
from vae_core import analysis
from vae_core.datasets import DatasetError
from vae_core.runs import Run

COLUMNS, ROWS = 12, 5
PICKED = "arithmetic_pick"


def section(run: Run, q: Posteriors) -> None:
    """The sheet, the numbers that were picked on it, and their name."""
    st.subheader("Make a group")
    st.caption(
        "Click pictures, or write their numbers, and save them under a name. A box or a lasso on "
        "the Latent space page makes groups, too."
    )
    of, page, numbers = st.columns([1, 1, 3])
    every = "all labels"
    labels = {f"label {name}": label for label, name in enumerate(q.label_names)}
    if st.session_state.get("arithmetic_of", every) not in (every, *labels):  # of another run
        st.session_state["arithmetic_of"] = every
    label = of.selectbox("Show", [every, *labels], key="arithmetic_of", bind="query-params")
    rows = np.arange(q.held_out) if label == every else np.flatnonzero(q.labels == labels[label])
    if not len(rows):
        st.info("No held-out picture has this label: choose another.", icon=":material/info:")
        return
    pages = -(-len(rows) // (COLUMNS * ROWS))
    if st.session_state.get("arithmetic_page", 1) > pages:
        st.session_state["arithmetic_page"] = pages
    shown = int(
        page.number_input(
            f"Sheet, of {pages:,}", 1, pages, 1, key="arithmetic_page", bind="query-params"
        )
    )
    rows = rows[(shown - 1) * COLUMNS * ROWS : shown * COLUMNS * ROWS]
    numbers.text_input(
        "Picked pictures", key=PICKED, bind="query-params", placeholder="none yet: 3, 17, 44"
    )
    picked, strange = _picked(q)
    if strange:
        said = controls.plain(", ".join(strange)[:60])
        st.caption(f"Passed over, as not one of 0 to {q.held_out - 1:,}: {said}.")
    _sheet(run, q, rows, picked)
    if len(picked):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{len(picked):,} picked**")
            st.button("Clear", icon=":material/deselect:", on_click=_clear, key="arithmetic_clear")
        selection.save(run, np.array(picked))


def _sheet(run: Run, q: Posteriors, rows: np.ndarray, picked: list[int]) -> None:
    try:
        images = controls.held_out(run.config.dataset, tuple(int(row) for row in rows))
        what = "Held-out pictures"
    except DatasetError as error:
        st.caption(f"{controls.plain(str(error))} Until then each is shown as the run decodes it.")
        images = controls.inference(run).decode(q.mean[rows])
        what = "Decoded posterior means of held-out pictures"
    lines = -(-len(rows) // COLUMNS)
    plot(
        sheets.clickable(
            analysis.sheet(images, COLUMNS),
            rows,
            [f"{row}: {q.label_names[q.labels[row]]}" for row in rows],
            np.isin(rows, picked),
            COLUMNS,
        ),
        key="arithmetic-sheet",
        height=lines * 112,
        aspect=lines / COLUMNS,
        alt=f"{what}, to be clicked",
        on_click=_toggle,
    )


def _picked(q: Posteriors) -> tuple[list[int], list[str]]:
    """The numbers in the text box that are pictures, each once, and what else is written there."""
    parts = [part.strip() for part in str(st.session_state.get(PICKED) or "").split(",")]
    good = [part for part in parts if part.isdecimal() and int(part) < q.held_out]
    strange = [part for part in parts if part and part not in good]
    return list(dict.fromkeys(int(part) for part in good)), strange


def _toggle(click: Click) -> None:
    """Into the text box, or out of it."""
    if click.row is None:
        return
    parts = [part.strip() for part in str(st.session_state.get(PICKED) or "").split(",")]
    parts = [part for part in parts if part]
    row = str(click.row)
    parts = [part for part in parts if part != row] if row in parts else [*parts, row]
    st.session_state[PICKED] = ", ".join(parts)


def _clear() -> None:
    st.session_state[PICKED] = ""
