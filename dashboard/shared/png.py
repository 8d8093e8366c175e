"""Show a PNG on a page."""

from __future__ import annotations

from typing import Literal

import streamlit as st


def show_png(
    png: bytes, caption: str, alt: str, width: int | Literal["stretch", "content"] = "stretch"
) -> None:
    """Show a PNG unchanged; by default Streamlit would convert it to JPEG, which is slow and blurs.

    Args:
        png: the file.
        caption: shown below it.
        alt: describes it for readers who can't see it.
        width: as wide as the column (`stretch`), as the picture (`content`), or in pixels.
    """
    st.image(png, width=width, caption=caption, alt=alt, output_format="PNG")
