"""A dashboard on a host: settings in effect, the login, many viewers at once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from websockets.exceptions import InvalidStatus

from benchmarks.viewers import Crowd, walk
from benchmarks.visitor import Visitor
from dashboard.access import roles
from dashboard.server.cookies import CookieGuard
from dashboard.shell import memory
from tests.browser.chromium import Server, drawn
from tests.hosting.login import Provider
from tests.hosting.test_image import read_dockerfile
from tests.waiting import wait_for
from vae_core.config import RunConfig
from vae_core.runs.store import PROJECT

# --- settings ---------------------------------------------------------------------------------


def settings(env: dict[str, str]) -> dict[str, Any]:
    """Return the settings as Streamlit itself reads them."""
    shown = subprocess.run(
        [sys.executable, "-m", "streamlit", "config", "show"],
        env=os.environ | env,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return tomllib.loads(shown[shown.index("[global]") :])


@pytest.mark.parametrize("where", ["laptop", "viewer", "trainer"])
def test_the_settings_in_effect(where: str) -> None:
    env: dict[str, str] = {}
    if where != "laptop":
        env = read_dockerfile((PROJECT / "Dockerfile").read_text(), where).env
    got = settings(env)
    assert got["server"]["enableXsrfProtection"] is True
    assert got["server"]["enableCORS"] is True
    assert got["server"]["fileWatcherType"] == "none"
    assert got["client"]["showErrorDetails"] == "none"
    assert got["client"]["toolbarMode"] == "viewer"
    assert got["browser"]["gatherUsageStats"] is False
    assert got["server"]["address"] == ("127.0.0.1" if where == "laptop" else "0.0.0.0")
    assert got["server"].get("headless", False) is (where != "laptop")
    most = {"laptop": 200, "viewer": 0, "trainer": 100}[where]
    assert got["server"]["maxUploadSize"] == most
    assert env.get("VAE_LAB_ROLE") == {"viewer": "viewer", "trainer": "login"}.get(where)


def test_an_error_reveals_nothing_about_the_server(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise RuntimeError('the password is 1234')")
    server = Server(tmp_path, script)
    try:
        with Visitor(server.url) as visitor:
            visitor.open("")
            (shown,) = visitor.exceptions
    finally:
        server.stop()
    assert "1234" not in shown
    assert "RuntimeError" not in shown
    assert str(tmp_path) not in shown
    assert "1234" in Path(server.log.name).read_text(), "the log has the details"


def upload(server: Server, session: str, **headers: str) -> int:
    """Upload a file for a session, and return the status code."""
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n--b--\r\n'
    request = urllib.request.Request(
        f"{server.url}/_stcore/upload_file/{session}/1",
        body,
        {"Content-Type": "multipart/form-data; boundary=b"} | headers,
        method="PUT",
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def token_of(server: Server) -> str:
    """Return Streamlit's token against forged requests, which its own pages get."""
    with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=30) as answer:
        cookies = answer.headers.get_all("Set-Cookie") or []
    return next(
        c.split("=", 1)[1].split(";")[0].strip('"') for c in cookies if "_streamlit_xsrf" in c
    )


def test_requests_from_other_sites_are_refused(server: Server) -> None:
    token = token_of(server)
    with Visitor(server.url, {"Origin": server.url}) as visitor:
        visitor.open("train")
        assert upload(server, visitor.session) == 403
        assert upload(server, visitor.session, Cookie=f"_streamlit_xsrf={token}") == 403
        whole = {"Cookie": f"_streamlit_xsrf={token}", "X-Xsrftoken": token}
        assert upload(server, visitor.session, **whole) == 204
        assert upload(server, "no-session", **whole) == 403
    with pytest.raises(InvalidStatus) as refused:
        Visitor(server.url, {"Origin": "https://evil.example"})
    assert refused.value.response.status_code == 403


def test_a_view_only_host_accepts_no_files(tmp_path: Path) -> None:
    image = read_dockerfile((PROJECT / "Dockerfile").read_text(), "viewer").env
    env = {name: image[name] for name in ("VAE_LAB_ROLE", "STREAMLIT_SERVER_MAX_UPLOAD_SIZE")}
    server = Server(tmp_path, **env)
    try:
        token = token_of(server)
        whole = {"Cookie": f"_streamlit_xsrf={token}", "X-Xsrftoken": token}
        with Visitor(server.url) as visitor:
            visitor.open("train")
            assert upload(server, visitor.session, **whole) == 403
            assert "train" not in visitor.widgets
            assert not visitor.exceptions
    finally:
        server.stop()


# --- the login --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def server_with_login(
    provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("login")
    (root / "secrets.toml").write_text(provider.secrets(["ada@example.org"]))
    server = Server(root, STREAMLIT_SECRETS_FILES=str(root / "secrets.toml"), VAE_LAB_ROLE="login")
    yield server
    server.stop()
    assert "Traceback" not in Path(server.log.name).read_text()


@pytest.mark.browser
def test_the_login(server_with_login: Server, provider: Provider, page: Any) -> None:
    from playwright.sync_api import expect

    def button(name: str) -> Any:
        return page.get_by_role("button", name=name, exact=True)

    page.goto(f"{server_with_login.url}/train")
    expect(button("Log in")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Everybody may look; log in to train.")).to_be_visible()
    drawn(page)
    expect(button("Train")).to_have_count(0)

    provider.user = {"email": "ada@example.org", "email_verified": True, "name": "Ada *Lovelace*"}
    button("Log in to train").click()
    expect(page.get_by_text("Ada *Lovelace* · trainer")).to_be_visible(timeout=30_000)
    page.goto(f"{server_with_login.url}/train")
    page.get_by_role("spinbutton", name="Epochs").fill("900")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    page.wait_for_timeout(1000)
    button("Train").click()
    page.locator(".st-key-stop").wait_for(timeout=60_000)
    (run,) = server_with_login.store.scan()[0]
    assert run.status().submitted_by == "ada@example.org"
    page.locator(".st-key-stop button").click()
    expect(page.locator(".st-key-resume")).to_be_visible(timeout=60_000)

    # Her cookie doesn't work for another site, or without the page's token.
    cookies = {c["name"]: c["value"] for c in page.context.cookies()}
    login = next(c for c in page.context.cookies() if c["name"] == "_streamlit_user")
    assert login["httpOnly"]
    assert 0 < login["expires"] - time.time() <= roles.LOGIN_HOURS * 3600 + 5
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    token = cookies["_streamlit_xsrf"]
    in_a_second_tab = {"Origin": server_with_login.url, "Cookie": cookie}
    for headers, sent, trains in (
        ({"Origin": server_with_login.url, "Cookie": cookie}, token, True),
        ({"Origin": server_with_login.url, "Cookie": cookie}, "forged", False),
        ({"Cookie": cookie}, token, False),
    ):
        with Visitor(server_with_login.url, headers, sent) as visitor:
            visitor.open("train")
            assert ("train" in visitor.buttons) == trains
    with pytest.raises(InvalidStatus):
        Visitor(server_with_login.url, {"Origin": "https://evil.example", "Cookie": cookie}, token)

    button("Log out").click()
    expect(button("Log in")).to_be_visible(timeout=30_000)
    wait_for(lambda: provider.logged_out == 1)
    with Visitor(server_with_login.url, in_a_second_tab, token) as visitor:
        visitor.open("train")
        assert "train" not in visitor.buttons, "her cookie is worth nothing any more"
        whole = {"Cookie": f"_streamlit_xsrf={token}", "X-Xsrftoken": token}
        assert upload(server_with_login, visitor.session, **whole) == 403

    provider.user = {"email": "eve@example.org", "email_verified": True, "name": "Eve"}
    button("Log in").click()
    expect(page.get_by_text("Eve · viewer")).to_be_visible(timeout=30_000)
    page.goto(f"{server_with_login.url}/train")
    expect(page.get_by_text("eve@example.org is not on the list of trainers")).to_be_visible()
    expect(button("Train")).to_have_count(0)
    expect(page.locator(".st-key-resume")).to_have_count(0)

    button("Log out").click()
    expect(button("Log in")).to_be_visible(timeout=30_000)
    provider.user = {"email": "ada@example.org", "email_verified": False, "name": "Not Ada"}
    button("Log in").click()
    expect(page.get_by_text("Not Ada · viewer")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_are_secure_where_the_host_is_encrypted(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    async def inner(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"set-cookie", cookie) for cookie in (b"a=1; Path=/", b"b=2; secure")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(message: Message) -> None:
        sent.extend(value.decode() for name, value in message["headers"])

    sent: list[str] = []
    secrets = {"auth": {"redirect_uri": f"{scheme}://vae-lab.example.org/oauth2callback"}}
    monkeypatch.setattr("streamlit.secrets", secrets)
    answer = CookieGuard(inner)({"type": "http"}, Receive, send)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):  # it waits for nothing, so it needs no event loop
        answer.send(None)
    secure = "; Secure" if scheme == "https" else ""
    assert sent == [f"a=1; Path=/{secure}", "b=2; secure"]


# --- many viewers -----------------------------------------------------------------------------


@pytest.mark.slow
def test_several_viewers_at_once(server: Server) -> None:
    """Many viewers watch a run; some lose their connection and come back."""
    server.store.create(RunConfig(dataset="shapes", epochs=1000))
    crowd = Crowd(server.url, sessions=3, think=0.5)
    with Visitor(server.url) as watcher:
        watcher.open("train")
        seen = crowd.seconds
        walk(watcher, 0, 0.5, lambda: len(seen("page")) >= 30 and len(seen("tick")) > 0, [])
        for resume in (True, False):
            watcher.cut()
            watcher.reconnect(resume)
        assert watcher.change_something(random.Random(0))
        crowd.leave()
        assert not watcher.exceptions
    assert not crowd.errors
    assert len(crowd.seconds("page")) >= 30
    assert crowd.seconds("tick")
    assert server.process.poll() is None


def test_the_memory_of_uploads_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    memory.bound_uploads()
    manager = MemoryUploadedFileManager("/upload")

    def send(session: str, file: str, size: int) -> None:
        manager.add_file(session, UploadedFileRec(file, "x.zip", "", b"x" * size))

    for number in range(5):
        send("one", str(number), 100)
    assert list(manager.file_storage["one"]) == ["3", "4"]
    monkeypatch.setattr(memory, "UPLOADS_BYTES", 1000)
    for session in ("two", "three", "four"):
        send(session, "0", 400)
    sizes = [len(r.data) for files in manager.file_storage.values() for r in files.values()]
    assert sum(sizes) <= 1000
    assert manager.get_files("four", ["0"])
