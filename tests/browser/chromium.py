"""Chromium and a server of the dashboard, for the tests marked `browser`.

`tests/conftest.py` shares the fixtures with all tests; Playwright is imported at its first use.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import PATIENCE
from vae_core.runs.store import PROJECT, RunStore

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# On a page with a path, Streamlit first tries its root below that path, which gives a 404.
EXPECTED_404 = ("_stcore/health", "_stcore/host-config")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`streamlit run` in a process of its own, with a store of its own.

    Args:
        root: a folder for its store and its log.
        script: the script to serve.
        env: added to the environment.
    """

    def __init__(self, root: Path, script: Path | str = "dashboard/app.py", **env: str) -> None:
        self.store = RunStore(root / "runs")
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.log = open(root / "server.log", "w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", str(script)),
                *("--server.port", str(port), "--server.headless", "true"),
            ],
            cwd=PROJECT,
            env=os.environ | {"VAE_LAB_RUNS": str(self.store.root)} | env,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5).close()
                return
            except OSError:
                assert time.monotonic() < deadline, Path(self.log.name).read_text()
                time.sleep(0.1)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("browser"))
    yield server
    server.stop()
    log = Path(server.log.name).read_text()
    assert "Traceback" not in log, log


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    assert CHROMIUM, "install Debian's chromium package"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def new_context(browser: Any, **options: Any) -> Any:
    """Return a browser context whose timeout is long enough for a slow machine."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE * 1000)
    return context


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails the test on any script error, failed request or foreign host."""
    context = new_context(browser, viewport={"width": 1440, "height": 1200})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1", "data:", "blob:", "about:"))
            else problems.append(f"asks another host: {request.url}")
        ),
    )
    # Leaving a page aborts its open requests.
    page.on(
        "requestfailed",
        lambda request: (
            None
            if request.failure == "net::ERR_ABORTED"
            else problems.append(f"{request.failure}: {request.url}")
        ),
    )
    page.on(
        "response",
        lambda response: (
            problems.append(f"{response.status} {response.url}")
            if response.status >= 400
            and not response.url.endswith(EXPECTED_404)
            and "/media/" not in response.url  # a picture may have been replaced meanwhile
            else None
        ),
    )
    yield page
    problems += page.evaluate(
        "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    )
    context.close()
    assert not problems, problems


def drawn(page: Any, count: int = 1) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('.vae-lab-plot .main-svg').length >= count",
        arg=count,
    )


def start_training(server: Server, page: Any, epochs: int) -> None:
    """Press Train, and wait until the first epoch is shown."""
    page.goto(f"{server.url}/train")
    drawn(page)
    page.get_by_role("spinbutton", name="Epochs").fill(str(epochs))
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator(".st-key-stop").wait_for()
    page.wait_for_function(f"/epoch [1-9][0-9]* of {epochs}, about/.test(document.body.innerText)")
