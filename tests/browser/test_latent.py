"""The Latent space page in Chromium: hover, box and lasso, groups, the pad."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.figures import pictures
from tests.browser.chromium import Server, drawn

pytestmark = pytest.mark.browser

# Positions on the screen of points of a trace, by number.
PLACES = """([trace, points]) => {
    const plot = document.querySelector('.vae-lab-plot');
    const {xaxis, yaxis} = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    const {x, y} = plot._fullData[trace];
    return points.map((i) => [
        box.x + xaxis._offset + xaxis.d2p(x[i]),
        box.y + yaxis._offset + yaxis.d2p(y[i]),
    ]);
}"""
PICTURE = """() => {
    const canvas = document.querySelector('.vae-lab-plot-picture');
    if (canvas.hidden) return null;
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return [...data].filter((_, i) => i % 4 === 0);
}"""
EMPHASISED = """() => document.querySelector('.vae-lab-plot')._fullData
    .map((trace) => trace.selectedpoints?.length ?? 0).reduce((a, b) => a + b, 0)"""


def open_page(server: Server, page: Any, query: str = "") -> None:
    page.goto(f"{server.url}/latent_space?{query}")
    drawn(page)
    page.wait_for_function("window.vaeLabDecoders?.size > 0")


def drag(page: Any, element: Any, corners: list[tuple[float, float]]) -> None:
    """Drag the mouse over the element; corners are shares of its width and height."""
    box = element.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def selected(page: Any) -> int:
    text = page.get_by_text(re.compile(r"^[\d,]+ selected")).first
    text.wait_for()
    return int(text.inner_text().split()[0].replace(",", ""))


def test_hovering_shows_the_decoded_point(server: Server, page: Any) -> None:
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    open_page(server, page)
    page.wait_for_timeout(1000)
    assert sent
    sent.clear()
    seen = []
    for place in (*page.evaluate(PLACES, [1, [0]]), *page.evaluate(PLACES, [0, [0]])):
        page.mouse.move(*place)
        page.wait_for_function(f"({PICTURE})() !== null")
        page.wait_for_timeout(300)
        seen.append(page.evaluate(PICTURE))
    assert all(max(pixels) > 100 for pixels in seen)
    assert seen[0] != seen[1]
    assert sent == []
    page.mouse.move(5, 5)
    page.wait_for_function(f"({PICTURE})() === null")


def test_a_click_puts_the_image_into_the_address(server: Server, page: Any) -> None:
    open_page(server, page)
    ((x, y),) = page.evaluate(PLACES, [1, [0]])
    page.mouse.move(x, y)
    page.wait_for_timeout(300)
    page.mouse.click(x, y)
    page.wait_for_function("location.search.includes('point=')")
    caption = page.get_by_text("its mean, decoded").inner_text()
    page.reload()
    drawn(page)
    page.get_by_text(caption).wait_for()


def test_a_box_selects_points_that_can_be_saved(server: Server, page: Any) -> None:
    open_page(server, page, "latent_drag=Box")
    area = page.locator(".vae-lab-plot .nsewdrag").first
    drag(page, area, [(0.3, 0.3), (0.6, 0.7)])
    count = selected(page)
    inside = """() => {
        const {_fullLayout: {xaxis, yaxis}, _fullData} = document.querySelector('.vae-lab-plot');
        const share = (axis, low, high) => {
            const [a, b] = axis.range;
            return [a + (b - a) * low, a + (b - a) * high];
        };
        const [left, right] = share(xaxis, 0.3, 0.6);
        const [low, high] = share(yaxis, 0.3, 0.7);
        let count = 0;
        for (const {x, y} of _fullData.slice(0, 10)) {
            x.forEach((_, i) => {
                count += x[i] > left && x[i] < right && y[i] > low && y[i] < high;
            });
        }
        return count;
    }"""
    assert count == pytest.approx(page.evaluate(inside), rel=0.02)
    page.wait_for_function(f"({EMPHASISED})() === {count}")
    page.get_by_text("their mean, decoded").wait_for()

    page.get_by_role("textbox", name="Save as a group").fill("die Mitte")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Group “die Mitte” saved").wait_for()
    assert page.evaluate(EMPHASISED) == count, "the selection stays"

    page.reload()
    drawn(page)
    page.get_by_text("Nothing is selected").wait_for()
    page.get_by_text(f"die Mitte · {count:,} images").wait_for()
    page.locator("[class*=st-key-group-show-die]").get_by_role("button").click()
    assert selected(page) == count
    page.get_by_role("button", name="Delete").click()  # pretrained groups have no such button
    page.get_by_text(f"die Mitte · {count:,} images").wait_for(state="detached")


def test_a_lasso_selects_and_a_double_click_clears(server: Server, page: Any) -> None:
    open_page(server, page, "latent_drag=Lasso")
    area = page.locator(".vae-lab-plot .nsewdrag").first
    drag(page, area, [(0.5, 0.2), (0.8, 0.5), (0.5, 0.8), (0.2, 0.5), (0.5, 0.2)])
    count = selected(page)
    assert 0 < count < 10_000
    box = area.bounding_box()
    page.mouse.dblclick(box["x"] + 3, box["y"] + 3)
    page.get_by_text("Nothing is selected").wait_for()
    page.wait_for_function(f"({EMPHASISED})() === 0")


def test_ellipses_are_drawn_in_place(server: Server, page: Any) -> None:
    open_page(server, page)
    page.evaluate("window.node = document.querySelector('.vae-lab-plot')")
    page.get_by_text("Posterior ellipses").click()
    page.wait_for_function(
        "window.node._fullData.filter((trace) => trace.mode === 'lines').length === 10",
    )
    assert page.evaluate("window.node.isConnected")


def test_a_stroke_shows_its_reconstruction(server: Server, page: Any) -> None:
    open_page(server, page, "latent_tab=Draw")
    canvas = page.locator("canvas.pad-canvas")
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    drag(page, canvas, [(0.5, 0.15), (0.5, 0.85)])
    page.get_by_text("its reconstruction").wait_for()
    page.get_by_text("differ only in β").wait_for()
    rate = page.get_by_text(re.compile("rate of this picture")).inner_text()
    drawn_at = """() => {
        const {_fullData} = document.querySelector('.vae-lab-plot');
        return _fullData.find((trace) => trace.name === 'drawn')?.x[0];
    }"""
    before = page.evaluate(drawn_at)
    assert before is not None

    canvas.focus()  # draw with the keyboard
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"({drawn_at})() !== {before}")
    page.get_by_text(rate).wait_for(state="detached")
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_text("Draw something").wait_for()


def test_a_picture_with_dark_ink_is_inverted(server: Server, page: Any, tmp_path: Path) -> None:
    open_page(server, page, "latent_tab=Draw")
    paper = np.full((100, 100), 240, np.uint8)
    paper[10:90, 45:55] = 20
    (tmp_path / "one.png").write_bytes(pictures.png(paper[..., None] / 255))
    chooser = page.locator(".pad-file input")
    chooser.set_input_files(tmp_path / "one.png")
    page.get_by_text("its reconstruction").wait_for()
    assert page.get_by_role("checkbox", name="Invert").is_checked()
    middle, corner = page.locator("canvas.pad-canvas").evaluate(
        """(canvas) => [[140, 140], [5, 5]].map(
            ([x, y]) => canvas.getContext('2d').getImageData(x, y, 1, 1).data[0])"""
    )
    assert middle > 200 > 50 > corner
    (tmp_path / "no.png").write_text("no picture")
    chooser.set_input_files(tmp_path / "no.png")
    page.get_by_text("can't be read as a picture").wait_for()
