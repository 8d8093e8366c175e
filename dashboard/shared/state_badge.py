"""Show the state of a run as a badge."""

from __future__ import annotations

import streamlit as st

STATE_BADGES = {  # state -> icon and colour
    "queued": (":material/hourglass_empty:", "gray"),
    "running": (":material/play_arrow:", "blue"),
    "finished": (":material/check:", "green"),
    "failed": (":material/error:", "red"),
    "cancelled": (":material/stop:", "orange"),
    "interrupted": (":material/pause:", "orange"),
}


def badge(state: str) -> None:
    """Show a state as a badge."""
    icon, colour = STATE_BADGES[state]
    st.badge(state, icon=icon, color=colour)  # type: ignore[arg-type]
