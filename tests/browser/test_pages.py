"""The dashboard in Chromium, served as a user serves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.browser.chromium import Server, drawn, new_context, start_training
from tests.dashboard.pages import PATHS

pytestmark = pytest.mark.browser


PICTURES = ".vae-lab-plot .main-svg, .vae-lab-plane-front, .vae-lab-bars-bar"


@pytest.mark.parametrize("path", PATHS)
def test_every_page_draws(server: Server, page: Any, path: str) -> None:
    page.goto(f"{server.url}/{path}")
    page.locator(PICTURES).first.wait_for()
    page.wait_for_timeout(500)
    assert not page.locator(".vae-lab-plot-error:visible").count()
    assert not page.locator("[data-testid=stException]").count()


def test_no_chart_offers_to_send_itself_away(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/latent_space")
    drawn(page)
    buttons = page.evaluate(
        "[...document.querySelectorAll('.modebar-btn')].map((button) => button.dataset.title)"
    )
    assert "Zoom in" in buttons
    assert not [title for title in buttons if "share" in title.lower() or "cloud" in title.lower()]


def test_the_web_process_stays_small(server: Server, browser: Any) -> None:
    """Open every page in a session of its own; the tests above have opened each once already."""
    for path in PATHS:
        context = new_context(browser)
        page = context.new_page()
        page.goto(f"{server.url}/{path}")
        page.locator(PICTURES).first.wait_for()
        page.wait_for_timeout(500)
        context.close()
    assert psutil.Process(server.process.pid).memory_info().rss < 300 * 2**20


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
    page.get_by_text("its mean, decoded").wait_for()
    page.get_by_text("eight samples").wait_for()


def test_the_run_is_in_the_url(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/latent_space")
    drawn(page)
    page.get_by_role("combobox", name="Run").fill("β 0.1 ")  # the list shows only some
    page.get_by_role("option", name="β 0.1 ").first.click()
    page.wait_for_function("location.search.includes('run=')")
    page.goto(page.url.replace("latent_space", "manifold"))
    page.locator(".vae-lab-plane-front").wait_for()
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
