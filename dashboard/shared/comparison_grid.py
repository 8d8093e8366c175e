"""The grid of a comparison: one column per run, and one for the prior."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.figures import comparison

LEAST_WIDTH = 124  # of a column, in pixels


def grid(columns: int) -> DeltaGenerator:
    """Return the container of the columns; on a narrow page it scrolls sideways."""
    width = LEAST_WIDTH * comparison.width_of(columns)
    st.html(
        "<style>.st-key-grid_scroll { overflow-x: auto; } "
        f".st-key-grid {{ min-width: {width}px; }} "
        ".st-key-grid [data-testid=stCaptionContainer] { max-width: 80vw; } "
        # On very narrow pages Streamlit would stack the columns.
        ".st-key-grid [data-testid=stHorizontalBlock] { flex-wrap: nowrap; } "
        ".st-key-grid [data-testid=stColumn] { min-width: 0; }</style>"
    )
    return st.container(key="grid_scroll").container(key="grid")


def cells(columns: int) -> list[DeltaGenerator]:
    """Return a container for each column, as wide as its plot above."""
    return st.columns(comparison.width_of(columns))[:columns]
