"""Show names in figures as they are written: Plotly reads tags, entities and templates in text."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence

from vae_core.bidirectional import isolated
from vae_core.graphemes import shortened

LONGEST = 32  # characters of a name in a legend, on an axis or beside the cursor


def plot_text(text: str) -> str:
    """Escape text for Plotly, which reads tags, a few entities, and %{...} in hover labels.

    Text that runs from right to left is isolated from the text around it.
    """
    return html.escape(isolated(text), quote=False).replace("%{", "%&#123;")


def plot_names(names: Sequence[str], most: int = LONGEST) -> list[str]:
    """Shorten and escape names. Those that would become equal stay whole."""
    short = [shortened(str(name), most) for name in names]
    counts = Counter(short)
    return [
        plot_text(whole if counts[name] > 1 else name)
        for name, whole in zip(short, map(str, names), strict=True)
    ]
