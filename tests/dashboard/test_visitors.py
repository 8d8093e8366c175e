"""Each kind of visitor on the pages: visible buttons, and buttons that do nothing."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.pages import PAGES, open_page, unopened
from tests.dashboard.visitors import VISITORS, Host, contents, filled
from vae_core.engines import factory
from vae_core.runs.store import RunStore

pytestmark = pytest.mark.usefixtures("nothing_trains")


def open_as(name: str, user: dict[str, Any]) -> AppTest:
    page = unopened(name)
    page.user = user
    page.run()
    assert not page.exception, page.exception
    return page


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


@pytest.mark.parametrize("visitor", VISITORS)
def test_the_buttons_of_each_visitor(host: Host, own_store: RunStore, visitor: str) -> None:
    secrets, env, user, may = VISITORS[visitor]
    host(secrets, **env)
    filled(own_store)
    page = open_as("train", user)
    assert any(key.startswith("watch-") for key in keys(page)), "everybody sees the queue"
    changing = ("train", "stop", "resume", "delete")
    shown = {key for key in keys(page) if key.split("-")[0] in changing}
    if may:
        waiting, failed = (run.id for run in own_store.scan()[0])
        assert {"train", f"stop-{waiting}", f"resume-{failed}", "delete-for-good"} <= shown
    else:
        assert not shown
        assert "train" in " ".join(info.value for info in page.info)
        assert not page.selectbox("watched").disabled
    offered = visitor == "not logged in"
    assert ("login" in keys(page)) == ("login-to-train" in keys(page)) == offered
    assert ("logout" in keys(page)) == (visitor in ("listed", "not listed"))
    if "logout" in keys(page):
        captions = " ".join(caption.value for caption in page.caption)
        assert f"Ada · {'trainer' if may else 'viewer'}" in captions


def test_old_buttons_do_nothing_for_a_visitor_who_became_a_viewer(
    host: Host, own_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    host()
    filled(own_store)
    page = open_page("train")
    (waiting, failed) = (run.id for run in own_store.scan()[0])
    before = contents(own_store.root)
    monkeypatch.setenv("VAE_LAB_ROLE", "viewer")
    for key in (f"stop-{waiting}", f"resume-{failed}", "train"):
        page.button(key).click().run()
        assert not page.exception
        assert contents(own_store.root) == before
        monkeypatch.delenv("VAE_LAB_ROLE")
        page.run()
        monkeypatch.setenv("VAE_LAB_ROLE", "viewer")


def test_a_link_cannot_press_buttons(host: Host, own_store: RunStore) -> None:
    host()
    filled(own_store)
    before = contents(own_store.root)
    page = unopened("train")
    for key in ("train", "stop", "resume", "stop-all", "delete", "login", "logout", "own_import"):
        page.query_params[key] = "true"
    for run in own_store.scan()[0]:
        for key in ("stop", "resume", "delete-for-good", "watch"):
            page.query_params[f"{key}-{run.id}"] = "true"
    page.run()
    assert not page.exception
    assert contents(own_store.root) == before


@pytest.mark.parametrize(
    "visitor", [pytest.param("look-only host", marks=pytest.mark.slow), "laptop"]
)
def test_a_view_only_host_starts_no_engine(
    host: Host, monkeypatch: pytest.MonkeyPatch, visitor: str
) -> None:
    started: list[object] = []
    monkeypatch.setattr(factory, "shared_engine", started.append)
    secrets, env, _, may = VISITORS[visitor]
    host(secrets, **env)
    for name in PAGES:
        open_page(name)
    assert bool(started) == may
