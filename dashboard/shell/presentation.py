"""Presentation mode: larger type, and no widgets."""

from __future__ import annotations

import streamlit as st

PRESENTING = "presenting"  # key in the session
PRESENT = "present"  # key in the URL

# Hides all widgets; they still exist, so the values in the address stay in use. Pages put other
# things that an audience doesn't need into containers whose key starts with `form`. A column that
# holds the container `form` is hidden, and the next column takes its width.
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


def presenting() -> bool:
    """Apply presentation mode if it is on, and return whether it is; `?present=1` turns it on.

    A change of page drops this parameter from the URL, so the session stores the mode, and the
    parameter is put back.
    """
    if st.query_params.get(PRESENT) == "1":
        st.session_state[PRESENTING] = True
    if st.session_state.get(PRESENTING):
        st.query_params[PRESENT] = "1"
        st.html(PRESENTATION)
        return True
    return False


def presentation_button() -> None:
    """Show the button that enters or leaves presentation mode."""

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
            help=None if on else "Larger type and no widgets. A link opens the page in this mode.",
        )
