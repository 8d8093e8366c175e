"""A PNG on the page, as it is."""

from __future__ import annotations

from typing import Literal

import streamlit as st


def show_png(
    png: bytes, caption: str, alt: str, width: int | Literal["stretch", "content"] = "stretch"
) -> None:
    """A PNG as it is: by default Streamlit would make a JPEG of it, which takes time and blurs.

    Args:
        width: as wide as there is room, as the picture is, or in pixels.
    """
    st.image(png, width=width, caption=caption, alt=alt, output_format="PNG")
