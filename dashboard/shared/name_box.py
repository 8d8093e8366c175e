"""A box to choose one of the names of a data set, such as its labels."""

from __future__ import annotations

import streamlit as st

from dashboard.figures.names import LONGEST
from vae_core.graphemes import shortened


def in_box(name: str) -> str:
    """Return a name as a box shows it, and as a link holds it: shortened in the middle."""
    return shortened(name, LONGEST)


def choose_name(
    title: str, names: list[str], key: str, first: int | None, placeholder: str = "choose a name"
) -> str | None:
    """Show a box of names, and return the chosen one.

    Names that look the same when they are shortened are shown whole.

    Args:
        title: of the box.
        names: to choose from.
        key: of the box, which is in links.
        first: index of the name that the box begins with; None: it begins empty.
        placeholder: what the empty box says.
    """
    shown = [in_box(name) for name in names]
    whole = len(set(shown)) < len(names)
    return st.selectbox(
        title,
        names,
        index=first,
        format_func=str if whole else in_box,
        key=key,
        bind="query-params",
        placeholder=placeholder,
    )
