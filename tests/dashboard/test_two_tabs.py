"""What a page says when another tab deleted what it shows, and what a link says of its run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.shared import run_list
from dashboard.shared.run_list import run_label
from tests.conftest import SMALL
from tests.core.data.own_data import keep_flags, keep_flowers
from tests.dashboard.pages import open_page, plots, unopened
from tests.trained_runs import TrainedRuns
from vae_core.data import own, registry
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store

RUN_PAGES = ("manifold", "latent_space", "arithmetic", "learn")


@pytest.fixture
def runs(own_store: RunStore, make_run: TrainedRuns) -> list[Run]:
    return [make_run(own_store, replace(SMALL, seed=seed)) for seed in (0, 1)]


def said(page: AppTest) -> str:
    assert not page.exception, page.exception
    parts = [*page.info, *page.warning, *page.error, *page.toast, *page.caption]
    return " ".join(part.value for part in parts).replace("\\", "")


def follow(name: str, **asked: str | list[str]) -> AppTest:
    page = unopened(name)
    if name == "learn":
        asked["learn_tab"] = "The ELBO"
    for key, value in asked.items():
        page.query_params[key] = value
    return page.run()


def test_a_deleted_data_set_is_never_replaced(own_store: RunStore) -> None:
    name = keep_flags()
    one, other = open_page("train"), open_page("train")
    for page in (one, other):
        page.selectbox("train_dataset").set_value(name).run()
    other.number_input("train_latent_dim").set_value(7).run()
    one.button(f"own-delete-{name}").click().run()
    assert own.own_names() == []

    other.button("train").click().run()  # the page was drawn before
    for _ in range(2):  # the notice stays
        assert f"The data set {name} is not here" in said(other)
        assert other.selectbox("train_dataset").value is None
        assert other.button("train").disabled
        assert own_store.scan()[0] == [], "nothing is queued"
        other.run()
    other.selectbox("train_dataset").set_value("mnist").run()
    assert "is not here" not in said(other)
    assert other.number_input("train_latent_dim").value == 7, "the other choices stay"
    assert not other.button("train").disabled


def test_a_data_set_that_is_there_again_is_chosen_again(own_store: RunStore) -> None:
    name = keep_flags()
    page = open_page("train")
    page.selectbox("train_dataset").set_value(name).run()
    registry.delete_own(name, own_store)
    page.run()
    assert page.selectbox("train_dataset").value is None
    assert keep_flags() == name
    page.run()
    assert page.selectbox("train_dataset").value == name
    assert "is not here" not in said(page)


@pytest.mark.usefixtures("own_store")
def test_a_link_to_a_data_set_that_is_not_here() -> None:
    page = follow("train", train_dataset="own_gone_0123456789abcdef")
    page.run()
    assert "The data set own_gone_0123456789abcdef is not here" in said(page)
    assert page.button("train").disabled


@pytest.mark.parametrize("missing", ["deleted", "damaged"])
def test_nothing_is_queued_if_the_data_set_vanishes_at_the_press(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """The form was checked before the data set was deleted."""
    from dashboard.shared import run_queue

    name = keep_flowers()
    page = open_page("train")
    page.selectbox("train_dataset").set_value(name).run()
    start = run_queue.start

    def late(configs: list[object]) -> None:
        path = own.own_folder() / f"{name}.npz"
        path.unlink()
        if missing == "damaged":
            path.write_bytes(b"no zip")
        start(configs)  # type: ignore[arg-type]

    monkeypatch.setattr(run_queue, "start", late)
    page.button("train").click().run()
    assert ("not on this machine" if missing == "deleted" else "damaged") in said(page)
    assert own_store.scan()[0] == []


@pytest.mark.usefixtures("nothing_trains")
def test_a_run_without_its_data_set_is_not_resumed(own_store: RunStore) -> None:
    run = own_store.create(replace(SMALL, dataset=keep_flags(), batch_size=20))
    run.lifecycle.write(state="cancelled")
    page = open_page("train")
    registry.delete_own(run.config.dataset, own_store)
    page.button("resume").click().run()
    assert "not on this machine" in said(page)
    assert run.status().state == "cancelled"


@pytest.mark.parametrize("name", RUN_PAGES)
def test_a_deleted_run_is_never_replaced(own_store: RunStore, runs: list[Run], name: str) -> None:
    label = run_label(runs[1])
    page = follow(name)
    assert page.selectbox("run").value == label, "the newest"
    own_store.delete(runs[1])
    for _ in range(2):
        page.run()
        assert f"The run {label} is not here" in said(page)
        assert page.selectbox("run").value is None
        assert run_label(runs[0]) not in said(page)
    page.switch_page("app_pages/manifold/page.py").run()
    assert f"The run {label} is not here" in said(page), "it stays from page to page"
    assert not plots(page)
    page.selectbox("run").set_value(run_label(runs[0])).run()
    assert "is not here" not in said(page)
    assert page.selectbox("run").value == run_label(runs[0])


def test_the_train_page_says_that_the_run_in_view_is_gone(
    own_store: RunStore, runs: list[Run]
) -> None:
    label = run_label(runs[1])
    one, other = open_page("train"), open_page("train")
    one.button("delete-for-good").click().run()
    assert not own_store.has(runs[1].id)
    assert one.selectbox("watched").value == run_label(runs[0]), "who deleted it knows"
    assert "is not here" not in said(one)
    other.run()
    assert f"The run {label} is not here" in said(other)
    assert other.selectbox("watched").value is None
    assert f"watch-{runs[0].id}" in [button.key for button in other.button], "the queue stays"
    other.button(f"watch-{runs[0].id}").click().run()
    assert "is not here" not in said(other)


def test_compare_names_the_runs_that_are_gone(own_store: RunStore, runs: list[Run]) -> None:
    labels = [run_label(run) for run in runs]
    page = open_page("compare")
    page.multiselect("runs").set_value(labels).run()
    own_store.delete(runs[0])
    for _ in range(2):
        page.run()
        assert f"The run {labels[0]} is not here" in said(page)
        assert page.multiselect("runs").value == labels[1:]
    own_store.delete(runs[1])
    page.run()
    assert f"The run {labels[1]} is not here" in said(page)
    assert "Pick at least one run" in said(page)
    other = page.multiselect("runs").options[0]
    page.multiselect("runs").set_value([other]).run()
    assert "is not here" not in said(page)


def test_compare_aligns_to_no_other_run(runs: list[Run]) -> None:
    labels = [run_label(run) for run in runs]
    page = open_page("compare")
    page.multiselect("runs").set_value(labels).run()
    page.selectbox("align").set_value(labels[1]).run()
    page.multiselect("runs").set_value(labels[:1]).run()
    assert f"The run to align to, {labels[1]} is not here" in said(page)
    assert page.selectbox("align").value is None


def test_a_deleted_set_of_runs(own_store: RunStore, make_run: TrainedRuns) -> None:
    trio = [
        make_run(own_store, replace(SMALL, seed=9, beta=beta, model=model))
        for beta, model in ((0.0, "vae"), (1.0, "vae"), (1.0, "autoencoder"))
    ]
    page = follow("autoencoder", run=trio[0].id)
    name = page.selectbox("trio").value
    assert "seed 9" in str(name)
    for run in trio:
        own_store.delete(run)
    page.run()
    assert f"The set of runs {name} is not here" in said(page)
    assert not plots(page)


def test_a_deleted_group(own_store: RunStore, runs: list[Run]) -> None:
    own_store.save_group(runs[1].id, "mine", Group((1, 2, 3)))
    page = follow("arithmetic", arithmetic_a="group mine", arithmetic_b="label 2")
    assert page.selectbox("arithmetic_a").value == "group mine"
    own_store.delete_group(runs[1].id, "mine")
    for _ in range(2):
        page.run()
        assert "The group mine is not here" in said(page)
        assert page.selectbox("arithmetic_a").value is None
    page.selectbox("arithmetic_a").set_value("label 1").run()
    assert "is not here" not in said(page)


def test_a_group_of_another_run_is_not_missed(own_store: RunStore, runs: list[Run]) -> None:
    own_store.save_group(runs[1].id, "mine", Group((1, 2, 3)))
    page = follow("arithmetic", arithmetic_a="group mine", arithmetic_b="label 2")
    page.selectbox("run").set_value(run_label(runs[0])).run()
    assert page.selectbox("arithmetic_a").value == "label 0"
    assert "is not here" not in said(page)


@pytest.mark.parametrize("name", [*RUN_PAGES, "train"])
@pytest.mark.parametrize("part", ["id", "part", "label"])
def test_a_link_names_a_run_by_its_id(runs: list[Run], name: str, part: str) -> None:
    run = runs[0]  # not the newest
    text = {"id": run.id, "part": run.id.rsplit("-", 1)[-1], "label": run_label(run)}[part]
    page = follow(name, run=text)
    key = "watched" if name == "train" else "run"
    for _ in range(2):
        assert page.selectbox(key).value == run_label(run)
        assert not page.toast
        assert "is not here" not in said(page)
        page.run()


@pytest.mark.usefixtures("own_store")
@pytest.mark.parametrize("name", ["words", "melodies", "factors"])
def test_a_link_names_a_run_of_another_kind(name: str) -> None:
    key = "factors_run" if name == "factors" else "run"
    offered = open_page(name).selectbox(key).options
    run = next(
        run for run in run_list.all_runs(True, run_list.ANY_KIND) if run_label(run) == offered[-1]
    )
    assert follow(name, run=run.id).selectbox(key).value == offered[-1]


def test_a_link_names_runs_to_compare(runs: list[Run]) -> None:
    page = follow("compare", runs=[runs[1].id, runs[0].id])
    assert set(page.multiselect("runs").value) == {run_label(run) for run in runs}
    assert not page.toast
    page = follow("compare", runs=[runs[1].id, "gone"])
    page.run()
    assert page.multiselect("runs").value == [run_label(runs[1])]
    assert "The run gone is not here" in said(page)
    text = next(run for run in pretrained_store().scan()[0] if "unicode" in run.config.dataset)
    page = follow("compare", run=text.id)
    assert page.multiselect("runs_text").value == [run_label(text)]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("name", [*RUN_PAGES, "words", "melodies", "factors", "autoencoder"])
def test_a_link_to_a_run_that_is_not_here(name: str) -> None:
    key = {"factors": "factors_run", "autoencoder": "trio"}.get(name, "run")
    page = follow(name, run="![x](http://a.example)")
    for _ in range(2):
        assert "![x](http://a.example) is not here" in said(page)
        assert page.selectbox(key).value is None
        page.run()


def test_a_link_to_several_runs_asks_for_more(runs: list[Run]) -> None:
    part = runs[0].id[:12]
    assert runs[1].id.startswith(part)
    page = follow("manifold", run=part)
    assert f"runs have {part} in the id" in said(page)
    assert page.selectbox("run").value is None
