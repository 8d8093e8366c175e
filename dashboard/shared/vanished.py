"""Boxes whose options can vanish: somebody may delete a run or a data set in another tab.

Streamlit resets such a box to its first option without a word. Here the box becomes empty instead,
and a sentence says what is gone until something else is chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import streamlit as st

from dashboard.shared.markdown import quote
from dashboard.shell import link

GONE = "gone"  # key in the session: key of a box -> `_Gone`


class _Gone(NamedTuple):
    """What was chosen in a box and is gone, what is left of the choice, and what to say."""

    choices: list[Any]
    left: Any
    sentence: str


def empty_if_vanished(key: str, options: Collection[Any], what: str) -> str | None:
    """Empty a box if its choice is no longer offered; call it before the box is made.

    A choice that is offered again is chosen again.

    Args:
        key: of the box.
        options: that are offered now.
        what: the choice is, as in "The run".

    Returns:
        A sentence in Markdown that says what is gone, until something else is chosen. The box must
        then be made with `index=None`.
    """
    state, gone = st.session_state, _gone()
    chosen = state.get(key)
    if chosen is None and key in gone and gone[key].choices[0] in options:
        (state[key],) = gone.pop(key).choices
    elif chosen is not None and chosen not in options:
        note(key, [chosen], sentence(what, [chosen]))
    elif chosen is not None:
        gone.pop(key, None)
    return gone[key].sentence if key in gone else None


def drop_vanished(key: str, options: Collection[Any], what: str) -> str | None:
    """Take choices that are no longer offered out of a box of several; see `empty_if_vanished`."""
    state, gone = st.session_state, _gone()
    chosen: list[Any] = state.get(key) or []
    missing = [choice for choice in chosen if choice not in options]
    if missing:
        left = [choice for choice in chosen if choice in options]
        note(key, missing, sentence(what if len(missing) == 1 else f"{what}s", missing), left)
    elif key in gone and chosen != gone[key].left:
        del gone[key]
    return gone[key].sentence if key in gone else None


def note(key: str, choices: list[Any], said: str, left: Any = None) -> None:
    """Note that choices of a box are not here.

    Args:
        key: of the box.
        choices: that are not here.
        said: the sentence that says so, in Markdown.
        left: what stays chosen in the box.
    """
    st.session_state[key] = left
    _gone()[key] = _Gone(choices, left, said)


def note_unknown_of_link(key: str, options: Collection[Any], what: str) -> None:
    """Note that the link asks for a choice that is not offered; call it before the box is made."""
    if key not in st.session_state and (asked := link.take(key)) and asked[0] not in options:
        note(key, asked[:1], sentence(what, asked[:1]))


def sentence(what: str, choices: Sequence[Any]) -> str:
    """Say in Markdown that choices are gone."""
    names = ", ".join(quote(str(choice)[:200]) for choice in choices)
    verb = "is" if len(choices) == 1 else "are"
    return f"{what} {names} {verb} not here (deleted meanwhile?): choose another."


def _gone() -> dict[str, _Gone]:
    gone: dict[str, _Gone] = st.session_state.setdefault(GONE, {})
    return gone
