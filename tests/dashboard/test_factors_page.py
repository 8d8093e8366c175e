"""The Known factors page, with and without runs on shapes."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from dashboard.app_pages.factors import known_factors
from dashboard.figures import factors
from dashboard.figures.numbers import title
from dashboard.shared import run_list
from tests.conftest import SMALL
from tests.dashboard.pages import open_page, plots
from tests.trained_runs import TrainedRuns
from vae_core.data import excerpts
from vae_core.metrics.catalogue import FACTOR_METRICS, METRICS, NO_FACTORS
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store

pytestmark = pytest.mark.usefixtures("own_store")

SHAPES = replace(SMALL, dataset="shapes_120_8", batch_size=32, epochs=1, latent_dim=3)


@pytest.mark.usefixtures("nothing_pretrained")
def test_runs_without_known_factors_are_not_offered(own_store: RunStore, trained: Run) -> None:
    shutil.copytree(trained.path, own_store.root / trained.id)
    page = open_page("factors")
    (said,) = page.info
    assert "No run here has known factors: train one on `shapes` on the Train page" in said.value
    assert "handwriting nobody knows" in said.value
    assert not plots(page)
    assert not page.error


def test_a_sweep_shows_scores_matrix_traversals_and_spread() -> None:
    """The gallery's sweep: for each β one seed with networks, and two with numbers only."""
    page = open_page("factors")
    box = page.selectbox("factors_run")
    assert len(box.options) == 4, "only runs with known factors"
    assert all("shapes" in option for option in box.options)
    box.select(next(option for option in box.options if "β 4 " in option)).run()
    assert not page.exception
    assert plots(page) == 3
    (run,) = [r for r in pretrained_store().scan()[0] if run_list.run_label(r) == box.value]
    numbers = run.metrics()
    assert [(m.label, m.value) for m in page.metric] == [
        (METRICS[name].title, f"{numbers[name]:z.3f}") for name in FACTOR_METRICS
    ]
    by_beta = known_factors.over_beta(run)
    assert {beta: len(rows) for beta, rows in by_beta.items()} == {1: 3, 2: 3, 4: 3, 8: 3}
    assert numbers in by_beta[4]
    page.slider("factors_extent").set_value(4.0).run()
    assert not page.exception


@pytest.mark.usefixtures("nothing_pretrained")
def test_one_latent_dimension_has_no_scores(own_store: RunStore, make_run: TrainedRuns) -> None:
    make_run(own_store, replace(SHAPES, latent_dim=1))
    page = open_page("factors")
    assert not page.metric
    assert any("No scores" in caption.value for caption in page.caption)
    assert plots(page) == 2, "the matrix and the traversals are shown"


def test_factors_of_other_pictures_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def shuffled(run: Run) -> dict[str, np.ndarray]:
        arrays = run.arrays()
        return arrays | {"labels": arrays["labels"][::-1]}

    monkeypatch.setattr("dashboard.shared.run_cache.arrays", shuffled)
    page = open_page("factors")
    assert "holds other pictures than this run" in page.info[0].value


@pytest.mark.parametrize("name", ["compare", "train"])
def test_pages_explain_missing_scores(name: str) -> None:
    page = open_page(name)
    assert [caption.value for caption in page.caption].count(NO_FACTORS) == 1
    if name == "compare":
        headings = {title(metric) for metric in FACTOR_METRICS}
        assert not headings & set(page.dataframe[0].value)
        shapes = [o for o in page.multiselect("runs").options if "shapes" in o]
        page.multiselect("runs").set_value(shapes).run()
        assert headings < set(page.dataframe[0].value)
    else:
        box = page.selectbox("watched")
        box.select(next(option for option in box.options if "shapes" in option)).run()
    assert not page.exception
    assert NO_FACTORS not in [caption.value for caption in page.caption]


# --- figures ------------------------------------------------------------------------------


def test_a_dimension_follows_the_factor_that_it_tells_most_about() -> None:
    entropies = np.log([3.0, 32.0, 1.0])
    told = np.array([[0.5, 0.6, 0.0], [0.01, 3.0, 0.0], [0.01, 0.1, 0.0]])
    with np.errstate(invalid="raise", divide="raise"):
        assert factors.followed_factors(told, entropies) == [0, 1, None]
    names = ("shape", "x", "still")
    assert factors.dimension_title(1, 1, told[1], entropies, names) == (
        "<b>z₂</b> follows x<br>3.00 of 3.47 nats"
    )
    assert factors.dimension_title(2, None, told[2], entropies, names) == "<b>z₃</b> follows none"
    (heat,) = factors.matrix(told, entropies, names).data
    assert np.asarray(heat.z)[:, 2] == pytest.approx(0)
    assert heat.z[1][1] == pytest.approx(3 / np.log(32))
    assert heat.text[0][0] == "0.50"


def test_a_score_below_0_is_on_the_axis() -> None:
    rows = {0.1: [{"dci_informativeness": 0.9}, {"dci_informativeness": 0.8}]}
    assert factors.scores(rows).layout.yaxis.range == (-0.03, 1.03)
    rows[10] = [{"dci_informativeness": -0.04}, {"dci_informativeness": -0.06}]
    assert factors.scores(rows).layout.yaxis.range[0] < -0.05 - np.std([-0.04, -0.06], ddof=1)


def test_scores_are_the_mean_and_spread_over_the_seeds() -> None:
    rows: dict[float, list[dict[str, float]]] = {
        4.0: [{"mig": 0.2}, {"mig": 0.4}],
        0.5: [{"mig": 0.1, "dci_completeness": 0.3}],
        9.0: [{}],
    }
    traces = {trace.name: trace for trace in factors.scores(rows).data}
    mig = traces["MIG"]
    assert list(mig.x) == ["0.5", "4"]
    assert list(mig.y) == pytest.approx([0.1, 0.3])
    assert list(mig.error_y.array) == pytest.approx([0, np.std([0.2, 0.4], ddof=1)])
    assert list(traces["DCI completeness"].x) == ["0.5"]
    assert len(traces["FactorVAE score"].x) == 0


def test_damaged_or_missing_data_sets_have_no_known_factors() -> None:
    assert excerpts.has_factors("shapes")
    assert not excerpts.has_factors("shapes_1_1")
    assert not excerpts.has_factors("own_gone_0123456789abcdef")
