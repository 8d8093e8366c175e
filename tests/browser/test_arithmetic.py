"""The Arithmetic page in Chromium: pictures that follow the slider, clicks on a sheet."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from dashboard.components.vector import vector as components
from tests.browser.chromium import Server, drawn
from tests.waiting import PATIENCE

pytestmark = pytest.mark.browser

TILES = ".vae-lab-vector-rows canvas"


def open_board(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/arithmetic")
    page.locator(TILES).first.wait_for()
    wait_until_painted(page)


def wait_until_painted(page: Any) -> None:
    """Wait until each picture is painted with the strength below it."""
    deadline = time.monotonic() + 30
    while not page.locator("figure").evaluate_all(
        """figures => figures.every((figure) => {
            const canvas = figure.querySelector('canvas');
            if (!canvas) return true;
            const label = canvas.getAttribute('aria-label') ?? '';
            const below = figure.querySelector('figcaption').textContent;
            return label.endsWith(`strength ${/\\./.test(below) ? below : '0.00'}`);
        })"""
    ):
        assert time.monotonic() < deadline
        page.wait_for_timeout(30)


def shown(page: Any) -> list[str]:
    """Return all decoded pictures on the page."""
    urls = page.locator(TILES).evaluate_all("all => all.map(canvas => canvas.toDataURL())")
    return [str(url) for url in urls]


def test_all_pictures_change_while_the_slider_moves(server: Server, page: Any) -> None:
    """Pictures change before the slider is released; nothing is sent until then."""
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(len(data))))
    open_board(server, page)
    before = shown(page)
    page.wait_for_timeout(500)
    quiet = len(sent)
    slider = page.locator(".vae-lab-vector-slider").bounding_box()
    middle = slider["y"] + slider["height"] / 2
    page.mouse.move(slider["x"] + slider["width"] * 4 / 6, middle)
    page.mouse.down()
    seen = set()
    for step in range(6):
        page.mouse.move(slider["x"] + slider["width"] * (0.68 + 0.04 * step), middle)
        wait_until_painted(page)
        strip = shown(page)[:7]
        assert strip[0] == before[0], "strength 0 never changes"
        seen.add(strip[-1])
    assert len(seen) == 6
    assert len(sent) == quiet
    after = shown(page)
    # Rows of the other halves: eight pictures unchanged, eight moved.
    changed = [a != b for a, b in zip(before, after, strict=True)]
    assert changed[:7] == [False] + [True] * 6
    assert changed[7:] == ([False] * 8 + [True] * 8) * 2
    page.mouse.up()
    page.wait_for_function("location.search.includes('arithmetic_strength')")
    strength = page.locator(".vae-lab-vector-strength").inner_text()
    page.wait_for_timeout(1000)
    assert page.locator(".vae-lab-vector-strength").inner_text() == strength
    page.goto(page.url)  # a colleague opens the link
    page.locator(TILES).first.wait_for()
    page.locator(".vae-lab-vector-strength").get_by_text(strength).wait_for()
    wait_until_painted(page)
    assert shown(page) == after


def test_a_late_answer_does_not_move_the_slider(page: Any) -> None:
    """Run the component alone; the test decides when the server's answers arrive."""
    page.set_content((components.HERE / "vector.html").read_text("utf-8"))
    page.evaluate(
        """async (source) => {
            const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
            const show = (await import(url)).default;
            const data = { rows: [], vector: [], most: 3, step: 0.05, says: '' };
            window.sent = [];
            window.answer = (strength) => {
                show({
                    data: { ...data, strength },
                    parentElement: document.body,
                    setTriggerValue: (name, value) => window.sent.push(value),
                });
            };
            window.drag = (to) => {
                const slider = document.querySelector('input');
                slider.value = to;
                slider.oninput();
            };
            window.letGo = () => document.querySelector('input').onchange();
            window.answer(1);
        }""",
        (components.HERE / "vector.js").read_text("utf-8"),
    )

    def after(script: str) -> float:
        page.evaluate(script)
        return float(page.locator("input").input_value())

    assert after("drag(2); letGo(); drag(2.6); answer(1)") == 2.6
    assert after("answer(2)") == 2.6
    assert after("letGo()") == 2.6
    assert after("drag(2.65); letGo(); drag(2.7); letGo(); answer(2.6)") == 2.7, "arrow keys"
    assert after("answer(2.7)") == 2.7  # 2.65 was never confirmed
    assert page.evaluate("sent") == [2, 2.6, 2.65, 2.7]
    assert after("answer(2.65)") == 2.65, "typed into the box"
    assert after("drag(0.5); letGo(); answer(-1); answer(0.5)") == 0.5


def test_a_picture_is_clicked_into_a_group(server: Server, page: Any) -> None:
    from playwright.sync_api import expect

    open_board(server, page)
    drawn(page)
    sheet = page.locator(".vae-lab-plot")
    sheet.scroll_into_view_if_needed()
    place = page.evaluate(
        """() => {
            const plot = document.querySelector('.vae-lab-plot');
            const {xaxis, yaxis} = plot._fullLayout;
            const box = plot.getBoundingClientRect();
            return [0.1, 0.9].map((part) => [
                box.x + xaxis._offset + xaxis.d2p(part === 0.1 ? 1.1 : 2.9),
                box.y + yaxis._offset + yaxis.d2p(1 + part),
            ]);
        }"""
    )
    picked = page.get_by_role("textbox", name="Picked pictures")
    for at, expected in zip(place, ("13", "13, 14"), strict=True):  # near a corner of each
        page.mouse.move(*at)
        page.wait_for_timeout(300)
        page.mouse.click(*at)
        expect(picked).to_have_value(expected, timeout=PATIENCE * 1000)
    page.get_by_role("textbox", name="Save as a group").fill("clicked")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("saved: 2 images").wait_for()
    (kept,) = (server.store.root / ".groups").glob("*.json")
    assert json.loads(kept.read_text())["clicked"]["images"] == [13, 14]
