"""diagram(svg): a drawing in the colours of the page. (`st.html` removes SVG elements.)"""

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
        svg: a trusted `svg` element; `currentColor` is the text's colour.
        key: of the element.
    """
    _component(key=key, data={"svg": svg})
