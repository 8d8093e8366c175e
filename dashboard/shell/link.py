"""What a link carries: values that Streamlit binds to widgets."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.figures import dim_name
from dashboard.shared import markdown


def asked() -> dict[str, Sequence[str]]:
    """What the link of a session's first page asks for; empty ever after."""
    if "link_read" in st.session_state:
        return {}
    st.session_state["link_read"] = True
    return {key: st.query_params.get_all(key) for key in st.query_params}


def check(given: dict[str, Sequence[str]]) -> None:
    """After the page has run: note what of the link it could not use.

    Streamlit clamps or drops what is out of range, and says nothing.
    """
    if not given:
        return
    unused = [
        markdown.escape_markdown(f"{key} = {', '.join(values)[:60]}")
        for key, values in given.items()
        if key in st.session_state and not _same(values, st.session_state[key])
    ]
    if unused:
        st.session_state["link_unused"] = unused
    # Once more: only then does Streamlit keep the link's values when the page changes.
    st.rerun()


def say_what_was_not_used() -> None:
    """The note, above the page, until it is waved away or the page changes."""
    unused = st.session_state.pop("link_unused", None)
    if unused:
        st.toast(
            f"Not used of this link, as it is out of range or not there: {'; '.join(unused)}.",
            icon=":material/link_off:",
            duration="long",
        )


def _same(texts: Sequence[str], value: object) -> bool:
    values = value if isinstance(value, list | tuple) else [value]
    return len(texts) == len(values) and all(map(_says, texts, values))


def _says(text: str, value: object) -> bool:
    """Is this how a URL writes the value?"""
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, int | float):
        try:
            return float(text) == value
        except ValueError:
            return isinstance(value, int) and text == dim_name(value)
    return text == str(value)
