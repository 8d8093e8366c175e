"""Show who is logged in, in the header of every page, if the host has a login."""

from __future__ import annotations

import streamlit as st

from dashboard.access import roles
from dashboard.shared import markdown

# In the header, left of Streamlit's menu.
STYLE = """
<style>
.st-key-form-account { position: fixed; top: 0.7rem; right: 3.5rem; z-index: 1000000; width: auto; }
.st-key-form-account p { white-space: nowrap; max-width: 24vw; overflow: hidden;
  text-overflow: ellipsis; }
.st-key-form-account [data-testid=stElementContainer] { width: auto; }
@media (max-width: 768px) { .st-key-form-account [data-testid=stCaptionContainer] {
  display: none; } }
</style>
"""


def show() -> None:
    """Show the visitor's name and role, and the button to log in or out."""
    if not roles.login_offered():
        return
    with st.container(
        key="form-account", horizontal=True, vertical_alignment="center", gap="small"
    ):
        st.html(STYLE)
        email = roles.user()
        if email is None:
            st.button("Log in", key="login", icon=":material/login:", on_click=st.login)
            return
        name = st.user.get("name")
        display_name = name if isinstance(name, str) and name.strip() else email
        st.caption(
            f"{markdown.escape_markdown(display_name)} · {roles.role()}",
            help=markdown.escape_markdown(email),
        )
        st.button(
            "Log out",
            key="logout",
            icon=":material/logout:",
            type="tertiary",
            on_click=roles.log_out,
        )


def show_viewer_reason(reason: str) -> None:
    """Tell a viewer why there is no training form, and offer the login.

    Args:
        reason: see `roles.viewer_reason`.
    """
    if roles.login_offered() and roles.user() is None:
        st.info("Everybody may look; log in to train.", icon=":material/visibility:")
        st.button(
            "Log in to train",
            key="login-to-train",
            icon=":material/login:",
            type="primary",
            width="stretch",
            on_click=st.login,
        )
    else:
        st.info(
            f"Only trainers may train: {markdown.escape_markdown(reason)}",
            icon=":material/visibility:",
        )
