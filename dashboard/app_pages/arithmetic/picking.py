"""Held-out pictures on a sheet, to be clicked into a group."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.app_pages.arithmetic import vectors
from dashboard.components.plot.plot import Click, plot
from dashboard.figures import sheets
from dashboard.shared import markdown, run_cache, run_picker, selection
from dashboard.shared.posteriors import Posteriors
from vae_core.data.dataset import DatasetError
from vae_core.latent import picture_sheet
from vae_core.runs.run import Run

COLUMNS, ROWS = 12, 5


PICKED = "arithmetic_pick"


MOST_WRITTEN = 2000  # characters of it that are read


def section(run: Run, q: Posteriors) -> np.ndarray:
    """The sheet, the numbers that were picked on it, and their name; the rows (n,) picked."""
    st.subheader("Make a group")
    st.caption(
        "Click pictures, or write their numbers: above they can be chosen as the group "
        f"“{vectors.PICKED}”, and saved under a name they are there for everybody. A box or a "
        "lasso on the Latent space page makes groups, too."
    )
    of, page, numbers = st.columns([1, 1, 3])
    every = "all labels"
    labels = {
        f"label {name}": label for label, name in enumerate(q.label_names) if label in q.labels
    }
    run_picker.replace_gone("arithmetic_of", (every, *labels), every)
    label = of.selectbox("Show", [every, *labels], key="arithmetic_of", bind="query-params")
    rows = np.arange(q.held_out) if label == every else np.flatnonzero(q.labels == labels[label])
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
        "Picked pictures",
        max_chars=MOST_WRITTEN,
        key=PICKED,
        bind="query-params",
        placeholder="none yet: 3, 17, 44",
    )
    picked, strange = _picked(q)
    if strange:
        said = markdown.escape_markdown(", ".join(strange)[:60])
        st.caption(f"Passed over, as not one of 0 to {q.held_out - 1:,}: {said}.")
    if len(str(st.session_state[PICKED] or "")) >= MOST_WRITTEN:
        st.caption(f"No more pictures fit in: {MOST_WRITTEN:,} characters are read.")
    _sheet(run, q, rows, picked)
    if len(picked):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{len(picked):,} picked**")
            st.button("Clear", icon=":material/deselect:", on_click=_clear, key="arithmetic_clear")
        selection.save(run, np.array(picked))
    return np.array(picked, int)


def _sheet(run: Run, q: Posteriors, rows: np.ndarray, picked: list[int]) -> None:
    try:
        images = run_cache.held_out(run.config.dataset, tuple(int(row) for row in rows))
        what = "Held-out pictures"
    except DatasetError as error:
        st.caption(
            f"{markdown.escape_markdown(str(error))} Until then each is shown "
            "as the run decodes it."
        )
        images = run_cache.inference(run).decode(q.mean[rows])
        what = "Decoded posterior means of held-out pictures"
    lines = -(-len(rows) // COLUMNS)
    plot(
        sheets.clickable(
            picture_sheet.sheet(images, COLUMNS),
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
    parts = _written()
    good = [
        part for part in parts if part.isdecimal() and len(part) < 10 and int(part) < q.held_out
    ]
    strange = set(parts) - set(good)
    return list(dict.fromkeys(map(int, good))), [part for part in parts if part in strange]


def _written() -> list[str]:
    """What stands between the commas of the text box; a link may have put anything there."""
    text = str(st.session_state.get(PICKED) or "")
    if len(text) >= MOST_WRITTEN:
        text = text[:MOST_WRITTEN].rpartition(",")[0]  # half a number is another picture's
    return [part for part in map(str.strip, text.split(",")) if part]


def _toggle(click: Click) -> None:
    """Into the text box, or out of it."""
    if click.row is None:
        return
    parts, row = _written(), str(click.row)
    parts = [part for part in parts if part != row] if row in parts else [*parts, row]
    st.session_state[PICKED] = ", ".join(parts)


def _clear() -> None:
    st.session_state[PICKED] = ""
