"""A select box of runs, whose choice stays in the URL and across pages."""

from __future__ import annotations

from collections.abc import Callable, Collection

import streamlit as st

from dashboard import kinds as shown_kinds
from dashboard.kinds import SHOWN_KINDS
from dashboard.shared.markdown import escape_markdown
from dashboard.shared.run_list import ANY_KIND, IMAGES, all_runs, run_label
from dashboard.shell.presentation import PRESENTING
from vae_core import kinds
from vae_core.runs.run import Run


class NothingToShowError(Exception):
    """Raised to end a page early with a hint. (`st.stop` would also skip the rest of app.py.)"""


def pick_run(
    key: str = "run",
    viewable: bool = True,
    of_kinds: tuple[str, ...] = IMAGES,
    suits: Callable[[Run], bool] = lambda _: True,
    none: str = "There are no runs to look at yet: train one on the Train page.",
) -> Run:
    """Show a select box of runs, and return the chosen one; at first it is the newest.

    Args:
        key: pages with the same key share the choice.
        viewable: see `all_runs`.
        of_kinds: see `all_runs`. If a run of another kind was chosen on another page, a note says
            so.
        suits: only runs for which this is True are offered.
        none: the hint if there is no such run.

    Raises:
        NothingToShowError: there is no run to choose.
    """
    runs = {run_label(run): run for run in all_runs(viewable, of_kinds) if suits(run)}
    if not runs:
        raise NothingToShowError(none)
    requested = st.session_state.get(key)
    others = {}
    # Only in this case, because making a label reads the run's status.
    if requested is not None and requested not in runs:
        others = {run_label(run): run for run in all_runs(viewable, _other_kinds(of_kinds))}
    if requested in others:
        items = kinds.of_run(others[requested].config).items
        shown_here = " and ".join(SHOWN_KINDS[name].shown_as for name in of_kinds)
        st.caption(
            f"{escape_markdown(requested)} holds {items}, but this page shows {shown_here}, so "
            f"another run is shown. {shown_kinds.of_run(others[requested]).shown_on}"
        )
    if key in st.session_state and st.session_state[key] not in runs:  # it was deleted
        st.session_state[key] = next(iter(runs))
    choice = st.selectbox(
        "Run",
        list(runs),
        key=key,
        bind="query-params",
        help="The newest runs first, the pretrained ones last.",
    )
    run = runs[choice] if choice in runs else next(iter(runs.values()))
    if st.session_state.get(PRESENTING):  # presentation mode hides the box
        st.caption(run_label(run))
    return run


def _other_kinds(of_kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in ANY_KIND if kind not in of_kinds)


def replace_missing_choice(key: str, options: Collection[str], first: str) -> None:
    """Reset a box to its first option if the chosen one no longer exists; call it before the box.

    The option may have been deleted, or may belong to another run.
    """
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = first
