"""The Train page in Chromium."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.browser.chromium import Server, drawn, start_training
from vae_core.config import RunConfig

pytestmark = pytest.mark.browser


def test_live_charts_keep_their_elements_until_the_run_stops(server: Server, page: Any) -> None:
    start_training(server, page, 90_000)
    drawn(page, 4)
    page.evaluate(
        """() => {
            window.nodes = [...document.querySelectorAll('.vae-lab-plot')];
            window.scatter = document.querySelector('.vae-lab-plot[aria-label^=Posterior]');
            window.scatter.scrollIntoView();
        }"""
    )
    # The zoom and a hidden label must survive a refresh.
    scatter = page.locator(".vae-lab-plot[aria-label^=Posterior]")
    box = scatter.locator(".nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    scatter.locator(".legendtoggle").nth(3).click()
    state = """() => {
        const {_fullLayout, _fullData} = window.scatter;
        return [_fullLayout.xaxis.range, _fullData.map((trace) => trace.visible)];
    }"""
    page.wait_for_function(f"({state})()[1][3] === 'legendonly'")
    by_hand = page.evaluate(state)
    assert by_hand[0][1] - by_hand[0][0] < 4
    epoch = "() => +(document.body.innerText.match(/epoch ([0-9]+) of 90000/)?.[1] ?? -1)"
    seen = {page.evaluate(epoch)}
    while len(seen) < 11:
        page.wait_for_function(f"last => ({epoch})() > last", arg=max(seen))
        seen.add(page.evaluate(epoch))
    assert page.evaluate("window.nodes.every((node) => node.isConnected)")
    assert page.evaluate(state) == by_hand

    page.locator(".st-key-stop button").click()
    page.get_by_text("cancelled").first.wait_for()
    page.locator(".st-key-resume").wait_for()
    (run,) = server.store.scan()[0]
    assert run.status().state == "cancelled"

    stopped_at = page.evaluate(epoch)
    page.locator(".st-key-resume button").click()
    page.locator(".st-key-stop").wait_for()
    page.wait_for_function(f"last => ({epoch})() > last", arg=stopped_at)
    for _ in range(4):  # overlapping draws must not break the charts
        page.reload()
        drawn(page, 4)
        page.wait_for_timeout(700)
        assert not page.locator(".vae-lab-plot-error:visible").count()
    page.locator(".st-key-stop button").click()
    page.locator(".st-key-resume").wait_for()


def test_the_view_follows_a_sweep(server: Server, page: Any) -> None:
    betas = "".join(f"&train_betas={beta}" for beta in (0.5, 2, 8))
    page.goto(f"{server.url}/train?train_mode=Sweep&train_epochs_digits=60{betas}")
    drawn(page, 4)
    page.get_by_role("button", name="Train 3 runs").click()
    queue = page.locator("body").filter(has_text="1 running, 2 waiting")
    # Wait for both at once, because the next run begins soon.
    queue.filter(has_text="no. 2 in line").wait_for(state="attached")
    page.get_by_text("All 3 runs are finished already").wait_for()
    runs = [run for run in server.store.scan()[0] if run.config.epochs == 60]
    assert [(run.config.beta, run.status().state) for run in runs] == [
        *((0.5, "finished"), (2, "finished"), (8, "finished")),
    ]
    assert "β 8 " in page.get_by_role("combobox", name="Run").input_value()


def test_delete_asks_first_and_deletes(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/train")
    drawn(page, 4)
    run = server.store.create(RunConfig(seed=99))  # as if another viewer had started it
    run.lifecycle.write(state="failed")
    page.locator(f".st-key-row-{run.id}").wait_for()
    page.locator(f".st-key-delete-{run.id} button").first.click()
    page.get_by_text("Its networks, numbers and log are lost").last.wait_for()
    page.wait_for_timeout(7000)  # the question stays open while the queue refreshes
    confirm = page.get_by_role("button", name="Delete for good")
    assert confirm.is_visible()
    assert run.path.is_dir()
    confirm.click()
    page.locator(f".st-key-row-{run.id}").wait_for(state="detached")
    assert not run.path.exists()


def test_the_run_in_view_can_be_deleted(server: Server, page: Any) -> None:
    run = server.store.create(RunConfig(seed=100))
    run.lifecycle.write(state="failed")
    in_view = page.get_by_role("combobox", name="Run")
    page.goto(f"{server.url}/train")
    page.locator(".st-key-delete button").first.click()
    assert "seed 100" in in_view.input_value()
    page.get_by_role("button", name="Delete for good").click()
    page.locator(f".st-key-row-{run.id}").wait_for(state="detached")
    page.wait_for_timeout(1500)
    assert not run.path.exists()
    assert not page.get_by_test_id("stException").count()
    assert "seed 100" not in in_view.input_value()


def test_another_viewer_may_delete_the_run_in_view(server: Server, page: Any) -> None:
    """The live view of a waiting run refreshes itself."""
    run = server.store.create(RunConfig(seed=101))
    run.lifecycle.queue(owned=True)  # by this process, which doesn't train it
    page.goto(f"{server.url}/train")
    page.get_by_text("waiting for its turn").first.wait_for()
    server.store.delete(run)
    page.locator(f".st-key-row-{run.id}").wait_for(state="detached")
    page.wait_for_timeout(1500)
    assert not page.get_by_test_id("stException").count()
    assert "seed 101" not in page.get_by_role("combobox", name="Run").input_value()


@pytest.mark.parametrize("width", [1440, 900])
def test_labels_are_under_the_thumb_of_the_slider(server: Server, page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    places = """() => [...document.querySelectorAll('.vae-lab-beta-marks span')].map((mark) => {
        const {left, right} = mark.getBoundingClientRect();
        return [left, right];
    })"""
    thumb = """() => {
        const value = document.querySelector('.st-key-train_beta [data-testid=stSliderThumbValue]');
        const {left, right} = value.parentElement.getBoundingClientRect();
        return (left + right) / 2;
    }"""
    for number, beta in ((0, 0), (2, 0.1), (6, 4), (8, 20)):
        page.goto(f"{server.url}/train?train_beta={beta}")
        drawn(page)
        marks = page.evaluate(places)
        assert sum(marks[number]) / 2 == pytest.approx(page.evaluate(thumb), abs=1.5)
        for (_, right), (left, _) in itertools.pairwise(marks):
            assert right < left, "labels overlap"


def test_the_form_and_the_run_are_in_the_url(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/train")
    drawn(page)
    page.locator(".st-key-train_beta input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('train_beta=1.5')")
    page.get_by_role("combobox", name="Run").fill("β 0.1 ")
    page.get_by_role("option", name="β 0.1 ").first.click()
    page.wait_for_function("location.search.includes('watched=')")
    page.goto(page.url)
    drawn(page)
    assert page.locator(".st-key-train_beta").inner_text().split()[-1] == "1.5"
    assert "β 0.1" in page.get_by_role("combobox", name="Run").input_value()
