"""The page Autoencoder vs VAE in Chromium: values from a link are shown, and can be changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.chromium import Server, drawn

pytestmark = pytest.mark.browser


def test_a_link_opens_its_walk_and_holds_changes(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/autoencoder?walk_from=3&walk_to=5")
    drawn(page, 4)
    page.get_by_role("heading", name="A straight walk from 3 to 5").wait_for()
    titles = page.locator(".vae-lab-plot").first.locator(".annotation-text").all_text_contents()
    assert [title.split("axes")[0].strip("\u200b") for title in titles] == [
        "autoencoder",
        "β = 0",
        "β = 1",
    ]
    assert len({title.split("axes")[1] for title in titles}) == 3  # each has its own scale
    page.get_by_text("Same axes for all").click()
    page.wait_for_function("location.search.includes('same_axes=true')")
    page.wait_for_function(
        "new Set([...document.querySelectorAll('.vae-lab-plot')[0]"
        ".querySelectorAll('.annotation-text')].map(t => t.textContent.split('axes')[1])).size == 1"
    )


@pytest.mark.parametrize("path", ["autoencoder", "latent_space"])
def test_a_legend_leaves_room_for_the_plot_on_a_phone(server: Server, page: Any, path: str) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(f"{server.url}/{path}")
    drawn(page)
    chart = page.locator(".vae-lab-plot").first
    legend = chart.locator(".legend").bounding_box()
    lengths = chart.evaluate(
        "({ _fullLayout: f }) => [f.xaxis, f.xaxis2, f.xaxis3].map((axis) => axis?._length ?? 0)"
    )
    titles = [title.bounding_box() for title in chart.locator(".xtitle, .x2title, .x3title").all()]
    assert len(titles) in (1, 3)
    assert all(title["y"] + title["height"] <= legend["y"] for title in titles)
    assert sum(lengths) > 200
    assert (
        legend["y"] + legend["height"] <= chart.bounding_box()["y"] + chart.bounding_box()["height"]
    )
