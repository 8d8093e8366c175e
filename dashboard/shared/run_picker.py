"""A select box of runs, whose choice stays in the URL and across pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import streamlit as st

from dashboard import kinds as shown_kinds
from dashboard.kinds import SHOWN_KINDS
from dashboard.shared import vanished
from dashboard.shared.markdown import escape_markdown, quote
from dashboard.shared.run_list import ANY_KIND, IMAGES, all_runs, run_label
from dashboard.shell import link
from dashboard.shell.presentation import PRESENTING
from vae_core import kinds
from vae_core.runs.run import Run


class NothingToShowError(Exception):
    """Raised to end a page early with a hint. (`st.stop` would also skip the rest of app.py.)"""


class RunGoneError(NothingToShowError):
    """The chosen run is no longer here, and no other was chosen yet."""


def pick_run(
    key: str = "run",
    viewable: bool = True,
    of_kinds: tuple[str, ...] = IMAGES,
    suits: Callable[[Run], bool] = lambda _: True,
    none: str = "There are no runs to look at yet: train one on the Train page.",
    opens_on: Callable[[Sequence[Run]], Run] = lambda runs: runs[0],
) -> Run:
    """Show a select box of runs, and return the chosen one.

    A link may name a run by its id, or by a part of the id that no other run has: `?run=ID`.

    Args:
        key: pages with the same key share the choice.
        viewable: see `all_runs`.
        of_kinds: see `all_runs`. If a run of another kind was chosen on another page, a note says
            so.
        suits: only runs for which this is True are offered.
        none: the hint if there is no such run.
        opens_on: chooses the run that is shown at first; by default the newest.

    Raises:
        RunGoneError: the chosen run was deleted, or the link names a run that is not here.
        NothingToShowError: there is no run to choose.
    """
    runs = {run_label(run): run for run in all_runs(viewable, of_kinds) if suits(run)}
    if not runs:
        raise NothingToShowError(none)
    if key not in st.session_state and (asked := link.take(key, "run")):
        found = labels_of(asked[0], runs) or labels_of(asked[0], _everything())
        if len(found) == 1:
            (st.session_state[key],) = found
        else:
            vanished.note(key, asked[:1], not_one_run(asked[0], found))
    requested = st.session_state.get(key)
    if requested is not None and requested not in runs:
        everything = _everything()  # only now, because making a label reads the run's status
        if requested in everything:
            _explain_other_run(requested, everything[requested], of_kinds)
            st.session_state[key] = run_label(opens_on([*runs.values()]))
    gone = vanished.empty_if_vanished(key, runs, "The run")
    first = next(iter(runs)) if gone else run_label(opens_on([*runs.values()]))
    choice = st.selectbox(
        "Run",
        list(runs),
        None if gone else [*runs].index(first),
        key=key,
        bind="query-params",
        placeholder="choose a run",
        help="The newest runs first, then the pretrained ones, then those of others.",
    )
    if gone:
        raise RunGoneError(gone)
    run = runs[choice] if choice in runs else runs[first]
    if st.session_state.get(PRESENTING):  # presentation mode hides the box
        st.caption(run_label(run))
    return run


def labels_of(text: str, runs: dict[str, Run]) -> list[str]:
    """Return the labels of the runs that a link names by label, by id or by a part of the id.

    Args:
        text: in the link.
        runs: label -> run.
    """
    if text in runs:
        return [text]
    exact = [label for label, run in runs.items() if run.id == text]
    return exact or [label for label, run in runs.items() if text and text in run.id]


def not_one_run(text: str, found: list[str]) -> str:
    """Say in Markdown that no run, or more than one, fits a link."""
    if not found:
        return vanished.sentence("The run", [text])
    return (
        f"{len(found)} runs have {quote(text[:200])} in the id, so the link needs more "
        "of it: choose one."
    )


def _everything() -> dict[str, Run]:
    return {run_label(run): run for run in all_runs(False, ANY_KIND)}


def _explain_other_run(label: str, run: Run, of_kinds: tuple[str, ...]) -> None:
    """Say why this page shows another run than the one that was chosen on another page."""
    kind = kinds.of_run(run.config)
    if kind.name in of_kinds:
        st.caption(
            f"{escape_markdown(label)} has nothing to show on this page, so another run is shown."
        )
        return
    shown_here = " and ".join(SHOWN_KINDS[name].shown_as for name in of_kinds)
    st.caption(
        f"{escape_markdown(label)} holds {kind.items}, but this page shows {shown_here}, so "
        f"another run is shown. {shown_kinds.of_run(run).shown_on}"
    )


def replace_missing_choice(key: str, options: Collection[str], first: str) -> None:
    """Reset a box to its first option if the chosen one belongs to another run.

    Call it before the box. What can be deleted is for `vanished.empty_if_vanished`.
    """
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = first
