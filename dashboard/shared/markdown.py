"""Text for Streamlit's Markdown, and foldable explanations."""

from __future__ import annotations

import re

import streamlit as st


def explain(title: str, text: str) -> None:
    """A foldable explanation beside the picture it explains; Markdown with formulas."""
    with st.expander(title, icon=":material/school:"):
        st.markdown(text)


def escape_markdown(text: str) -> str:
    """Text of a link or a visitor for where Streamlit takes Markdown, which could load pictures."""
    return re.sub(r"([!#$&()*+.:<>@\[-`{-~])", r"\\\1", text)
