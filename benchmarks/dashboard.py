"""Measure latencies in Chromium: opening pages, moving the cursor, and pressing Train.

    python -m benchmarks.dashboard [--repeat 3]

It starts `streamlit run` with an empty store, so the pages show the runs that ship. It prints each
measurement beside its aim. MNIST is measured if the folder in VAE_LAB_DATA has it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS, Server
from tests.dashboard.pages import PATHS
from vae_core.runs.run import Run
from vae_core.runs.store import pretrained_store

PICTURE = (
    "[data-testid=stImage] img, .vae-lab-plane-front, .vae-lab-plot .main-svg, .vae-lab-bars-bar"
)
MOVES = 300

# Records in the browser the milliseconds from each move of the pointer to its picture.
LATENCY = """
window.latency = [];
let moved = null;
window.addEventListener("pointermove", (event) => { moved = event.timeStamp; }, true);
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...values) {
  const result = draw.apply(this, values);
  if (moved !== null && values[0] instanceof HTMLCanvasElement) {
    window.latency.push(performance.now() - moved);
    moved = null;
  }
  return result;
};
"""
# Measures pans of the scatter, from the call to the next frame.
PAN = """async (count) => {
  const plot = document.querySelector(".vae-lab-plot");
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await Plotly.relayout(plot, { "xaxis.range": [-4 + i / 50, 4 + i / 50] });
    await frame();
    times.push(performance.now() - start);
  }
  return times;
}"""


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def has_mnist() -> bool:
    return (Path(os.environ.get("VAE_LAB_DATA", "-")) / "mnist.npz").is_file()


def print_row(what: str, measured: str, aim: str = "") -> None:
    print(f"{what:<54} {measured:<34} {aim}", flush=True)


@contextmanager
def served(root: Path) -> Iterator[Server]:
    server = Server(root)
    try:
        yield server
    finally:
        server.stop()


def open_page(browser: Any, url: str, script: str = "") -> Any:
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    if script:
        page.add_init_script(script)
    page.goto(url)
    page.locator(PICTURE).first.wait_for(timeout=60_000)
    return page


def first_picture(browser: Any, root: Path) -> float:
    """Return the seconds from `streamlit run` to the first picture on Home."""
    started = time.monotonic()
    with served(root) as server:
        page = open_page(browser, server.url)
        seconds = time.monotonic() - started
        page.context.close()
    return seconds


def gallery_run(dataset: str, architecture: str) -> Run:
    return next(
        run
        for run in pretrained_store().scan()[0]
        if run.viewable
        and (run.config.dataset, run.config.architecture) == (dataset, architecture)
        and run.config.beta == 1
    )


def pick(page: Any, run: Run) -> None:
    """Choose a run on the page."""
    page.get_by_role("combobox", name="Run").fill(run.id.rsplit("-", 1)[-1])
    page.get_by_role("option").first.click()
    page.wait_for_function("location.search.includes('run=')")


def cursor(browser: Any, url: str, run: Run) -> list[float]:
    """Return the milliseconds from each move of the cursor to its picture."""
    page = open_page(browser, f"{url}/manifold", LATENCY)
    if page.get_by_role("combobox", name="Run").input_value().rsplit(" ", 1)[-1] not in run.id:
        pick(page, run)
    page.wait_for_function(
        "id => [...window.vaeLabDecoders?.keys() ?? []].some((name) => name.startsWith(id))",
        arg=run.id,
    )
    page.wait_for_timeout(4000)  # until the other decoders of the sweep have arrived
    box = page.locator(".vae-lab-plane-front").bounding_box()
    page.evaluate("window.latency.length = 0")
    for i in range(MOVES):
        page.mouse.move(box["x"] + 60 + i * 37 % 550, box["y"] + 20 + i * 53 % 550)
    latencies = [float(value) for value in page.evaluate("window.latency")]
    page.context.close()
    return latencies


def press_of_train(browser: Any, url: str, dataset: str, epochs: int) -> float:
    """Return the seconds from the press to the first numbers of the new run, with a warm worker.

    Args:
        browser: Chromium.
        url: of the server.
        dataset: name of the data set.
        epochs: a number that no other run has, so that the run is new and the page shows it alone.
    """
    page = open_page(
        browser, f"{url}/train?train_dataset={dataset}&train_epochs_{dataset}={epochs}"
    )
    page.get_by_role("button", name="Train", exact=True).wait_for()
    page.wait_for_timeout(3000)
    before = page.get_by_test_id("stMetricValue").first.inner_text()
    page.get_by_role("button", name="Train", exact=True).click()
    pressed = time.monotonic()
    page.wait_for_function(
        """([epochs, before]) => {
            const now = document.querySelector("[data-testid=stMetricValue]")?.innerText;
            const text = document.body.innerText;
            return now && now !== before && text.includes(` of ${epochs},`);
        }""",
        arg=[epochs, before],
        timeout=120_000,
    )
    seconds = time.monotonic() - pressed
    page.locator(".st-key-stop button").first.click()
    page.wait_for_timeout(8000)  # the stopped run still writes its files
    page.context.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="how often the server is started")
    repeat = parser.parse_args().repeat
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        opened = []
        for number in range(repeat):
            root = Path(folder) / f"start{number}"
            root.mkdir()
            opened.append(first_picture(browser, root))
        shown = ", ".join(f"{seconds:.1f}" for seconds in opened)
        print_row("streamlit run to the first picture", f"{shown} s", "at most 5 s")

        root = Path(folder) / "all"
        root.mkdir()
        with served(root) as server:
            process = psutil.Process(server.process.pid)
            for path in PATHS * 2:
                start = time.monotonic()
                page = open_page(browser, f"{server.url}/{path}")
                seconds = time.monotonic() - start
                page.wait_for_timeout(3000)
                page.context.close()
                print_row(f"opening {path or 'home'}", f"{seconds:.2f} s")
            resident = process.memory_info().rss / 2**20
            print_row("web process, all pages opened twice", f"{resident:.0f} MB", "at most 300 MB")

            for dataset, architecture, aim in (
                ("mnist", "mlp", "at most 16.7 ms"),
                ("fashion_mnist", "conv", "at most 33 ms"),
            ):
                times = cursor(browser, server.url, gallery_run(dataset, architecture))
                print_row(
                    f"cursor to picture, {dataset} {architecture}, {len(times)} moves",
                    f"median {statistics.median(times):.1f}, p95 {percentile(times, 0.95):.1f} ms",
                    f"p95 {aim}",
                )

            for query, points in (("", 10_000), ("?latent_training=true", 70_000)):
                if query and not has_mnist():
                    continue
                page = open_page(browser, f"{server.url}/latent_space{query}")
                page.get_by_text(f"{points:,} images").wait_for(timeout=60_000)
                page.wait_for_timeout(3000)
                times = page.evaluate(PAN, 20)
                print_row(
                    f"pan of the scatter, {points:,} points",
                    f"median {statistics.median(times):.0f}, p95 {percentile(times, 0.95):.0f} ms",
                )
                page.context.close()

            for dataset in ("digits", "mnist"):
                if dataset == "mnist" and not has_mnist():
                    continue
                pressed = [
                    press_of_train(browser, server.url, dataset, 20_001 + n) for n in range(repeat)
                ]
                shown = ", ".join(f"{seconds:.2f}" for seconds in pressed)
                print_row(
                    f"press of Train to the first numbers, {dataset}",
                    f"{shown} s",
                    "at most 2 s",
                )
            resident = process.memory_info().rss / 2**20
            print_row("web process at the end", f"{resident:.0f} MB")
        browser.close()


if __name__ == "__main__":
    main()
