"""Roles and limits. Viewers look; trainers also train, stop, delete, save and upload.

Every action checks the role itself (`require_trainer`); the pages also hide the buttons.

On a laptop everybody is a trainer. A host sets roles in the environment and Streamlit's secrets:

    VAE_LAB_ROLE=viewer   everybody is a viewer
    VAE_LAB_ROLE=login    trainers log in; everybody is a viewer if the login doesn't work
    [auth]                in the secrets: Streamlit's login, see `st.login`
    [vae_lab]             in the secrets: trainers = ["ada@example.org"]
    [vae_lab.limits]      in the secrets: see `Limits`; or VAE_LAB_LIMIT_EPOCHS=500 and so on

If any of this is broken, visitors are viewers, and a warning is in the server's log.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import logging
import os
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from vae_core.config import VaeLabError

VIEWER, TRAINER, LOGIN = "viewer", "trainer", "login"
AUTH_KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")

LOGIN_HOURS = 12  # after this, a login must be renewed; Streamlit's cookie lives 30 days
# Anybody who guesses the secret that signs the cookies can log in as anybody else.
COOKIE_SECRET_LENGTH = 32
_log = logging.getLogger("vae_lab")
_login_was_configured = False  # once True, stays True if the file of secrets disappears
_ended: set[tuple[str, float]] = set()  # address and time of logins that were ended by logging out


class RoleError(VaeLabError):
    """The visitor's role does not allow this."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """The most that trainers may use of the host; None is no limit.

    Attributes:
        runs_each: running and waiting runs of one person; of all together if there is no login.
        runs: running and waiting runs of everybody.
        epochs: of a run.
        images: training images of a run, and images in an uploaded file.
        upload_mb: size of an uploaded file, in units of 2^20 bytes.
        data_mb: size of all uploaded data sets together, in the same units.
    """

    runs_each: int | None = None
    runs: int | None = None
    epochs: int | None = None
    images: int | None = None
    upload_mb: int | None = None
    data_mb: int | None = None


HOSTED_LIMITS = Limits(
    runs_each=20, runs=100, epochs=1000, images=100_000, upload_mb=100, data_mb=5_000
)


def role() -> str:
    """Return this session's role, not cached, because the login and the trainers can change."""
    return TRAINER if viewer_reason() is None else VIEWER


def require_trainer(to: str) -> None:
    """Refuse an action to viewers.

    Args:
        to: the action, as in "only trainers may {to}".

    Raises:
        RoleError: this session is a viewer.
    """
    reason = viewer_reason()
    if reason is not None:
        raise RoleError(f"Only trainers may {to}: {reason}")


def viewer_reason() -> str | None:
    """Return why this session is a viewer, as the end of a sentence; None if it is a trainer."""
    reason = _no_training_reason()
    if reason is not None:
        return reason
    if not _asks_for_login():
        return None
    if not login_offered():
        return "the login of this host is not set up; ask who runs it."
    email = user()
    if email is None:
        return "log in first."
    # Many providers don't send this claim; if it is there, it must be true.
    if st.user.get("email_verified", True) not in (True, "true"):
        return f"your provider has not verified that {email} is yours."
    if email in _trainers():
        return None
    return f"{email} is not on the list of trainers; ask who runs this host."


def trains_here() -> bool:
    """Return whether anybody can train in this process; if not, it needs no engine."""
    return _no_training_reason() is None


def user() -> str | None:
    """Return the e-mail address of the visitor who is logged in; None without a login."""
    if not login_offered() or st.user.get("is_logged_in") is not True:
        return None
    email = st.user.get("email")
    if not isinstance(email, str) or not email.strip():
        return None
    email, issued = _lower(email), _issued()
    if issued is None:
        return email
    old = time.time() - issued > LOGIN_HOURS * 3600
    return None if old or (email, issued) in _ended else email


def log_out() -> None:
    """End this visitor's login, in all tabs."""
    email, issued = user(), _issued()
    if email and issued is not None:
        _ended.add((email, issued))
    st.logout()


def _issued() -> float | None:
    """Return when the provider issued this login, in seconds since 1970.

    None if it does not say, against the standard. Then a login lives as long as its cookie.
    """
    issued = st.user.get("iat")
    return float(issued) if isinstance(issued, int | float) else None


def login_offered() -> bool:
    """Return whether the login works, and somebody can train here after it."""
    return trains_here() and _asks_for_login() and _login_works()


def limits() -> Limits:
    """Return the host's limits.

    They come from the environment or the secrets. Limits that are not set there are those of
    `HOSTED_LIMITS` if there is a login, else None.
    """
    configured = _section("limits")
    values = dataclasses.asdict(HOSTED_LIMITS if _asks_for_login() else Limits())
    for unknown in configured.keys() - values.keys():
        _note(f"[vae_lab.limits] has an unknown entry {unknown!r}; known are {', '.join(values)}.")
    for name in values:
        value = os.environ.get(f"VAE_LAB_LIMIT_{name.upper()}", configured.get(name))
        if value is None:
            continue
        number = _number(value)
        if number is None and value != "none":
            _note(f"the limit {name} = {value!r} must be a whole number from 0, or 'none'.")
            values[name] = getattr(HOSTED_LIMITS, name)
        else:
            values[name] = number
    return Limits(**values)


def _number(value: object) -> int | None:
    text = str(value) if type(value) in (int, str) else ""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else None


def _no_training_reason() -> str | None:
    """Return why nobody can train here, as the end of a sentence; None if somebody can."""
    configured = os.environ.get("VAE_LAB_ROLE", TRAINER)
    if configured not in (TRAINER, LOGIN):  # a misspelt role must not give more rights
        if configured != VIEWER:
            _note(
                f"VAE_LAB_ROLE={configured!r} is not one of viewer, login, trainer, so everybody "
                "is a viewer."
            )
        return "this host only shows runs."
    if not os.environ.get("VAE_LAB_SCHEDULER") and not _installed("tensorflow"):
        return "this installation shows runs and can't train; see the README for one that can."
    return None


def _asks_for_login() -> bool:
    """Return whether visitors must log in to train, even if the login doesn't work."""
    global _login_was_configured
    secrets = _secrets()
    configured = secrets is None or "trainers" in _section("") or "auth" in map(str.lower, secrets)
    _login_was_configured = _login_was_configured or configured
    return _login_was_configured or os.environ.get("VAE_LAB_ROLE") == LOGIN


def _login_works() -> bool:
    secrets = _secrets()
    auth = secrets.get("auth") if secrets is not None else {}
    if not isinstance(auth, Mapping):
        _note("the login needs a section [auth] in the secrets, so everybody is a viewer.")
        return False
    missing = [key for key in AUTH_KEYS if not (isinstance(auth.get(key), str) and auth[key])]
    if missing:
        if secrets is not None:
            _note(f"[auth] in the secrets lacks {', '.join(missing)}, so everybody is a viewer.")
        return False
    if len(auth["cookie_secret"]) < COOKIE_SECRET_LENGTH:
        _note(
            f"cookie_secret in [auth] needs at least {COOKIE_SECRET_LENGTH} random characters "
            "(python -c 'import secrets; print(secrets.token_hex())'), so everybody is a viewer."
        )
        return False
    if not _installed("authlib"):
        _note("the login needs pip install '.[login]', so everybody is a viewer.")
        return False
    return True


def _trainers() -> set[str]:
    listed = _section("").get("trainers")
    if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed):
        _note('[vae_lab] in the secrets needs trainers = ["ada@example.org"]; so nobody may train.')
        return set()
    if not listed:
        _note("the list of trainers in [vae_lab] is empty, so nobody may train.")
    return {_lower(entry) for entry in listed if entry.strip()}


def _lower(email: str) -> str:
    """Lower only ASCII letters: lowering turns some letters of other alphabets into Latin ones."""
    return email.strip().encode(errors="replace").lower().decode()


def _section(name: str) -> Mapping[str, Any]:
    """Return [vae_lab] in the secrets, or one of its tables; empty if it is not there."""
    section = (_secrets() or {}).get("vae_lab", {})
    if name and isinstance(section, Mapping):
        section = section.get(name, {})
    if isinstance(section, Mapping):
        return section
    _note(f"{'.'.join(filter(None, ('vae_lab', name)))} in the secrets is no table.")
    return {}


def _secrets() -> Mapping[str, Any] | None:
    """Return Streamlit's secrets: empty if there is no such file, None if it can't be read."""
    try:
        return st.secrets.to_dict()
    except (OSError, ValueError) as error:  # Streamlit's own error is a FileNotFoundError
        if not any(map(_may_exist, st.get_option("secrets.files"))):
            return {}
        _note(f"the secrets can't be read, so everybody is a viewer: {error}")
        return None


def _may_exist(path: str) -> bool:
    """Return whether a path exists; True if that can't be determined."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass
    return True


@functools.cache
def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


@functools.cache  # each text once per process
def _note(text: str) -> None:
    """Log a warning for the people who run the host."""
    _log.warning("VAE Lab: %s", text)
