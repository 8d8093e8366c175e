"""The pages on an autoencoder, and the page that compares it with two VAEs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from plotly import graph_objects as go

from dashboard.app_pages.autoencoder import coverage as autoencoder_coverage
from dashboard.app_pages.autoencoder import interpolations, trios
from dashboard.figures import autoencoder as figures
from dashboard.figures import comparison, curves, rate_distortion
from tests.conftest import SMALL
from tests.dashboard.pages import open_page, plots
from tests.trained_runs import TrainedRuns
from vae_core.data import excerpts
from vae_core.runs.store import RunStore

AUTOENCODER = replace(SMALL, model="autoencoder")


@pytest.mark.parametrize("name", ["home", "train", "compare", "latent_space", "manifold"])
@pytest.mark.usefixtures("nothing_pretrained")
def test_pages_show_an_autoencoder(
    own_store: RunStore,
    name: str,
    make_run: TrainedRuns,
) -> None:
    make_run(own_store, AUTOENCODER)
    page = open_page(name)
    if name == "compare":
        page.multiselect("runs").set_value(page.multiselect("runs").options).run()
        assert "elbo (nats)" not in page.dataframe[0].value
        assert "rate (nats)" not in page.dataframe[0].value
    assert not page.exception
    assert not page.error
    metrics = {metric.label for metric in page.metric}
    assert not metrics & {"rate", "elbo"}
    if name == "train":
        assert metrics == {"loss", "distortion"}
    if name in ("train", "latent_space", "manifold"):
        assert any("no rate and no elbo" in info.value for info in page.info)
        assert plots(page)
    if name == "latent_space":
        keys = {toggle.key for toggle in page.toggle}
        assert not keys & {"latent_circles", "latent_ellipses", "latent_density"}


def test_the_form_asks_for_no_beta(own_store: RunStore) -> None:
    page = open_page("train")
    page.segmented_control("train_model").set_value("autoencoder").run()
    assert not page.exception
    assert not [s for s in page.select_slider if s.key == "train_beta"]
    assert any("no β to set" in caption.value for caption in page.caption)
    page.number_input("train_epochs_digits").set_value(1).run()
    page.button("train").click().run()
    (run,) = own_store.scan()[0]
    assert run.config == replace(AUTOENCODER, epochs=1)


def test_the_learning_curves_have_one_panel(own_store: RunStore, make_run: TrainedRuns) -> None:
    run = make_run(own_store, AUTOENCODER)
    figure = go.Figure(*curves.training(run.records("step", "epoch")))
    assert [annotation.text for annotation in figure.layout.annotations] == ["loss = distortion"]


def test_the_comparison_shows_no_rate_of_an_autoencoder() -> None:
    def column(beta: float | None, rate: list[float]) -> comparison.Column:
        return comparison.Column(
            "x", np.zeros((3, 2)), np.zeros(3, int), ["a"], (0, 1), beta, "s", np.array(rate), [
                {"distortion": 1.0} | ({} if beta is None else {"rate": sum(rate)})
            ],
        )  # fmt: skip

    both = [column(None, [np.nan, np.nan]), column(1.0, [1.0, 2.0])]
    assert len(go.Figure(*comparison.rates(both, 3)).data) == 1
    assert any(
        a.text == "no rate" for a in go.Figure(*comparison.rates(both, 3)).layout.annotations
    )
    (points,) = [
        t for t in rate_distortion.rate_distortion(both).data if t.text and t.marker.size == 9
    ]
    assert len(points.x) == 1


@pytest.mark.usefixtures("nothing_pretrained")
def test_the_page_compares_three_runs(
    own_store: RunStore,
    make_run: TrainedRuns,
) -> None:
    make_run(own_store, AUTOENCODER)
    page = open_page("autoencoder")
    (code,) = page.code
    assert code.value.splitlines() == [
        "python -m vae_core train --beta 0 --epochs 3",
        "python -m vae_core train --epochs 3",
    ]
    assert len(page.metric) == 1
    make_run(own_store, replace(SMALL, beta=0.0))
    page.run()
    assert page.code[0].value == "python -m vae_core train --epochs 3"
    page.button("train_missing").click().run()
    assert own_store.get(SMALL.id).status().state == "finished"
    page = open_page("autoencoder")
    assert not page.code
    assert [metric.label for metric in page.metric] == ["coverage of N(0, I)"] * 3
    assert plots(page) == 4
    page.selectbox("walk_to").set_value("5").run()
    page.toggle("same_axes").set_value(True).run()
    assert not page.exception
    assert any("from 0 to 5" in head.value for head in page.subheader)


def test_numbers_of_the_runs_that_ship(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the page says: the rate fills the prior, and paths begin and end at images."""
    (trio,) = [
        trio
        for trio in trios.trios()
        if not trio.missing and trio.runs[0] is not None and trio.runs[0].config.dataset == "digits"
    ]
    runs = [run for run in trio.runs if run is not None]
    covered = [autoencoder_coverage.coverage(run) for run in runs]
    assert covered[2].normal > 0.85 > 0.5 > max(covered[0].normal, covered[1].normal)
    loaded = []
    held_out = excerpts.held_out

    def counted(dataset: str, indices: Sequence[int]) -> np.ndarray:
        loaded.append(dataset)
        return held_out(dataset, indices)

    monkeypatch.setattr(excerpts, "held_out", counted)
    walks = interpolations.walks(runs, 0, 1)
    assert loaded == ["digits"], "the images are loaded once for all three"
    for walk in walks:
        assert walk.gaps[[0, -1]] == pytest.approx(0, abs=1e-5)
        assert walk.gaps.max() > 0.3
        assert walk.pixels is not None
        assert 0 < walk.pixels.min() <= walk.pixels.max() < 0.5


def test_titles_tell_the_scale_of_the_axes() -> None:
    points = np.random.default_rng(0).standard_normal((300, 2))

    def plane(scale: float) -> figures.Plane:
        labels = np.zeros(300, int)
        return figures.Plane("x", scale * points, labels, ["a"], (0, 1), points[:2])

    apart = go.Figure(*figures.planes([plane(1), plane(10)], shared=False)).layout
    assert apart.xaxis2.range[1] > 5 * apart.xaxis.range[1]
    assert f"{apart.xaxis2.range[1]:.3g}" in apart.annotations[1].text
    together = go.Figure(*figures.planes([plane(1), plane(10)], shared=True)).layout
    assert together.xaxis.range == together.xaxis2.range == apart.xaxis2.range
