"""Text for Streamlit's Markdown, and foldable explanations."""

from __future__ import annotations

import re

import streamlit as st

from vae_core.bidirectional import isolated
from vae_core.graphemes import shortened

LONGEST_NAME = 60  # characters of a name among other text


def explain(title: str, text: str) -> None:
    """Show a foldable explanation, in Markdown with formulas."""
    with st.expander(title, icon=":material/school:"):
        st.markdown(text)


# Streamlit replaces these in the finished text, where a backslash is gone: arrows and signs between
# blanks, and icons.
SIGNS = re.compile(r"(?<!\S)(<|-|>|~)(?=(?:->|-|>|=)(?!\S))|(:)(?=material/|streamlit:)")
JOINER = "\u2060"  # word joiner: it has no width


def escape_markdown(text: str) -> str:
    """Escape text from a link, a visitor or a file, so that Markdown shows it literally."""
    text = SIGNS.sub(rf"\g<0>{JOINER}", text)
    escaped = re.sub(r"([!#$&()*+.:<>@\[-`{-~])", r"\\\1", text)
    return re.sub(r"^(?=-)", r"\\", escaped, flags=re.MULTILINE)


def quote(text: str) -> str:
    """Escape a label or a typed text, and isolate it from the sentence that it stands in."""
    return escape_markdown(isolated(text))


def shown_name(name: str) -> str:
    """Return a name, such as a label, for Markdown: quoted, and shortened in the middle."""
    return quote(shortened(name, LONGEST_NAME))
