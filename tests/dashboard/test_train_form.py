"""The form of the Train page through AppTest: one run, sweeps, links."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app_pages.train import form
from dashboard.shared import run_list, sweeps
from tests.dashboard.pages import open_page, plots, shown_text, unopened
from vae_core.metrics.catalogue import FACTOR_METRICS
from vae_core.runs.store import RunStore, pretrained_store

pytestmark = pytest.mark.usefixtures("own_store")


def test_train_starts_a_run_that_appears_on_the_other_pages(own_store: RunStore) -> None:
    page = open_page("train")
    page.select_slider("train_beta").set_value(0.5)
    page.number_input("train_epochs_digits").set_value(2).run()
    page.button("train").click().run()
    assert not page.exception
    (run,) = own_store.scan()[0]
    assert (run.config.beta, run.config.epochs) == (0.5, 2)
    assert run.status().state == "finished"
    loss = run.records("epoch")[-1]["test"]["loss"]
    assert [m.value for m in page.metric if m.label == "loss"] == [f"{loss:.2f}"]
    label = str(page.selectbox("watched").value)
    for name in ("latent_space", "manifold"):
        other = open_page(name)
        assert other.selectbox("run").value == label, "pages open on the newest run"
    assert any(label in option for option in open_page("compare").multiselect("runs").options)


@pytest.mark.usefixtures("unmeasured")
def test_the_same_config_is_opened_not_trained_again(own_store: RunStore) -> None:
    page = open_page("train")
    page.number_input("train_epochs_digits").set_value(1).run()
    page.button("train").click().run()
    (run,) = own_store.scan()[0]
    before = (run.path / "metrics.jsonl").read_bytes()
    page.button("train").click().run()
    assert not page.exception
    assert (run.path / "metrics.jsonl").read_bytes() == before


def test_a_failed_run_says_why_and_can_be_resumed(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("train")
    page.number_input("train_batch_size").set_value(4096).run()
    page.button("train").click().run()
    assert not page.exception
    assert "choose at most 1437" in page.error[0].value
    assert own_store.scan()[0] == []
    monkeypatch.setattr("vae_core.kinds.check_trainable", lambda _: None)
    page.button("train").click().run()
    assert not page.exception
    assert "choose at most 1437" in page.error[0].value
    assert page.button("resume")


def test_beta_zero_is_labelled() -> None:
    page = open_page("train")
    page.select_slider("train_beta").set_value(0.0).run()
    assert any("not optimised" in caption.value for caption in page.caption)


def test_the_schedule_is_plotted() -> None:
    page = open_page("train")
    before = plots(page)
    page.selectbox("train_schedule").set_value("cyclical").run()
    assert not page.exception
    assert plots(page) == before + 1


def test_settings_appear_only_for_the_members_that_read_them() -> None:
    page = open_page("train")
    assert not {"train_sigma", "train_free_bits"} & {box.key for box in page.number_input}
    page.selectbox("train_likelihood").set_value("gaussian").run()
    page.selectbox("train_objective").set_value("free_bits").run()
    assert not page.exception
    assert page.number_input("train_sigma").value == 0.1
    assert page.number_input("train_free_bits").value == 0.5
    page.selectbox("train_dataset").set_value("unicode_names").run()
    assert not page.exception
    assert "train_likelihood" not in {box.key for box in page.selectbox}, "not for texts"


def test_labels_are_under_their_places_on_the_slider() -> None:
    marks = re.findall(r"left:([\d.]+)%[^>]*>([\d.]+)<", form.beta_marks())
    assert [float(label) for _, label in marks] == [0, 0.02, 0.1, 0.5, 1, 2, 4, 10, 20]
    last = len(sweeps.BETAS) - 1
    for place, label in marks:
        step = float(place) / 100 * last
        assert step == pytest.approx(round(step), abs=0.01)
        assert sweeps.BETAS[round(step)] == float(label)


def linked(**query: str) -> AppTest:
    """Open the Train page by a link with these values."""
    page = unopened("train")
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def test_a_link_sets_the_form_and_the_run() -> None:
    run = pretrained_store().scan()[0][3]
    page = linked(
        train_beta="0.02",
        train_dataset="mnist",
        train_epochs_mnist="7",
        train_schedule="cyclical",
        train_cycles="3",
        train_learning_rate="0.0005",
        watched=run_list.run_label(run),
    )
    assert not page.exception
    assert page.select_slider("train_beta").value == 0.02
    assert page.selectbox("train_dataset").value == "mnist"
    assert page.number_input("train_epochs_mnist").value == 7
    assert page.number_input("train_cycles").value == 3
    assert page.number_input("train_learning_rate").value == 0.0005
    assert page.selectbox("watched").value == run_list.run_label(run)


def test_invalid_values_in_a_link_are_ignored() -> None:
    page = linked(train_beta="7777", train_epochs_digits="-5")
    assert not page.exception
    assert page.select_slider("train_beta").value == 1
    assert page.number_input("train_epochs_digits").value == 200


def test_shapes_of_any_number_and_size_are_drawn_and_measured(own_store: RunStore) -> None:
    page = linked(train_dataset="shapes", train_shapes_number="200", train_epochs_shapes="1")
    page.number_input("train_shapes_size").set_value(8).run()
    page.button("train").click().run()
    assert not page.exception
    (run,) = own_store.scan()[0]
    assert run.config.dataset == "shapes_200_8"
    assert run.records("start")[-1]["dataset"]["train"] == 160
    assert set(FACTOR_METRICS) <= set(run.metrics())


@pytest.mark.slow
@pytest.mark.usefixtures("no_metrics")
def test_a_sweep_trains_every_beta_and_seed_once(own_store: RunStore) -> None:
    page = open_page("train")
    page.number_input("train_epochs_digits").set_value(1)
    page.button_group("train_mode").set_value("Sweep").run()
    page.button_group("train_betas").set_value([2.0])
    page.number_input("train_seeds").set_value(2).run()
    assert page.button("train").label == "Train 2 runs"
    page.button("train").click().run()
    assert not page.exception
    runs = own_store.scan()[0]
    assert [(run.config.seed, run.config.beta) for run in runs] == [(0, 2), (1, 2)]
    assert all(run.status().state == "finished" for run in runs)
    assert "All 2 runs are finished already" in shown_text(page)

    before = [(run.path / "metrics.jsonl").read_bytes() for run in runs]
    page.button_group("train_betas").set_value([0.5, 2.0]).run()
    assert "4 runs, 2 of them finished already" in shown_text(page)
    page.button("train").click().run()
    assert len(own_store.scan()[0]) == 4
    assert [(run.path / "metrics.jsonl").read_bytes() for run in runs] == before


def test_a_sweep_needs_a_beta() -> None:
    page = open_page("train")
    page.button_group("train_mode").set_value("Sweep").run()
    page.button_group("train_betas").set_value([]).run()
    assert "at least one β" in page.error[0].value
    assert page.button("train").disabled
