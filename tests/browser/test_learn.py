"""The Learn page in Chromium: bars that are dragged with the mouse, a finger or the keyboard."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest

from tests.browser.chromium import Server, new_context

pytestmark = pytest.mark.browser


def open_bars(server: Server, page: Any, query: str = "") -> None:
    page.goto(f"{server.url}/learn{query}")
    page.locator(".vae-lab-bars-bar").first.wait_for()
    page.wait_for_timeout(500)


def bar(page: Any, name: str) -> Any:
    return page.get_by_role("slider", name=name, exact=True)


def values(page: Any, which: str) -> list[float]:
    """Return the values of the bars A, B and C."""
    shown = [bar(page, f"{which} of {outcome}").get_attribute("aria-valuenow") for outcome in "ABC"]
    return [float(value) for value in shown]


def in_link(page: Any, which: str) -> list[float]:
    """Wait until the URL has the values, and return them."""
    page.wait_for_function(f"location.search.includes('learn_{which}=')")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
    return [float(part) for part in query[f"learn_{which}"][0].split(",")]


def place(page: Any, name: str, value: float) -> tuple[float, float]:
    """Return the position on the page at which a bar has a value."""
    box = bar(page, name).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + (1 - value) * box["height"]


def test_a_dragged_bar_is_sent_on_release(server: Server, page: Any) -> None:
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(len(data))))
    open_bars(server, page)
    kl = page.get_by_test_id("stMetricValue").nth(3)
    before, quiet = kl.inner_text(), len(sent)
    page.mouse.move(*place(page, "q of C", 0.5))
    page.mouse.down()
    for value in (0.6, 1.0, 0.8, 0.2, 0.0):
        page.mouse.move(*place(page, "q of C", value))
        page.wait_for_timeout(60)
        assert values(page, "q")[2] == pytest.approx(value, abs=0.011)
        assert sum(values(page, "q")) == pytest.approx(1, abs=0.002)
    assert len(sent) == quiet
    page.mouse.up()
    # A and B keep their ratio 2 : 3, even after C was 1.
    assert in_link(page, "q") == pytest.approx([0.4, 0.6, 0])
    page.get_by_text("KL(p ‖ q) is infinite").wait_for()
    assert kl.inner_text() == "∞" != before
    assert values(page, "p") == [0.6, 0.3, 0.1]
    page.goto(page.url)  # a colleague opens the link
    page.get_by_text("KL(p ‖ q) is infinite").wait_for()
    assert values(page, "q") == [0.4, 0.6, 0]


def test_arrow_keys_move_a_bar_which_keeps_the_focus(server: Server, page: Any) -> None:
    open_bars(server, page, "?learn_p=0.5,0.3,0.2")
    bar(page, "p of A").focus()
    page.keyboard.press("PageUp")
    page.get_by_text("1.030").first.wait_for()  # H(q), as before
    page.wait_for_function("!location.search.includes('0.5')")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("location.search.includes('0.59')")
    assert in_link(page, "p") == pytest.approx([0.59, 0.246, 0.164])
    page.keyboard.press("End")
    page.wait_for_function("/learn_p=1(,|%2C)/.test(location.search)")
    assert values(page, "p") == [1, 0, 0]
    # While a key is down, moving the mouse over another bar doesn't move that bar.
    before = values(page, "q")
    page.keyboard.down("ArrowDown")
    page.mouse.move(*place(page, "q of B", 0.9))
    page.mouse.move(*place(page, "p of C", 0.9))
    assert values(page, "q") == before
    page.keyboard.up("ArrowDown")
    page.wait_for_function("/learn_p=0.99(,|%2C)/.test(location.search)")
    assert values(page, "p")[0] == 0.99


def test_a_finger_moves_a_bar(server: Server, browser: Any) -> None:
    context = new_context(browser, viewport={"width": 900, "height": 900}, has_touch=True)
    page = context.new_page()
    try:
        open_bars(server, page)
        page.touchscreen.tap(*place(page, "p of B", 0.8))
        assert in_link(page, "p")[1] == pytest.approx(0.8, abs=0.011)
    finally:
        context.close()


def test_bars_show_typed_numbers_and_all_sections_plot(server: Server, page: Any) -> None:
    open_bars(server, page)
    typed = page.get_by_role("textbox", name="p", exact=True)
    typed.fill("1, 1, 2")
    typed.press("Enter")
    page.wait_for_function("location.search.includes('learn_p')")
    page.get_by_text("1.040").first.wait_for()  # H(p)
    assert values(page, "p") == [0.25, 0.25, 0.5]
    for name, last in (
        ("Two Gaussians", ".st-key-learn-pulls .main-svg"),
        ("Sampling", ".st-key-learn_diagram_trick svg"),
        ("The ELBO", ".st-key-learn-bounds .main-svg"),
    ):
        page.get_by_role("tab", name=name).click()
        page.locator(last).first.wait_for()
        assert not page.get_by_test_id("stException").count()
    page.get_by_role("tab", name="Which β is it?").click()
    page.get_by_role("link", name="Train with β").click()
    page.get_by_role("button", name="Train", exact=True).wait_for()
    assert page.get_by_role("slider", name="β").get_attribute("aria-valuetext") == "20"
