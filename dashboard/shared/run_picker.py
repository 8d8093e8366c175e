"""A select box of runs, kept in the URL and over the pages."""

from __future__ import annotations

from collections.abc import Callable, Collection

import streamlit as st

from dashboard.shared.item_words import ANY_KIND, IMAGES, ITEMS, SHOWN_AS, SHOWN_ON, kind
from dashboard.shared.markdown import escape_markdown
from dashboard.shared.run_list import all_runs, run_label
from dashboard.shell.presentation import PRESENTING
from vae_core.runs.run import Run


class NothingToShowError(Exception):
    """Ends a page early, with a hint. (`st.stop` would end what app.py does after it, too.)"""


def pick_run(
    key: str = "run",
    viewable: bool = True,
    kinds: tuple[str, ...] = IMAGES,
    suits: Callable[[Run], bool] = lambda _: True,
    none: str = "There are no runs to look at yet: train one on the Train page.",
) -> Run:
    """A select box of runs, kept in the URL and over the pages; the newest at first.

    Args:
        key: pages with the same key share the choice.
        viewable: see `all_runs`.
        kinds: see `all_runs`; where a run of another kind was chosen, that is said.
        suits: only runs of which this is true.
        none: what is said where there is no such run.

    Raises:
        NothingToShowError: there is nothing to pick from.
    """
    runs = {run_label(run): run for run in all_runs(viewable, kinds) if suits(run)}
    if not runs:
        raise NothingToShowError(none)
    asked = st.session_state.get(key)
    others = {}
    if asked is not None and asked not in runs:  # labels ask each run for its status
        others = {run_label(run): run for run in all_runs(viewable, _others(kinds))}
    if asked in others:
        held = kind(others[asked])
        here = " and ".join(SHOWN_AS[kind] for kind in kinds)
        st.caption(
            f"{escape_markdown(asked)} holds {ITEMS[held][1]}, and this page shows {here}: "
            f"here is another run. {SHOWN_ON[held]}"
        )
    if key in st.session_state and st.session_state[key] not in runs:  # deleted meanwhile
        st.session_state[key] = next(iter(runs))
    choice = st.selectbox(
        "Run",
        list(runs),
        key=key,
        bind="query-params",
        help="Newest first, then the pretrained ones.",
    )
    run = runs[choice] if choice in runs else next(iter(runs.values()))
    if st.session_state.get(PRESENTING):  # which hides the box
        st.caption(run_label(run))
    return run


def _others(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in ANY_KIND if kind not in kinds)


def replace_gone(key: str, options: Collection[str], first: str) -> None:
    """Before a box is shown: a choice that is not there any more gives way to the first.

    It was deleted meanwhile, or is of another run.
    """
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = first
