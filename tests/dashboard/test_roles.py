"""The role of a visitor, and broken configurations."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config

from dashboard.access import roles
from tests.dashboard.visitors import ADA, AUTH, LISTED, Host, visit

pytestmark = pytest.mark.usefixtures("nothing_trains")


def role_of(user: dict[str, Any]) -> str:
    """Return `trainer`, or the reason why this visitor is a viewer."""

    def script() -> None:
        import streamlit as st

        from dashboard.access import roles

        st.text(roles.role())
        st.text(roles.viewer_reason())

    page = visit(script, user)
    assert not page.exception, page.exception
    role, reason = (text.value for text in page.text)
    assert (role == "trainer") == (reason == "None")
    return role if role == "trainer" else reason


@pytest.mark.parametrize(
    ("secrets", "env", "user", "expected"),
    [
        (None, {}, {}, "trainer"),  # a laptop
        ("[vae_lab.limits]\nepochs = 5", {}, {}, "trainer"),
        (None, {"VAE_LAB_ROLE": "trainer"}, {}, "trainer"),
        (None, {"VAE_LAB_ROLE": "viewer"}, {}, "only shows runs"),
        (AUTH + LISTED, {"VAE_LAB_ROLE": "viewer"}, ADA, "only shows runs"),
        (None, {"VAE_LAB_ROLE": "Trainer"}, {}, "only shows runs"),  # unknown
        (None, {"VAE_LAB_ROLE": ""}, {}, "only shows runs"),
        (None, {"VAE_LAB_ROLE": "login"}, {}, "not set up"),
        (LISTED, {"VAE_LAB_ROLE": "login"}, ADA, "not set up"),
        (LISTED, {}, ADA, "not set up"),
        (AUTH.replace("[auth]", "[Auth]"), {}, ADA, "not set up"),
        (AUTH + LISTED, {}, {}, "log in first"),
        (AUTH + LISTED, {"VAE_LAB_ROLE": "trainer"}, {}, "log in first"),
        (AUTH + LISTED, {}, ADA, "trainer"),
        (AUTH + LISTED, {"VAE_LAB_ROLE": "login"}, ADA, "trainer"),
        (AUTH + LISTED, {}, ADA | {"email": " ADA@Example.org "}, "trainer"),
        (AUTH + LISTED, {}, ADA | {"email_verified": "true"}, "trainer"),
        (AUTH + LISTED, {}, {k: v for k, v in ADA.items() if k != "email_verified"}, "trainer"),
        (AUTH + LISTED, {}, ADA | {"email_verified": False}, "not verified"),
        (AUTH + LISTED, {}, ADA | {"email_verified": "no"}, "not verified"),
        (AUTH + LISTED, {}, ADA | {"email": "eve@example.org"}, "not on the list"),
        (AUTH + LISTED, {}, ADA | {"email": "ada@example.org.evil.org"}, "not on the list"),
        # lower() turns some letters of other alphabets into Latin ones.
        (AUTH + LISTED.replace("Ada", "kay"), {}, ADA | {"email": "\u212aay@example.org"}, "list"),
        (AUTH + LISTED, {}, ADA | {"is_logged_in": False}, "log in first"),
        (AUTH + LISTED, {}, ADA | {"is_logged_in": "yes"}, "log in first"),
        (AUTH + LISTED, {}, ADA | {"email": ["ada@example.org"]}, "log in first"),
        (AUTH + LISTED, {}, {"email": "ada@example.org"}, "log in first"),
        (AUTH, {}, ADA, "not on the list"),
        (AUTH + "[vae_lab]\ntrainers = []", {}, ADA, "not on the list"),
        (AUTH + '[vae_lab]\ntrainers = [""]', {}, ADA | {"email": " "}, "log in first"),
        (AUTH + '[vae_lab]\ntrainers = "ada@example.org"', {}, ADA, "not on the list"),
        (AUTH + "[vae_lab]\ntrainers = [1]", {}, ADA, "not on the list"),
        ('vae_lab = "ada@example.org"\n' + AUTH, {}, ADA, "not on the list"),
        (AUTH.replace("client_id", "clientid") + LISTED, {}, ADA, "not set up"),
        (AUTH.replace("vae-lab", "") + LISTED, {}, ADA, "not set up"),
        (AUTH.replace("0123456789abcdef", "x") + LISTED, {}, ADA, "not set up"),
        ("auth = true\n" + LISTED, {}, ADA, "not set up"),
        ("[auth]\n" + LISTED, {}, ADA, "not set up"),
        ("this is no TOML", {}, {}, "not set up"),
        (AUTH + LISTED + "[", {}, ADA, "not set up"),
        (b"\xff\xfe", {}, {}, "not set up"),
    ],
)
def test_the_role(
    host: Host,
    caplog: pytest.LogCaptureFixture,
    secrets: str | bytes | None,
    env: dict[str, str],
    user: dict[str, Any],
    expected: str,
) -> None:
    host(secrets, **env)
    got = role_of(user)
    assert expected in got
    notes = [r.getMessage() for r in caplog.records if r.name == "vae_lab"]
    broken = "not set up" in got or env.get("VAE_LAB_ROLE") in ("", "Trainer")
    broken = broken or secrets in (AUTH,) or "trainers" not in str(secrets or "trainers")
    if broken and "vae_lab.limits" not in str(secrets):
        assert notes, "the log says what is wrong"
    assert not any("0123456789abcdef" in note for note in notes), "no secret in the log"


def test_a_login_ends_after_some_hours(host: Host) -> None:
    host(AUTH + LISTED)
    now = time.time()
    assert role_of(ADA | {"iat": now - (roles.LOGIN_HOURS - 1) * 3600}) == "trainer"
    assert "log in first" in role_of(ADA | {"iat": now - (roles.LOGIN_HOURS + 1) * 3600})


def test_logging_out_ends_the_login_in_every_tab(host: Host) -> None:
    def log_out() -> None:
        from dashboard.access import roles

        roles.log_out()

    host(AUTH + LISTED)
    first, later = (ADA | {"iat": time.time() - age} for age in (60, 0))
    assert role_of(first) == role_of(later) == "trainer"
    visit(log_out, first)
    assert "log in first" in role_of(first)
    assert role_of(later) == "trainer", "she logged in again"


def test_if_the_secrets_are_a_folder_all_are_viewers(host: Host, tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").mkdir()
    host()
    assert "not set up" in role_of(ADA)


def test_if_the_secrets_cannot_be_read_all_are_viewers(host: Host) -> None:
    host()
    assert role_of(ADA) == "trainer"
    config.set_option("secrets.files", ["x" * 5000])  # lstat fails, as without permission
    st.secrets._reset()
    assert "not set up" in role_of(ADA)


def test_deleting_the_secrets_does_not_turn_login_off(host: Host, tmp_path: Path) -> None:
    host(AUTH + LISTED)
    assert role_of(ADA) == "trainer"
    (tmp_path / "secrets.toml").unlink()
    st.secrets._reset()
    assert "not set up" in role_of({})
    assert "not set up" in role_of(ADA)


def test_a_person_removed_from_the_list_becomes_a_viewer_at_once(
    host: Host, tmp_path: Path
) -> None:
    host(AUTH + LISTED)
    assert role_of(ADA) == "trainer"
    (tmp_path / "secrets.toml").write_text(AUTH + '[vae_lab]\ntrainers = ["grace@example.org"]')
    st.secrets._on_secrets_changed("secrets.toml")
    assert "not on the list" in role_of(ADA)


def test_without_tensorflow_all_are_viewers(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host(AUTH + LISTED)
    monkeypatch.setattr(roles, "_installed", lambda package: package != "tensorflow")
    assert "can't train" in role_of(ADA)
    assert not roles.trains_here()
    monkeypatch.setenv("VAE_LAB_SCHEDULER", "tcp://127.0.0.1:1")  # training runs elsewhere
    assert role_of(ADA) == "trainer"
