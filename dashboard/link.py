"""What a link carries: values that Streamlit binds to widgets, and presentation mode."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import controls
from dashboard.controls import PRESENTING
from dashboard.figures import dim_name

PRESENT = "present"  # in the URL; in the session it is PRESENTING

# Whatever there is to set, and what a spectator has no use for; the widgets still work, unseen, so
# the link's values hold. Pages put what has no place there into containers whose key starts with
# `form`; a column with that of the key `form` gives its room to its neighbour.
PRESENTATION = """
<style>
html { font-size: 125% !important; }
[data-testid=stHeader], [data-testid=stToolbar], [class*=st-key-form],
[data-testid=stSelectbox], [data-testid=stMultiSelect], [data-testid=stSlider],
[data-testid=stNumberInput], [data-testid=stTextInput], [data-testid=stCheckbox],
[data-testid=stButtonGroup], [data-testid=stButton], [data-testid=stDownloadButton],
[data-testid=stFileUploader], [data-testid=stPageLink], [data-testid=stExpander],
[data-testid=stColumn]:has(.st-key-form) { display: none !important; }
[data-testid=stColumn]:has(+ [data-testid=stColumn] .st-key-form),
[data-testid=stColumn]:has(.st-key-form) + [data-testid=stColumn] { flex: 1 1 100% !important; }
.st-key-leave [data-testid=stButton] { display: block !important; opacity: 0.55; }
[data-testid=stMainBlockContainer] { padding-top: 1.5rem; }
</style>
"""


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
        controls.plain(f"{key} = {', '.join(values)[:60]}")
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


def presenting() -> bool:
    """Is this session in presentation mode: nothing to set, larger type? `?present=1` asks for it.

    Changing the page drops it from the URL, so it is kept, and put there again.
    """
    if st.query_params.get(PRESENT) == "1":
        st.session_state[PRESENTING] = True
    if st.session_state.get(PRESENTING):
        st.query_params[PRESENT] = "1"
        st.html(PRESENTATION)
        return True
    return False


def presentation_button() -> None:
    """At the end of a page: into presentation mode, or out of it."""

    def switch(on: bool) -> None:
        st.session_state[PRESENTING] = on
        if on:
            st.query_params[PRESENT] = "1"
        else:
            st.query_params.pop(PRESENT, None)

    on = bool(st.session_state.get(PRESENTING))
    with st.container(key="leave" if on else "enter", horizontal_alignment="right"):
        st.button(
            "Leave presentation" if on else "Present this page",
            icon=":material/close_fullscreen:" if on else ":material/present_to_all:",
            type="tertiary",
            on_click=switch,
            args=(not on,),
            key="presentation",
            help=None if on else "Larger type and nothing to set; the link does the same.",
        )
