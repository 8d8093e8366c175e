"""bars(): two distributions as bars that can be dragged; releasing a bar reruns the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "vae_lab_bars",
    html=(HERE / "bars.html").read_text("utf-8"),
    css=(HERE / "bars.css").read_text("utf-8"),
    js=(HERE / "bars.js").read_text("utf-8"),
)


def bars(
    p: np.ndarray,
    q: np.ndarray,
    *,
    names: Sequence[str],
    colours: tuple[str, str],
    key: str,
    alt: str,
    on_move: Callable[[str, np.ndarray], None],
) -> None:
    """Show p and q; when a bar is moved, the others change in proportion, so that the sum stays 1.

    Args:
        p, q: (n,) probabilities.
        names: of the n outcomes.
        colours: of p and q.
        key: of the element; while it stays the same, a bar keeps the keyboard's focus.
        alt: describes the bars for readers who can't see them.
        on_move: called with `p` or `q`, and all its weights (n,), before the page runs again.
    """

    def moved() -> None:
        if move := _parse_move(st.session_state[key].moved, len(p)):
            on_move(*move)

    _component(
        key=key,
        data={
            "p": p.tolist(),
            "q": q.tolist(),
            "names": list(names),
            "colours": list(colours),
            "alt": f"{alt} Drag a bar, or move it with the arrow keys.",
        },
        on_moved_change=moved,
    )


def _parse_move(sent: object, outcomes: int) -> tuple[str, np.ndarray] | None:
    """Return the moved distribution's name and weights; None if the browser sent anything else."""
    try:
        assert isinstance(sent, dict)
        name, values = sent["name"], np.array(sent["values"], float)
    except (AssertionError, KeyError, TypeError, ValueError):
        return None
    fits = values.shape == (outcomes,) and np.isfinite(values).all() and (values >= 0).all()
    return (name, values) if fits and name in ("p", "q") else None
