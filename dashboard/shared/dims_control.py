"""A choice of two latent dimensions of a run, for the axes of a plane."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from dashboard.figures import dim_name
from dashboard.shared import run_numbers
from vae_core.kinds.contents import Contents
from vae_core.runs.run import Run


class _Shown(NamedTuple):
    """What the boxes showed last: of which run, its usual two dimensions, and the chosen two.

    `lost` says what was chosen and is no dimension of this run, until the choice changes.
    """

    run_id: str
    usual: tuple[int, int]
    chosen: tuple[int, int]
    lost: str


def choose_dims(run: Run, page: str) -> tuple[int, int]:
    """Return the dimensions across and up; if the run has more than two, show boxes for them.

    The usual two are those of the largest rate. Another run keeps what the viewer chose if it has
    these dimensions, and begins with its own usual two if nothing was chosen.

    Args:
        run: whose latent space it is.
        page: the start of the keys of the boxes, which are in links.
    """
    d = run.config.latent_dim
    if d <= 2:
        return 0, d - 1
    by_use = run_numbers.dims_by_use(run)
    usual = by_use[0], by_use[1]
    lost = _follow(run, page, usual)
    across = st.selectbox(
        "Across", by_use, format_func=dim_name, key=f"{page}_across", bind="query-params"
    )
    others = [dim for dim in by_use if dim != across]
    up = st.selectbox("Up", others, format_func=dim_name, key=f"{page}_up", bind="query-params")
    st.session_state[f"{page}_dims"] = _Shown(run.id, usual, (across, up), lost)
    st.caption(f"{lost}Ordered by {Contents(run.config).dims_order}, the largest first.")
    return across, up


def _follow(run: Run, page: str, usual: tuple[int, int]) -> str:
    """Fit what the boxes hold to the run before they are made; return what it lost, to be said."""
    state, keys = st.session_state, (f"{page}_across", f"{page}_up")
    before: _Shown | None = state.get(f"{page}_dims")
    if before is None or not all(key in state for key in keys):
        return ""
    across, up = (state[key] for key in keys)
    lost = before.lost if (across, up) == before.chosen else ""
    if run.id != before.run_id:
        lost = ""
        missing = [dim for dim in (across, up) if dim >= run.config.latent_dim]
        if (across, up) == before.usual:
            across, up = usual
        elif missing:
            names = " and ".join(map(dim_name, missing))
            lost = f"This run has no {names}: it begins with the largest. "
            across, up = usual
    elif across == up:  # the viewer chose it for the other axis: swap them
        up = before.chosen[0]
    state[keys[0]], state[keys[1]] = across, up
    return lost
