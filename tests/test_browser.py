"""The dashboard in Chromium, served as a user serves it."""

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

import psutil
import pytest

from vae_core.runs import PROJECT, RunStore

pytestmark = pytest.mark.browser

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
# Streamlit looks for its own root from a page's address; these answers are expected.
EXPECTED_404 = ("_stcore/health", "_stcore/host-config")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`streamlit run` in a process of its own, with a store of its own."""

    def __init__(self, root: Path) -> None:
        self.store = RunStore(root / "runs")
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.log = open(root / "server.log", "w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "dashboard/app.py"),
                *("--server.port", str(port), "--server.headless", "true"),
            ],
            cwd=PROJECT,
            env=os.environ | {"VAE_LAB_RUNS": str(self.store.root)},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 60
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
    assert "Traceback" not in Path(server.log.name).read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    assert CHROMIUM, "install Debian's chromium package"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails the test on any script error, failed request or foreign host."""
    context = browser.new_context(viewport={"width": 1440, "height": 1200})
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
    # A request that leaving the page cuts off is no problem.
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
            if response.status >= 400 and not response.url.endswith(EXPECTED_404)
            else None
        ),
    )
    yield page
    context.close()
    assert problems == []


def drawn(page: Any, count: int = 1) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('.vae-lab-plot .main-svg').length >= count",
        arg=count,
        timeout=30_000,
    )


@pytest.mark.parametrize("path", ["", "train", "compare", "latent_space", "manifold"])
def test_every_page_draws(server: Server, page: Any, path: str) -> None:
    page.goto(f"{server.url}/{path}")
    drawn(page)
    page.wait_for_timeout(500)
    assert not page.locator(".vae-lab-plot-error:visible").count()
    assert not page.locator("[data-testid=stException]").count()


def start_training(server: Server, page: Any, epochs: int) -> None:
    """From the Train page, until the first steps show."""
    page.goto(f"{server.url}/train")
    drawn(page)
    page.get_by_role("spinbutton", name="Epochs").fill(str(epochs))
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Stop").wait_for(timeout=60_000)
    page.wait_for_function(
        f"/epoch [1-9][0-9]* of {epochs}, about/.test(document.body.innerText)", timeout=60_000
    )


def test_train_streams_on_the_same_elements_and_stops(server: Server, page: Any) -> None:
    start_training(server, page, 90_000)
    drawn(page, 2)
    page.evaluate(
        """() => {
            window.nodes = [...document.querySelectorAll('.vae-lab-plot')];
            window.nodes.at(-1).scrollIntoView();
        }"""
    )
    # Zoom and hide a label by hand: that is what must survive.
    scatter = page.locator(".vae-lab-plot").last
    box = scatter.locator(".nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    scatter.locator(".legendtoggle").nth(3).click()
    state = """() => {
        const {_fullLayout, _fullData} = window.nodes.at(-1);
        return [_fullLayout.xaxis.range, _fullData.map((trace) => trace.visible)];
    }"""
    page.wait_for_function(f"({state})()[1][3] === 'legendonly'")
    by_hand = page.evaluate(state)
    assert by_hand[0][1] - by_hand[0][0] < 4
    epoch = "() => +(document.body.innerText.match(/epoch ([0-9]+) of 90000/)?.[1] ?? -1)"
    seen = {page.evaluate(epoch)}
    while len(seen) < 11:
        page.wait_for_function(f"last => ({epoch})() > last", arg=max(seen), timeout=30_000)
        seen.add(page.evaluate(epoch))
    assert page.evaluate("window.nodes.every((node) => node.isConnected)")
    assert page.evaluate(state) == by_hand

    page.get_by_role("button", name="Stop").click()
    page.get_by_text("cancelled").first.wait_for(timeout=10_000)
    page.get_by_role("button", name="Resume").wait_for(timeout=10_000)
    (run,) = server.store.scan()[0]
    assert run.status().state == "cancelled"

    stopped_at = page.evaluate(epoch)
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Stop").wait_for(timeout=60_000)
    page.wait_for_function(f"last => ({epoch})() > last", arg=stopped_at, timeout=60_000)
    for _ in range(4):  # overlapping draws must not break the charts
        page.reload()
        drawn(page, 2)
        page.wait_for_timeout(700)
        assert not page.locator(".vae-lab-plot-error:visible").count()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Resume").wait_for(timeout=10_000)


def test_a_click_decodes_a_point(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/latent_space")
    drawn(page)
    page.get_by_text("Click a point").first.wait_for()
    place = page.evaluate(
        """() => {
            const plot = document.querySelector('.vae-lab-plot');
            const {xaxis, yaxis} = plot._fullLayout;
            const box = plot.getBoundingClientRect();
            const trace = plot._fullData[3];
            return [
                box.x + xaxis._offset + xaxis.d2p(trace.x[0]),
                box.y + yaxis._offset + yaxis.d2p(trace.y[0]),
            ];
        }"""
    )
    page.mouse.move(*place)
    page.wait_for_timeout(300)
    page.mouse.click(*place)
    page.get_by_text("its mean, decoded").wait_for(timeout=10_000)
    page.get_by_text("eight samples").wait_for(timeout=10_000)


def test_a_click_on_the_manifold_moves_the_sliders(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/manifold")
    drawn(page)
    plot = page.locator(".vae-lab-plot .nsewdrag").first.bounding_box()
    page.mouse.move(plot["x"] + 0.9 * plot["width"], plot["y"] + 0.1 * plot["height"])
    page.wait_for_timeout(300)
    page.mouse.click(plot["x"] + 0.9 * plot["width"], plot["y"] + 0.1 * plot["height"])
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-testid=stSliderThumbValue]')]
            .slice(-2).every((value) => +value.innerText > 0.5)""",
        timeout=10_000,
    )


def test_the_run_is_in_the_url(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/latent_space")
    drawn(page)
    page.get_by_role("combobox", name="Run").fill("β 0.1 ")  # of many, only some are drawn
    page.get_by_role("option", name="β 0.1 ").first.click()
    page.wait_for_function("location.search.includes('run=')")
    page.goto(page.url.replace("latent_space", "manifold"))
    drawn(page)
    assert "β 0.1" in page.get_by_role("combobox", name="Run").input_value()


def test_killing_the_server_leaves_no_process_and_no_damage(tmp_path: Path, page: Any) -> None:
    server = Server(tmp_path)
    try:
        start_training(server, page, 90_001)
        children = psutil.Process(server.process.pid).children(recursive=True)
        assert children
    finally:
        page.goto("about:blank")
        server.process.kill()
        server.process.wait()
        server.log.close()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    (run,) = server.store.scan()[0]
    assert run.status().state == "interrupted"
