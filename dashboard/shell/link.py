"""Check the values in a link, which Streamlit binds to widgets."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.figures import dim_name
from dashboard.shared import markdown
from dashboard.shared.name_box import in_box

ASKED = "link_asked"  # key in the session: the values in the link that no page has taken yet


def link_values() -> dict[str, Sequence[str]]:
    """Return the values in the link of a session's first page; empty on all later page runs."""
    if "link_read" in st.session_state:
        return {}
    st.session_state["link_read"] = True
    given: dict[str, Sequence[str]] = {k: st.query_params.get_all(k) for k in st.query_params}
    st.session_state[ASKED] = dict(given)
    return given


def take(*keys: str) -> list[str]:
    """Return the values that the link has for the first of these keys it has, but only once.

    The page that takes them says itself if it can't use them.
    """
    asked = st.session_state.get(ASKED, {})
    for key in keys:
        if key in asked:
            return list(asked.pop(key))
    return []


def asks(key: str) -> bool:
    """Return whether the link has values for a key that no page has taken yet."""
    return bool(values(key))


def values(key: str) -> list[str]:
    """Return the values that the link has for a key, if no page has taken them yet."""
    return list(st.session_state.get(ASKED, {}).get(key, ()))


def note_unused_values(given: dict[str, Sequence[str]]) -> None:
    """Note the values in the link that the page could not use; call it after the page has run.

    Streamlit clamps or drops values that are out of range without a message.
    """
    if not given:
        return
    unused = [
        markdown.escape_markdown(f"{key} = {', '.join(values)[:60]}")
        for key, values in given.items()
        if key in st.session_state and asks(key) and not _same(values, st.session_state[key])
    ]
    if unused:
        st.session_state["link_unused"] = unused
    # Streamlit keeps the link's values across pages only after a second run.
    st.rerun()


def show_unused_values() -> None:
    """Show which values of the link were not used."""
    unused = st.session_state.pop("link_unused", None)
    if unused:
        st.toast(
            "These parts of the link are out of range or don't exist here, so they are not used: "
            f"{'; '.join(unused)}.",
            icon=":material/link_off:",
            duration="long",
        )


def _same(texts: Sequence[str], value: object) -> bool:
    values = value if isinstance(value, list | tuple) else [value]
    return len(texts) == len(values) and all(map(_matches, texts, values))


def _matches(text: str, value: object) -> bool:
    """Return whether this text in a URL stands for the value."""
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, int | float):
        try:
            return float(text) == value
        except ValueError:
            return isinstance(value, int) and text == dim_name(value)
    return text in (str(value), in_box(str(value)))
