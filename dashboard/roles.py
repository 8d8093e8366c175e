"""Who may do what. Viewers look; trainers also submit, stop, resume, delete, upload, save groups.

The check stands where the action happens (`require_trainer`); hidden buttons are only courtesy.

On a laptop everybody is a trainer. A host that only shows sets `VAE_LAB_ROLE=viewer`. A host with
login has Streamlit's `[auth]` section in its secrets, and names its trainers beside it:

    [vae_lab]
    trainers = ["ada@example.org"]
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from typing import Any

import streamlit as st

from vae_core.config import VaeLabError

VIEWER, TRAINER = "viewer", "trainer"


class RoleError(VaeLabError):
    """The visitor's role does not allow this."""


def role() -> str:
    """What this session may do, asked anew each time: a login or a list can change."""
    return TRAINER if _why_viewer() is None else VIEWER


def require_trainer(to: str) -> None:
    """Refuse an action to viewers.

    Args:
        to: the action, as in "only trainers may {to}".

    Raises:
        RoleError: this session is a viewer's.
    """
    reason = _why_viewer()
    if reason is not None:
        raise RoleError(f"Only trainers may {to}: {reason}")


def user() -> str | None:
    """The e-mail address of who is logged in; None without login."""
    if not login_offered() or not st.user.is_logged_in:
        return None
    email = st.user.get("email")
    return str(email).strip().lower() if email else None


def login_offered() -> bool:
    return "auth" in _secrets()


def _why_viewer() -> str | None:
    asked = os.environ.get("VAE_LAB_ROLE", TRAINER)
    if asked != TRAINER:  # also a misspelt role: never more than was meant
        return "this host is for looking only."
    if not os.environ.get("VAE_LAB_SCHEDULER") and importlib.util.find_spec("tensorflow") is None:
        return "this installation shows runs and can't train; see the README for one that can."
    if not login_offered():
        return None
    email = user()
    if email is None:
        return "log in first."
    listed = _secrets().get("vae_lab", {}).get("trainers", [])
    if email in [str(trainer).strip().lower() for trainer in listed]:
        return None
    return f"{email} is not on the list of trainers; ask who runs this host."


def _secrets() -> Mapping[str, Any]:
    """Streamlit's secrets; empty where there is no file of them."""
    try:
        return st.secrets.to_dict()
    except FileNotFoundError:
        return {}
