"""Text for Streamlit's Markdown, and foldable explanations."""

from __future__ import annotations

import re

import streamlit as st

from vae_core.bidirectional import isolated


def explain(title: str, text: str) -> None:
    """Show a foldable explanation, in Markdown with formulas."""
    with st.expander(title, icon=":material/school:"):
        st.markdown(text)


def quote(text: str) -> str:
    """Escape a label or a typed text, and isolate it from the sentence that it stands in."""
    return escape_markdown(isolated(text))


def escape_markdown(text: str) -> str:
    """Escape text from a link or a visitor, so that Markdown shows it literally."""
    return re.sub(r"([!#$&()*+.:<>@\[-`{-~])", r"\\\1", text)
