"""A choice of one of a few options, which is never empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

Option = TypeVar("Option")


def choose_one(
    title: str,
    options: Sequence[Option],
    key: str,
    default: Option | None = None,
    help: str | None = None,
    format_func: Callable[[Any], str] = str,
    bind: bool = True,
) -> Option:
    """Show the options side by side, and return the chosen one.

    An address such as `?key=` chooses nothing, and a browser can send anything: then it is the
    default.

    Args:
        title: of the choice.
        options: at least one.
        key: of the choice.
        default: chosen at first; None: the first option.
        help: shown at a question mark.
        format_func: the words for an option.
        bind: whether the choice is in the address.
    """
    first = options[0] if default is None else default
    chosen = st.segmented_control(
        title,
        options,
        default=first,
        required=True,
        key=key,
        help=help,
        format_func=format_func,
        bind="query-params" if bind else None,
    )
    return first if chosen is None else chosen
