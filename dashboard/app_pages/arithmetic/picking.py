"""Pick held-out pictures on a sheet to make a group."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.app_pages.arithmetic import directions
from dashboard.components.plot.plot import Click, plot
from dashboard.figures import sheets
from dashboard.shared import markdown, name_box, run_cache, run_picker, selection
from dashboard.shared.posteriors import Posteriors
from vae_core.bidirectional import isolated
from vae_core.data.dataset import DatasetError
from vae_core.latent import picture_sheet
from vae_core.runs.run import Run

COLUMNS, ROWS = 12, 5
PICKED = "arithmetic_pick"
MOST_TYPED = 2000  # characters of the text box


def section(run: Run, q: Posteriors) -> np.ndarray:
    """Show the sheet and a box for numbers; return the picked rows (n,)."""
    st.subheader("Make a group")
    st.caption(
        "Click pictures, or type their numbers. The group can then be chosen above as "
        f"“{directions.PICKED}”, and saved under a name for everybody. A box or a lasso on the "
        "Latent space page makes groups, too."
    )
    filter_box, page, numbers = st.columns([1, 1, 3])
    all_labels = "all labels"
    labels = {
        f"label {name}": label for label, name in enumerate(q.label_names) if label in q.labels
    }
    run_picker.replace_missing_choice("arithmetic_of", (all_labels, *labels), all_labels)
    with filter_box:
        label = name_box.choose_name("Show", [all_labels, *labels], "arithmetic_of", 0)
    rows = np.flatnonzero(q.labels == labels[label]) if label in labels else np.arange(q.held_out)
    pages = -(-len(rows) // (COLUMNS * ROWS))
    if st.session_state.get("arithmetic_page", 1) > pages:
        st.session_state["arithmetic_page"] = pages
    number = int(
        page.number_input(
            f"Sheet, of {pages:,}", 1, pages, 1, key="arithmetic_page", bind="query-params"
        )
    )
    rows = rows[(number - 1) * COLUMNS * ROWS : number * COLUMNS * ROWS]
    numbers.text_input(
        "Picked pictures",
        max_chars=MOST_TYPED,
        key=PICKED,
        bind="query-params",
        placeholder="none yet: 3, 17, 44",
    )
    picked, invalid = _picked(q)
    if invalid:
        typed = markdown.quote(", ".join(invalid)[:60])
        st.caption(f"Ignored, because no number from 0 to {q.held_out - 1:,}: {typed}.")
    if len(str(st.session_state[PICKED] or "")) >= MOST_TYPED:
        st.caption(f"The box is full: only its first {MOST_TYPED:,} characters are read.")
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
        described = "Held-out pictures"
    except DatasetError as error:
        st.caption(
            f"{markdown.escape_markdown(str(error))} So this sheet shows what the posterior means "
            "of the pictures decode to."
        )
        images = run_cache.inference(run).decode(q.mean[rows])
        described = "Decoded posterior means of held-out pictures"
    lines = -(-len(rows) // COLUMNS)
    plot(
        sheets.clickable(
            picture_sheet.sheet(images, COLUMNS),
            rows,
            [f"{row}: {isolated(q.label_names[q.labels[row]])}" for row in rows],
            np.isin(rows, picked),
            COLUMNS,
        ),
        key="arithmetic-sheet",
        height=lines * 112,
        aspect=lines / COLUMNS,
        alt=f"{described}, to be clicked",
        on_click=_toggle,
    )


def _picked(q: Posteriors) -> tuple[list[int], list[str]]:
    """Return the rows in the text box, each once, and the parts of the text that are no rows."""
    parts = _typed_parts()
    valid = [
        part for part in parts if part.isdecimal() and len(part) < 10 and int(part) < q.held_out
    ]
    invalid = set(parts) - set(valid)
    return list(dict.fromkeys(map(int, valid))), [part for part in parts if part in invalid]


def _typed_parts() -> list[str]:
    """Split the text box at its commas; a link can put any text there."""
    text = str(st.session_state.get(PICKED) or "")
    if len(text) >= MOST_TYPED:
        text = text[:MOST_TYPED].rpartition(",")[0]  # the last number may be cut off
    return [part for part in map(str.strip, text.split(",")) if part]


def _toggle(click: Click) -> None:
    """Add the clicked picture to the text box, or remove it."""
    if click.row is None:
        return
    parts, row = _typed_parts(), str(click.row)
    parts = [part for part in parts if part != row] if row in parts else [*parts, row]
    st.session_state[PICKED] = ", ".join(parts)


def _clear() -> None:
    st.session_state[PICKED] = ""
