"""Who may do what, and how much. Viewers look; trainers also train, stop, delete, save and upload.

The check stands where the action happens (`require_trainer`); hidden buttons are only courtesy.

On a laptop everybody is a trainer. What a host says, in the environment and in Streamlit's secrets:

    VAE_LAB_ROLE=viewer   looking only, for everybody
    VAE_LAB_ROLE=login    trainers log in; without a login that works everybody is a viewer
    [auth]                in the secrets: Streamlit's login, see `st.login`
    [vae_lab]             in the secrets: trainers = ["ada@example.org"]
    [vae_lab.limits]      in the secrets: see `Limits`; or VAE_LAB_LIMIT_EPOCHS=500 and so on

Whatever of that is broken makes viewers, and a note in the log of the server.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import logging
import os
from collections.abc import Mapping
from typing import Any

import streamlit as st

from vae_core.config import VaeLabError

VIEWER, TRAINER, LOGIN = "viewer", "trainer", "login"


AUTH_KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")


# Who guesses the secret that cookies are signed with can log in as anybody.
COOKIE_SECRET_LENGTH = 32


_log = logging.getLogger("vae_lab")


_seen_login = False  # a login that was there once does not go away with its file


class RoleError(VaeLabError):
    """The visitor's role does not allow this."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What trainers may ask of the host; None is no limit.

    Attributes:
        runs_each: runs in training and in line of one person; without login, of all together.
        runs: the same, of everybody.
        epochs: of a run.
        images: that a run trains on, and that an uploaded file holds.
        upload_mb: of a file that is uploaded, in units of 2^20 bytes.
        data_mb: of all data sets that were uploaded, together.
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
    """What this session may do, asked anew each time: a login or a list can change."""
    return TRAINER if why_viewer() is None else VIEWER


def require_trainer(to: str) -> None:
    """Refuse an action to viewers.

    Args:
        to: the action, as in "only trainers may {to}".

    Raises:
        RoleError: this session is a viewer's.
    """
    reason = why_viewer()
    if reason is not None:
        raise RoleError(f"Only trainers may {to}: {reason}")


def why_viewer() -> str | None:
    """Why this session is a viewer's, as the end of a sentence; None if it is a trainer's."""
    reason = _why_nobody_trains()
    if reason is not None:
        return reason
    if not _asks_for_login():
        return None
    if not login_offered():
        return "the login of this host is not set up; ask who runs it."
    email = user()
    if email is None:
        return "log in first."
    # Absent from many providers' answers; where it is there, it has to be true.
    if st.user.get("email_verified", True) not in (True, "true"):
        return f"your provider has not verified that {email} is yours."
    if email in _trainers():
        return None
    return f"{email} is not on the list of trainers; ask who runs this host."


def trains_here() -> bool:
    """Can anybody train in this process? If not, it needs no engine."""
    return _why_nobody_trains() is None


def user() -> str | None:
    """The e-mail address of who is logged in; None without login."""
    if not login_offered() or st.user.get("is_logged_in") is not True:
        return None
    email = st.user.get("email")
    return _lower(email) if isinstance(email, str) and email.strip() else None


def login_offered() -> bool:
    """Is there a login that works, and something that it is good for?"""
    return trains_here() and _asks_for_login() and _login_works()


def limits() -> Limits:
    """What holds here: what the environment or the secrets say.

    For the rest `HOSTED_LIMITS` where there is a login, and no limit elsewhere.
    """
    given = _section("limits")
    values = dataclasses.asdict(HOSTED_LIMITS if _asks_for_login() else Limits())
    for unknown in given.keys() - values.keys():
        _note(f"[vae_lab.limits] knows no {unknown!r}, only {', '.join(values)}.")
    for name in values:
        value = os.environ.get(f"VAE_LAB_LIMIT_{name.upper()}", given.get(name))
        if value is None:
            continue
        number = _number(value)
        if number is None and value != "none":
            _note(f"the limit {name} = {value!r} is no whole number from 0 and not 'none'.")
            values[name] = getattr(HOSTED_LIMITS, name)
        else:
            values[name] = number
    return Limits(**values)


def _number(value: object) -> int | None:
    text = str(value) if type(value) in (int, str) else ""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else None


def _why_nobody_trains() -> str | None:
    asked = os.environ.get("VAE_LAB_ROLE", TRAINER)
    if asked not in (TRAINER, LOGIN):  # also a misspelt role: never more than was meant
        if asked != VIEWER:
            _note(
                f"VAE_LAB_ROLE={asked!r} is not one of viewer, login, trainer, so everybody "
                "is a viewer."
            )
        return "this host is for looking only."
    if not os.environ.get("VAE_LAB_SCHEDULER") and not _installed("tensorflow"):
        return "this installation shows runs and can't train; see the README for one that can."
    return None


def _asks_for_login() -> bool:
    """Also where the login is broken, or its file gone since: then it asks in vain."""
    global _seen_login
    secrets = _secrets()
    asked = secrets is None or "trainers" in _section("") or "auth" in map(str.lower, secrets)
    _seen_login = _seen_login or asked
    return _seen_login or os.environ.get("VAE_LAB_ROLE") == LOGIN


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
    """In lower case as ASCII has it: other alphabets have letters that become Latin ones."""
    return email.strip().encode(errors="replace").lower().decode()


def _section(name: str) -> Mapping[str, Any]:
    """A table of [vae_lab] in the secrets, or all of it; empty where there is none."""
    found = (_secrets() or {}).get("vae_lab", {})
    if name and isinstance(found, Mapping):
        found = found.get(name, {})
    if isinstance(found, Mapping):
        return found
    _note(f"{'.'.join(filter(None, ('vae_lab', name)))} in the secrets is no table.")
    return {}


def _secrets() -> Mapping[str, Any] | None:
    """Streamlit's secrets: empty where there is no file of them, None where it can't be read."""
    try:
        return st.secrets.to_dict()
    except (OSError, ValueError) as error:  # Streamlit's own error is a FileNotFoundError, too
        if not any(map(_may_exist, st.get_option("secrets.files"))):
            return {}
        _note(f"the secrets can't be read, so everybody is a viewer: {error}")
        return None


def _may_exist(path: str) -> bool:
    """Also where it can't be looked at."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass
    return True


@functools.cache  # what is installed does not change
def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


@functools.cache  # once a process is enough
def _note(text: str) -> None:
    """For who runs the host."""
    _log.warning("VAE Lab: %s", text)
