"""Every kind of data has a member on the dashboard that shows its runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.kinds import SHOWN_KINDS, of_name, of_run
from dashboard.kinds.base import ShownKind
from dashboard.shared import run_list
from tests.dashboard.pages import open_page
from tests.trained_runs import run_on_vectors
from tests.waiting import PATIENCE
from vae_core import kinds
from vae_core.data import registry
from vae_core.runs.run import Run

KINDS = list(kinds.KINDS)


@pytest.fixture(scope="module", autouse=True)
def _run_on_vectors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A run on vectors in the default store, because none ships."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_LAB_RUNS", str(tmp_path_factory.mktemp("vectors")))
        run_on_vectors()
        yield


def run_of(name: str) -> Run:
    """Return a pretrained run whose data set needs no file, or the run on vectors."""
    shipped = name != "vectors"
    runs = [r for r in run_list.all_runs(of_kinds=(name,)) if run_list.pretrained(r) == shipped]
    bundled = [run for run in runs if registry.source(run.config.dataset).bundled]
    return (bundled or runs)[0]


def test_every_kind_of_data_is_shown() -> None:
    assert list(SHOWN_KINDS) == KINDS
    for name, shown in SHOWN_KINDS.items():
        assert shown.name == name
        assert of_run(run_of(name)) is shown


def test_a_data_set_is_shown_as_its_kind() -> None:
    for name, source in registry.DATASETS.items():
        assert of_name(name, source.kind).name == (source.shown_as or source.kind)


@pytest.mark.parametrize("name", KINDS)
def test_a_member_has_all_texts(name: str) -> None:
    shown = SHOWN_KINDS[name]
    words = {attribute: getattr(shown, attribute) for attribute in ShownKind.__annotations__}
    may_be_empty = {"shown_on", "training_note"}
    assert all(isinstance(value, (str, bool, int)) for value in words.values())
    assert all(value != "" for key, value in words.items() if key not in may_be_empty)
    item_shape = registry.source(run_of(name).config.dataset).item_shape
    assert "1,234" in shown.counted(1234, item_shape)


def test_no_two_kinds_share_the_chosen_runs_of_a_page() -> None:
    assert len({shown.runs_key for shown in SHOWN_KINDS.values()}) == len(KINDS)


def _show_all(run_id: str, part: str) -> None:
    """Show one part of a member; AppTest runs this function as a page, so it imports its needs."""
    import numpy as np

    from dashboard import kinds
    from dashboard.kinds.base import Comparison
    from dashboard.shared import posteriors, run_cache, run_list

    run = run_list.find(run_id)
    assert run
    shown, q = kinds.of_run(run), posteriors.held_out_posteriors(run)
    if part == "point":
        shown.show_point(run, q, 0)
    elif part == "centre":
        shown.show_centre(run, q.mean.mean(axis=0, keepdims=True))
    elif part == "members":
        shown.show_members(run, q, np.arange(4), "")
    elif part == "snapshot":
        shown.show_snapshot(run, run_cache.arrays(run), ended=True)
    else:
        shown.show_comparison(Comparison([run], ["it"], [None], (0, 1), 1))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("part", ["point", "centre", "members", "snapshot", "comparison"])
def test_a_member_shows_its_parts(name: str, part: str) -> None:
    page: Any = AppTest.from_function(
        _show_all, default_timeout=PATIENCE, args=(run_of(name).id, part)
    ).run()
    assert not page.exception, page.exception
    elements = [element for element in page.main if element.type != "caption"]
    assert elements, "the page shows elements"


@pytest.mark.parametrize("name", KINDS)
def test_a_member_has_a_text_for_each_point_or_none(name: str) -> None:
    from dashboard.shared import posteriors

    run = run_of(name)
    q = posteriors.held_out_posteriors(run)
    texts = SHOWN_KINDS[name].hover_texts(run, q)
    assert texts is None or len(texts) == len(q.labels)


@pytest.mark.parametrize("name", ["latent_space", "train", "compare"])
def test_pages_of_a_run_on_vectors(name: str) -> None:
    run = run_of("vectors")
    page = open_page("learn")
    page.session_state["run"] = page.session_state["watched"] = run_list.run_label(run)
    page.session_state["runs_on"] = "vectors"
    page.switch_page(f"app_pages/{name}/page.py").run()
    if name == "latent_space":
        page.session_state[f"selected-{run.id}"] = np.array([3, 1])
        page.number_input("point").set_value(7).run()
        assert list(page.dataframe[0].value.columns) == ["x1", "x2", "x3", "x4", "x5"]
    if name == "compare":
        page.multiselect("runs_vectors").set_value([run_list.run_label(run)]).run()
    assert not page.exception, page.exception
    assert not page.error
    assert page.dataframe


def test_training_data_are_encoded_as_held_out_ones() -> None:
    """Every training item gets a mean, a log-variance and a label."""
    for name in ("images", "vectors", "text"):
        run = run_of(name)
        parts = zip(*SHOWN_KINDS[name].encode_training(run), strict=True)
        mean, log_var, labels = map(np.concatenate, parts)
        count = registry.source(run.config.dataset).train_images
        assert mean.shape == log_var.shape == (count, run.config.latent_dim)
        assert labels.shape == (count,)
