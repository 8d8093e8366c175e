"""The Manifold page in Chromium: the picture under the cursor, paths, the morph over β, exports."""

from __future__ import annotations

import io
import shutil
import urllib.parse
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dashboard.app_pages.manifold import sweep_planes
from dashboard.shared.run_list import run_label
from dashboard.shared.sweeps import sweep_of
from tests.browser.chromium import Server, new_context
from vae_core.inference.images import Inference
from vae_core.latent import planes
from vae_core.runs.store import pretrained_store

pytestmark = pytest.mark.browser

SIBLINGS = 8  # the sweep that the page opens on


def open_plane(server: Server, page: Any, query: str = "") -> dict[str, float]:
    """Open the Manifold page, wait for its decoder, and return the plane's box in pixels."""
    page.goto(f"{server.url}/manifold{query}")
    page.locator(".vae-lab-plane-front").wait_for()
    page.wait_for_function("window.vaeLabDecoders?.size > 0")
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=stSlider]')].length > 2"
    )
    page.locator(".vae-lab-plane-where").get_by_text("z₁").wait_for()
    page.wait_for_timeout(1000)  # the other decoders of the sweep
    return dict(page.locator(".vae-lab-plane-front").bounding_box())


def move(page: Any, box: dict[str, float], across: float, up: float) -> None:
    page.mouse.move(box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"])


def painted(page: Any) -> bytes:
    """Return the picture that is painted at the cursor."""
    url = page.locator(".vae-lab-plane-front").evaluate("canvas => canvas.toDataURL()")
    return str(url).encode()


def cross(page: Any) -> str:
    return str(page.locator(".vae-lab-plane-where").inner_text())


def sliders(page: Any) -> list[float]:
    """Return the point that the sliders set."""
    values = page.locator("[data-testid=stSliderThumbValue]").all_inner_texts()
    return [float(value) for value in values[-2:]]


def picked_point(page: Any) -> list[float]:
    """Wait until sliders and URL agree after a press, and return the point."""
    page.wait_for_function(
        """() => {
            const asked = new URLSearchParams(location.search);
            const thumbs = [...document.querySelectorAll('[data-testid=stSliderThumbValue]')];
            const values = thumbs.slice(-2).map((thumb) => Number(thumb.innerText));
            return values.some((value) => value !== 0) && values.every(
                (value, i) => value === Number(asked.get(`manifold_z_${i}`) ?? 0)
            );
        }""",
    )
    return sliders(page)


def test_the_picture_follows_the_cursor_and_nothing_is_sent(server: Server, page: Any) -> None:
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(len(data))))
    box = open_plane(server, page)
    quiet = len(sent)
    seen = set()
    for step in range(10):
        move(page, box, 0.2 + 0.06 * step, 0.3)
        page.wait_for_timeout(40)
        seen.add((cross(page), painted(page)))
    assert len(seen) == 10
    assert len({picture for _, picture in seen}) == 10
    assert len(sent) == quiet


def test_a_click_keeps_the_point_in_sliders_and_link(server: Server, page: Any) -> None:
    box = open_plane(server, page)
    move(page, box, 0.85, 0.8)
    page.mouse.down()
    page.mouse.up()
    point = picked_point(page)
    assert all(value > 0.5 for value in point)
    page.goto(page.url)  # a colleague opens the link
    page.locator(".vae-lab-plane-where").get_by_text(f"z₁ = {point[0]:.2f}").wait_for()
    assert picked_point(page) == point


def test_arrow_keys_and_enter_pick_a_point(server: Server, page: Any) -> None:
    open_plane(server, page)
    page.locator(".vae-lab-plane-front").focus()
    first, picture = cross(page), painted(page)
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    assert cross(page) != first
    assert painted(page) != picture
    page.keyboard.press("Enter")
    across, up = picked_point(page)
    assert across > up > 0


def test_a_finger_explores_and_a_tap_picks(server: Server, browser: Any) -> None:
    context = new_context(browser, viewport={"width": 900, "height": 900}, has_touch=True)
    page = context.new_page()
    try:
        box = open_plane(server, page)
        before = cross(page)
        page.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"])
        page.wait_for_function("location.search.includes('manifold_z_0')")
        assert cross(page) != before
    finally:
        context.close()


def test_the_slider_morphs_over_the_sweep_and_changes_the_run(server: Server, page: Any) -> None:
    open_plane(server, page)
    page.wait_for_function(f"window.vaeLabDecoders.size === {SIBLINGS}")
    run = page.get_by_role("combobox", name="Run")
    before, picture = run.input_value(), painted(page)
    page.locator(".vae-lab-plane-slider").focus()
    page.keyboard.press("ArrowRight")
    title = page.locator(".vae-lab-plane-title").inner_text()
    assert title == "β = 2"
    page.wait_for_function("location.search.includes('run=')")
    page.wait_for_timeout(500)
    assert "β 1 " in before
    assert "β 2 " in run.input_value()
    assert page.locator(".vae-lab-plane-title").inner_text() == title
    assert painted(page) != picture


def test_a_turned_plane_shows_the_same_pictures_everywhere(server: Server, page: Any) -> None:
    """The cross, the sheet, a path and the downloaded file use the same rotated latents."""
    run = next(
        run
        for run in pretrained_store().scan()[0]
        if (run.config.dataset, run.config.beta, run.config.schedule, run.config.seed)
        == ("mnist", 2, "linear", 0)
    )
    label = urllib.parse.quote(run_label(run))
    query = f"?run={label}&manifold_turn=true&manifold_n=9&walk_between=images"
    open_plane(server, page, query)
    sweep = sweep_of(run)
    turns = sweep_planes.rotations(sweep, turned=True)
    rotation = turns[[sibling.id for sibling in sweep].index(run.id)]
    assert not np.allclose(rotation, np.eye(2), atol=0.05), "the rotation is visible"
    rows = downloaded(page, "z of the grid (CSV)").decode().splitlines()[1:]
    latents = np.array([row.split(",")[1:] for row in rows], np.float32)
    axis, _ = planes.manifold(9, np.zeros(2))
    on_plane = (latents @ rotation).reshape(9, 9, 2)
    assert on_plane[0] == pytest.approx(np.stack([axis, np.full(9, axis[-1])], 1), abs=1e-4)
    # The downloaded manifold has the same picture at that point.
    sheet = Image.open(io.BytesIO(downloaded(page, "Manifold (PNG)")))
    small = sheet.resize((9 * 30, 9 * 30), Image.Resampling.BOX)
    first = np.asarray(small)[1:29, 1:29] / 255
    assert np.abs(first - Inference(run).decode(latents[:1])[0, ..., 0]).mean() < 0.02
    # A press stores the run's own latents, not the rotated coordinates.
    plane = page.locator(".vae-lab-plane-front")
    plane.scroll_into_view_if_needed()
    move(page, dict(plane.bounding_box()), 0.8, 0.7)
    page.mouse.down()
    page.mouse.up()
    point = picked_point(page)
    page.wait_for_timeout(1000)
    shown = [float(text.split(" = ")[1].replace("−", "-")) for text in cross(page).split(", ")]
    assert np.array(point) @ rotation == pytest.approx(shown, abs=0.02)


def test_without_a_decoder_for_browsers_the_server_decodes(server: Server, page: Any) -> None:
    source = next(run for run in pretrained_store().scan()[0] if run.config.dataset == "digits")
    run = server.store.root / source.id
    shutil.copytree(source.path, run)
    for name in ("decoder.json", "checksums.json"):
        (run / name).unlink()
    try:
        page.goto(f"{server.url}/manifold")  # the store's own run is the first
        page.get_by_text("can't decode this architecture").wait_for()
        picture = page.get_by_alt_text("The picture at the point that the sliders set")
        before = picture.get_attribute("src")
        box = page.locator(".vae-lab-plane-front").bounding_box()
        page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.2 * box["height"])
        page.wait_for_function("location.search.includes('manifold_z_0')")
        page.wait_for_timeout(1000)
        assert picture.get_attribute("src") != before
    finally:
        shutil.rmtree(run)


def downloaded(page: Any, label: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    return bytes(download.value.path().read_bytes())


def test_a_path_is_drawn_and_downloaded(server: Server, page: Any) -> None:
    open_plane(server, page, "?walk_a=-1.5,1&walk_b=1.5,-1&walk_path=spherical")
    page.get_by_alt_text("A strip of decoded pictures").wait_for()
    gif = Image.open(io.BytesIO(downloaded(page, "From A to B (GIF)")))
    assert (gif.format, getattr(gif, "n_frames", 1)) == ("GIF", 60)
    png = Image.open(io.BytesIO(downloaded(page, "Manifold (PNG)")))
    assert png.width == png.height >= 1200
    morph = Image.open(io.BytesIO(downloaded(page, "Manifolds over β (GIF)")))
    assert getattr(morph, "n_frames", 1) == 2 * SIBLINGS - 2
    grid = downloaded(page, "z of the grid (CSV)").decode().splitlines()
    assert grid[0] == "picture,z1,z2"
    assert len(grid) == 1 + 15 * 15
    rows = downloaded(page, "Posteriors of held-out images (CSV)").decode().splitlines()
    assert rows[0] == "held_out_image,label,mean_z1,mean_z2,log_var_z1,log_var_z2"
    assert len(rows) == 1 + 10_000
    names = zipfile.ZipFile(
        io.BytesIO(downloaded(page, "The run, with a script that loads it in plain Keras (zip)"))
    ).namelist()
    assert any(name.endswith("/load.py") for name in names)


def test_an_invalid_end_of_a_walk_shows_a_message(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/manifold?walk_a=1,2,3&walk_b=1,2")
    page.get_by_text("write 2 numbers with commas between them").wait_for()
