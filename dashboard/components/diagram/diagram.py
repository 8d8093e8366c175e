"""diagram(svg): a drawing in the colours of the page. (Streamlit takes SVG out of its own HTML.)"""

from __future__ import annotations

import streamlit as st

_component = st.components.v2.component(
    "vae_lab_diagram",
    html="""<div class="vae-lab-diagram"></div>
""",
    css=""".vae-lab-diagram {
    color: var(--st-text-color);
    font-family: var(--st-font);
}
.vae-lab-diagram svg { display: block; width: 100%; max-width: 640px; }
""",
    js="""export default function ({ data, parentElement }) {
  parentElement.querySelector(".vae-lab-diagram").innerHTML = data.svg;
}
""",
)


def diagram(svg: str, *, key: str) -> None:
    """Show a drawing.

    Args:
        svg: an `svg` element, written by us; `currentColor` is the text's colour.
        key: names the element.
    """
    _component(key=key, data={"svg": svg})
