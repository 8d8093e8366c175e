"""Boxes for the dimensions of a plane, and boxes of names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.shared import name_box, run_numbers
from dashboard.shared.run_list import run_label
from tests.conftest import SMALL
from tests.dashboard.pages import open_page
from tests.trained_runs import TrainedRuns
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore


@pytest.fixture
def runs(own_store: RunStore, make_run: TrainedRuns) -> list[Run]:
    """Runs of three, four and five dimensions."""
    return [make_run(own_store, replace(SMALL, latent_dim=d, epochs=1)) for d in (3, 4, 5)]


def axes(page: AppTest) -> tuple[int | None, int | None]:
    assert not page.exception
    return page.selectbox("latent_across").value, page.selectbox("latent_up").value


def choose(page: AppTest, run: Run) -> None:
    page.selectbox("run").set_value(run_label(run)).run()


def usual(run: Run) -> tuple[int, int]:
    first, second, *_ = run_numbers.dims_by_use(run)
    return first, second


def test_axes_follow_the_run_until_they_are_chosen(runs: list[Run]) -> None:
    _, four, five = runs
    page = open_page("latent_space")
    for run in runs:
        choose(page, run)
        assert axes(page) == usual(run)
    own = next(dim for dim in range(3) if dim not in usual(five))
    page.selectbox("latent_across").set_value(own).run()
    assert axes(page) == (own, usual(five)[1])
    choose(page, four)
    kept = axes(page)
    assert kept[0] == own, "what the viewer chose is kept"
    choose(page, five)
    assert axes(page) == kept


def test_choosing_the_dimension_of_the_other_axis_swaps_them(runs: list[Run]) -> None:
    page = open_page("latent_space")
    choose(page, runs[1])
    across, up = axes(page)
    page.selectbox("latent_across").set_value(up).run()
    assert axes(page) == (up, across)


def test_a_dimension_that_the_run_lacks_is_named(runs: list[Run]) -> None:
    three, _, five = runs
    page = open_page("latent_space")
    choose(page, five)
    up = next(dim for dim in usual(five) if dim != 4)
    page.selectbox("latent_across").set_value(next(dim for dim in range(4) if dim != up)).run()
    page.selectbox("latent_up").set_value(4).run()
    choose(page, three)
    assert axes(page) == usual(three)
    says = "This run has no z₅: it begins with the largest."
    assert any(caption.value.startswith(says) for caption in page.caption)
    page.run()
    assert any(caption.value.startswith(says) for caption in page.caption), "it stays"
    page.selectbox("latent_across").set_value(usual(three)[1]).run()
    assert not any(caption.value.startswith(says) for caption in page.caption)


def test_names_are_shortened_in_the_middle_while_they_differ() -> None:
    def page(names: list[str]) -> None:
        from dashboard.shared import name_box

        name_box.choose_name("Label", names, "label", 0)

    long = ["a" * 40 + "1", "a" * 40 + "2"]
    shown = AppTest.from_function(page, args=(long,)).run().selectbox("label").options
    assert shown == [name_box.in_box(name) for name in long]
    assert [len(name) for name in shown] == [32, 32]
    assert [name[-1] for name in shown] == ["1", "2"]
    alike = ["a" * 25 + number + "a" * 15 for number in "12"]
    shown = AppTest.from_function(page, args=(alike,)).run().selectbox("label").options
    assert shown == alike
