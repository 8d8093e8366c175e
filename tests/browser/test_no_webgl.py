"""Charts in a browser without WebGL: drawn as SVG, with fewer points and the same rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import CHROMIUM, FLAGS, Server, drawn, new_context
from tests.browser.test_latent import PICTURE, PLACES, drag, selected

pytestmark = pytest.mark.browser

NOTE = re.compile(r"This browser has no WebGL, so the chart is drawn as SVG")
# For each chart with points: the types of its traces, and the number of its circles in SVG.
CHARTS = """() => [...document.querySelectorAll('.vae-lab-plot')]
    .filter((plot) => plot._fullData?.some((trace) => /scatter/.test(trace.type)))
    .map((plot) => ({
        types: [...new Set(plot._fullData.map((trace) => trace.type))],
        points: plot.querySelectorAll('.scatterlayer .points path').length,
        text: plot.innerText,
    }))"""


@pytest.fixture(scope="module")
def plain(browser: Any) -> Iterator[Any]:
    """A page of a browser that was started without WebGL."""
    off = ("--disable-webgl", "--disable-3d-apis")
    other = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, *off])
    page = new_context(other, viewport={"width": 1440, "height": 1200}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    other.close()
    assert not errors, errors


def charts(page: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(CHARTS)
    for chart in found:
        assert "scattergl" not in chart["types"]
        assert "not supported" not in chart["text"], "Plotly's own sentence"
    return found


@pytest.mark.parametrize("name", ["", "latent_space", "compare", "train", "autoencoder", "words"])
def test_points_are_drawn(server: Server, plain: Any, name: str) -> None:
    plain.goto(f"{server.url}/{name}")
    assert plain.evaluate("document.createElement('canvas').getContext('webgl')") is None
    drawn(plain)
    plain.get_by_text(NOTE).first.wait_for()
    plain.wait_for_function(f"({CHARTS})().some((chart) => chart.points > 100)")
    assert max(chart["points"] for chart in charts(plain)) <= 2600, "2,500, and some marks"
    note = plain.get_by_text(NOTE).first
    assert note.is_visible()


def test_hover_click_and_lasso_find_the_same_rows(server: Server, plain: Any) -> None:
    plain.goto(f"{server.url}/latent_space?latent_drag=Lasso")
    drawn(plain)
    plain.wait_for_function("window.vaeLabDecoders?.size > 0")
    plain.get_by_text(re.compile("with 2,500 of 10,000 points")).wait_for()
    row = plain.evaluate(
        "document.querySelector('.vae-lab-plot')._fullData[1].customdata[40]",
    )
    assert row > 40, "not the number of the point in its trace"
    ((x, y),) = plain.evaluate(PLACES, [1, [40]])
    plain.mouse.move(x, y)
    plain.wait_for_function(f"({PICTURE})() !== null")
    hovered = plain.evaluate(
        "() => document.querySelector('.vae-lab-plot')._hoverdata[0].customdata"
    )
    plain.mouse.click(x, y)
    box = plain.get_by_role("spinbutton", name="Image")
    plain.wait_for_function(
        "row => [...document.querySelectorAll('input')].some((i) => i.value === String(row))",
        arg=hovered,
    )
    assert box.input_value() == str(hovered)

    area = plain.locator(".vae-lab-plot .nsewdrag").first
    drag(plain, area, [(0.5, 0.2), (0.8, 0.5), (0.5, 0.8), (0.2, 0.5), (0.5, 0.2)])
    count = selected(plain)
    assert 2500 < count < 10_000, "the server counts all points, also those left out"
    plain.wait_for_function(
        "() => document.querySelector('.vae-lab-plot')._fullData"
        ".some((trace) => trace.selectedpoints?.length)"
    )
    assert charts(plain)[0]["points"] <= 2600


def test_with_webgl_there_is_no_sentence(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/latent_space")
    drawn(page)
    if page.evaluate("document.createElement('canvas').getContext('webgl') === null"):
        pytest.fail("this Chromium has no WebGL, so the usual charts aren't tested")
    assert not page.get_by_text(NOTE).count()
    assert "scattergl" in page.evaluate(
        "document.querySelector('.vae-lab-plot')._fullData.map((trace) => trace.type)"
    )
