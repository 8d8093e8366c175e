"""The Train page: the form, the queue and the live view, through AppTest."""

from __future__ import annotations

import math
import re
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.app_pages.train import form
from dashboard.shared import run_list, run_queue, sweeps, training_cost
from tests.conftest import SMALL
from tests.dashboard.pages import open_page, plots, unopened
from tests.trained_runs import TrainedRuns
from vae_core.config import RunConfig
from vae_core.data.dataset import DatasetError
from vae_core.engines import factory
from vae_core.engines.in_process import InProcessEngine
from vae_core.metrics.catalogue import FACTOR_METRICS
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store

pytestmark = pytest.mark.usefixtures("own_store")


class WaitingEngine(InProcessEngine):
    """Nothing that is submitted gets its turn."""

    def submit(self, run: Run) -> None:
        run.lifecycle.queue()


@pytest.fixture
def nothing_trains(own_store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    engine = WaitingEngine()
    monkeypatch.setattr(factory, "shared_engine", lambda _store: engine)


def texts(page: AppTest) -> str:
    return " ".join(element.value for element in [*page.caption, *page.markdown])


def timed(store: RunStore, config: RunConfig, per_step: float, once: float) -> Run:
    """A finished run that took `once` seconds and `per_step` a step."""
    run = store.create(config)
    steps = 1437 // config.batch_size
    for epoch in range(1, config.epochs + 1):
        run.metrics_file.append(
            {
                "kind": "epoch",
                "epoch": epoch,
                "step": epoch * steps,
                "seconds": once + per_step * steps * epoch,
                "beta": 1.0,
                "capacity": None,
                "train": None,
                "test": {"loss": 1, "distortion": 1, "rate": 0, "elbo": -1, "rate_per_dim": [0]},
            }
        )
    total = once + per_step * steps * config.epochs
    run.lifecycle.write(state="finished", epoch=config.epochs, seconds=total)
    return run


def running(run: Run, epoch: float, step: int, mean: np.ndarray, rates: list[float]) -> None:
    """Give a run what its folder holds while this process trains it."""
    run.lifecycle.start(epoch=int(epoch))
    test = {"loss": 1.0, "distortion": 1.0, "rate": sum(rates), "elbo": -1.0, "rate_per_dim": rates}
    run.metrics_file.append(
        {
            "kind": "epoch",
            "epoch": epoch,
            "step": step,
            "seconds": 1.0,
            "beta": 1.0,
            "capacity": None,
            "train": None,
            "test": test,
        }
    )
    pictures = np.full((3, 8, 8), 128, np.uint8)
    run.write_arrays(
        "snapshot",
        posterior_mean=mean,
        posterior_log_var=np.zeros_like(mean),
        labels=np.zeros(len(mean), int),
        label_names=np.array(["a"]),
        epoch=np.array(epoch),
        images=pictures,
        reconstructions=pictures,
        prior_samples=pictures,
    )


# --- the form ---------------------------------------------------------------------------------


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
        assert other.selectbox("run").value == label, "the newest run is the first to see"
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


def test_a_failed_run_says_why_and_can_be_resumed() -> None:
    page = open_page("train")
    page.number_input("train_batch_size").set_value(4096).run()
    page.button("train").click().run()
    assert not page.exception
    assert "choose at most 1437" in page.error[0].value
    assert page.button("resume")


def test_beta_zero_is_labelled() -> None:
    page = open_page("train")
    page.select_slider("train_beta").set_value(0.0).run()
    assert any("not optimised" in caption.value for caption in page.caption)


def test_schedule_is_drawn() -> None:
    page = open_page("train")
    before = plots(page)
    page.selectbox("train_schedule").set_value("cyclical").run()
    assert not page.exception
    assert plots(page) == before + 1


def test_settings_of_a_likelihood_and_an_objective_appear_where_they_are_read() -> None:
    page = open_page("train")
    assert not {"train_sigma", "train_free_bits"} & {box.key for box in page.number_input}
    page.selectbox("train_likelihood").set_value("gaussian").run()
    page.selectbox("train_objective").set_value("free_bits").run()
    assert not page.exception
    assert page.number_input("train_sigma").value == 0.1
    assert page.number_input("train_free_bits").value == 0.5
    page.selectbox("train_dataset").set_value("unicode_names").run()
    assert not page.exception
    assert "train_likelihood" not in {box.key for box in page.selectbox}, "texts have their own"


def test_the_marks_stand_where_the_slider_stands() -> None:
    marks = re.findall(r"left:([\d.]+)%[^>]*>([\d.]+)<", form.beta_marks())
    assert [float(label) for _, label in marks] == [0, 0.02, 0.1, 0.5, 1, 2, 4, 10, 20]
    last = len(sweeps.BETAS) - 1
    for place, label in marks:
        step = float(place) / 100 * last
        assert step == pytest.approx(round(step), abs=0.01)
        assert sweeps.BETAS[round(step)] == float(label)


def linked(**query: str) -> AppTest:
    """The Train page as somebody sees it who opens a link."""
    page = unopened("train")
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def test_a_link_opens_the_form_and_the_run_that_it_names() -> None:
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


def test_a_link_with_nonsense_opens_the_default_form() -> None:
    page = linked(train_beta="7777", train_dataset="nothing", train_epochs_digits="-5")
    assert not page.exception
    assert page.select_slider("train_beta").value == 1
    assert page.selectbox("train_dataset").value == "digits"
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


def test_a_sweep_trains_every_beta_and_seed_once(own_store: RunStore) -> None:
    page = open_page("train")
    page.number_input("train_epochs_digits").set_value(1)
    page.button_group("train_mode").set_value("Sweep").run()
    page.button_group("train_betas").set_value([0.5, 2.0])
    page.number_input("train_seeds").set_value(2).run()
    assert page.button("train").label == "Train 4 runs"
    page.button("train").click().run()
    assert not page.exception
    runs = own_store.scan()[0]
    assert [(run.config.seed, run.config.beta) for run in runs] == [
        *((0, 0.5), (0, 2)),
        *((1, 0.5), (1, 2)),
    ]
    assert all(run.status().state == "finished" for run in runs)
    assert "All 4 runs are finished already" in texts(page)

    before = [(run.path / "metrics.jsonl").read_bytes() for run in runs]
    page.button_group("train_betas").set_value([0.5, 1.0, 2.0]).run()
    assert "6 runs, 4 of them finished already" in texts(page)
    page.button("train").click().run()
    assert len(own_store.scan()[0]) == 6
    assert [(run.path / "metrics.jsonl").read_bytes() for run in runs] == before


def test_a_sweep_without_a_beta_says_so() -> None:
    page = open_page("train")
    page.button_group("train_mode").set_value("Sweep").run()
    page.button_group("train_betas").set_value([]).run()
    assert "at least one β" in page.error[0].value
    assert page.button("train").disabled


# --- the cost ---------------------------------------------------------------------------------


def test_the_cost_is_that_of_the_last_runs_of_the_kind(own_store: RunStore) -> None:
    # 11 steps an epoch; a run takes 2 s and 0.1 s a step.
    timed(own_store, RunConfig(epochs=3, beta=9), per_step=0.1, once=2)
    timed(own_store, RunConfig(epochs=3, beta=9, batch_size=64), per_step=5, once=50)
    estimate = training_cost.estimate([RunConfig(epochs=10)])
    assert estimate is not None
    assert estimate.seconds == pytest.approx(2 + 0.1 * 11 * 10)
    assert str(estimate) == "about 13 s, as the last runs of this kind took"
    assert form.cost_line([RunConfig(epochs=10)]).startswith("About 13 s")

    estimate = training_cost.estimate([RunConfig(epochs=10, latent_dim=8, batch_size=64)])
    assert estimate is not None
    assert estimate.seconds == pytest.approx(50 + 5 * 22 * 10)
    assert "with d = 2" in str(estimate)


def test_the_cost_of_a_sweep_is_that_of_what_is_left(own_store: RunStore) -> None:
    configs = [RunConfig(epochs=3, beta=beta) for beta in (9.0, 1.0, 2.0)]
    run = timed(own_store, configs[0], per_step=0.1, once=2)
    for path in (run.weights_path, run.encoder_path, run.decoder_path, run.path / "arrays.npz"):
        path.touch()
    line = form.cost_line(configs)
    assert line == (
        "3 runs, 1 of them finished already: about 11 s, as the last runs of this kind took."
    )


def test_pretrained_runs_stand_in_and_nothing_is_invented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pretrained runs of this kind" in form.cost_line([RunConfig()])
    assert "no run of conv on shapes was timed yet" in form.cost_line(
        [RunConfig(dataset="shapes", architecture="conv")]
    )
    monkeypatch.setattr(training_cost, "pretrained_store", lambda: RunStore(tmp_path / "none"))
    assert "no run of mlp on digits was timed yet" in form.cost_line([RunConfig()])


def test_a_run_of_one_epoch_tells_nothing_of_the_speed(own_store: RunStore) -> None:
    assert training_cost.timing_of(timed(own_store, RunConfig(epochs=1), 0.1, 2)) is None
    run = timed(own_store, RunConfig(epochs=2), 0.1, 2)
    assert training_cost.timing_of(run) == pytest.approx((0.1, 2))
    run.lifecycle.write(state="cancelled")
    assert training_cost.timing_of(run) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (40, "40 s"), (99.4, "99 s"), (170, "3 min"), (3599, "1 h 0 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert training_cost.duration(seconds) == words


# --- the queue --------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_trains")
def test_the_queue_shows_what_runs_waits_and_is_done(own_store: RunStore) -> None:
    for seed, state in enumerate(("finished", "failed", "cancelled")):
        own_store.create(replace(SMALL, seed=seed)).lifecycle.write(state=state, heartbeat=seed)
    first, second = (own_store.create(replace(SMALL, beta=beta)) for beta in (4.0, 2.0))
    first.lifecycle.queue()
    second.lifecycle.queue()
    own_store.create(replace(SMALL, beta=8)).lifecycle.start(epoch=1)
    # Of a process that is gone: interrupted.
    gone = own_store.create(replace(SMALL, beta=9))
    gone.lifecycle.start()
    gone.lifecycle.write(state="running", pid=2**22 + 1, host=socket.gethostname())

    queue = run_queue.read(own_store)
    assert [entry.run.config.beta for entry in queue.running] == [8]
    assert [entry.run.id for entry in queue.waiting] == [first.id, second.id]
    assert [entry.status.state for entry in queue.done] == [
        *("interrupted", "cancelled", "failed", "finished")
    ]
    page = open_page("train")
    shown = texts(page)
    assert "1 running, 2 waiting" in shown
    assert "digits · mlp · β 4 · d 2 · seed 0" in shown
    assert shown.index("no. 1 in line") < shown.index("no. 2 in line")


@pytest.mark.usefixtures("nothing_trains")
def test_only_the_last_of_what_is_done_are_shown(own_store: RunStore) -> None:
    for seed in range(10):
        own_store.create(replace(SMALL, seed=seed)).lifecycle.write(state="failed", heartbeat=seed)
    shown = texts(open_page("train"))
    assert "β 1 · d 2 · seed 9" in shown
    assert "β 1 · d 2 · seed 2" in shown
    assert "β 1 · d 2 · seed 1" not in shown


@pytest.mark.usefixtures("nothing_trains")
def test_stop_resume_and_stop_all(own_store: RunStore) -> None:
    first, second = (own_store.create(replace(SMALL, beta=beta)) for beta in (4.0, 2.0))
    page = open_page("train")
    page.button(f"stop-{first.id}").click().run()
    assert first.status().state == "cancelled"
    assert second.status().state == "queued"
    page.button(f"resume-{first.id}").click().run()
    assert first.status().state == "queued"
    page.button("stop-all").click().run()
    assert {first.status().state, second.status().state} == {"cancelled"}
    assert not page.exception
    with pytest.raises(KeyError):
        page.button("stop-all")


def test_watch_shows_a_run_in_the_live_view(own_store: RunStore) -> None:
    runs = [own_store.create(replace(SMALL, seed=seed)) for seed in range(3)]
    for run in runs:
        run.lifecycle.write(state="failed", error=f"reason {run.config.seed}")
    page = open_page("train")
    assert page.error[0].value == "reason 2"
    page.button(f"watch-{runs[0].id}").click().run()
    assert page.error[0].value == "reason 0"
    assert page.button(f"watch-{runs[0].id}").disabled


def test_delete_asks_first_and_deletes(own_store: RunStore) -> None:
    runs = [own_store.create(replace(SMALL, seed=seed)) for seed in range(2)]
    for run in runs:
        run.lifecycle.write(state="failed")
    page = open_page("train")
    page.button(f"watch-{runs[0].id}").click().run()
    assert "are lost" in texts(page)
    assert runs[0].path.is_dir(), "asked, not deleted"
    page.button(f"delete-for-good-{runs[0].id}").click().run()
    assert not page.exception
    assert not runs[0].path.exists()
    assert runs[1].path.is_dir()
    assert page.selectbox("watched").value == run_list.run_label(runs[1])


def test_some_runs_stay(own_store: RunStore) -> None:
    page = open_page("train")
    assert "ships with the project" in texts(page)
    shipped = pretrained_store().scan()[0][0]
    with pytest.raises(RunError, match="ships with the project"):
        run_queue.delete(shipped)
    assert shipped.path.is_dir()
    run = own_store.create(SMALL)
    run.lifecycle.start()
    assert "stop it first" in texts(open_page("train"))
    with pytest.raises(RunError, match="running; stop it first"):
        run_queue.delete(run)
    assert run.path.is_dir()


def test_what_did_not_work_is_said_and_the_page_goes_on(own_store: RunStore) -> None:
    run = own_store.create(SMALL)
    run.lifecycle.write(state="failed")
    page = open_page("train")
    run.lifecycle.start()  # another viewer was faster
    page.button(f"delete-for-good-{run.id}").click().run()
    assert not page.exception
    assert "stop it first" in page.toast[0].value
    assert run.path.is_dir()


@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.usefixtures("nothing_trains")
def test_the_view_follows_the_queue(own_store: RunStore, follows: bool) -> None:
    first, second, later = (own_store.create(replace(SMALL, beta=beta)) for beta in (1.0, 2.0, 3.0))
    first.lifecycle.start()
    page = open_page("train")
    page.toggle("train_follow").set_value(follows)
    page.selectbox("watched").set_value(run_list.run_label(first)).run()
    later.lifecycle.write(submitted=time.time() + 9)  # by a colleague, after this one has ended
    first.lifecycle.write(state="failed")
    later.lifecycle.start()
    page.run()
    assert page.selectbox("watched").value == run_list.run_label(first)
    second.lifecycle.start()
    page.run()
    expected = second if follows else first
    assert page.selectbox("watched").value == run_list.run_label(expected)


@pytest.mark.usefixtures("nothing_trains")
def test_a_choice_by_hand_is_left_alone(own_store: RunStore) -> None:
    done, first, second = (own_store.create(replace(SMALL, beta=b)) for b in (9.0, 1.0, 2.0))
    done.lifecycle.write(state="failed")
    first.lifecycle.start()
    page = open_page("train")
    page.selectbox("watched").set_value(run_list.run_label(first)).run()
    page.selectbox("watched").set_value(run_list.run_label(done)).run()
    first.lifecycle.write(state="failed")
    second.lifecycle.start()
    page.run()
    assert page.selectbox("watched").value == run_list.run_label(done)


# --- the live view ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "epoch", "step", "alarm"),
    [
        ({}, 50, 550, True),
        ({}, 2, 550, False),  # too few epochs
        ({}, 20, 220, False),  # too few steps
        ({"schedule": "capacity"}, 50, 550, False),  # C has not grown yet
        ({"schedule": "capacity"}, 150, 1650, True),
        ({"schedule": "linear"}, 50, 550, True),
    ],
)
def test_a_collapse_is_said_while_training(
    own_store: RunStore, changes: dict[str, Any], epoch: int, step: int, alarm: bool
) -> None:
    run = own_store.create(replace(RunConfig(epochs=200), **changes))
    running(run, epoch, step, np.zeros((20, 2), np.float32), [0.01, 0.01])
    page = open_page("train")
    assert page.selectbox("watched").value == run_list.run_label(run)
    assert any("Collapsed" in warning.value for warning in page.warning) == alarm


def test_a_healthy_run_raises_no_alarm(own_store: RunStore) -> None:
    run = own_store.create(RunConfig(epochs=200))
    mean = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    running(run, 50, 550, mean, [0.01, 2.0])
    page = open_page("train")
    assert not page.warning
    assert plots(page) == 4, "curves, latent space, pictures, rates"


def test_pictures_of_a_finished_run_need_its_data(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch, make_run: TrainedRuns
) -> None:
    def gone(*_: object) -> None:
        raise DatasetError("The images of digits are not on this machine.")

    make_run(own_store, SMALL)
    assert plots(open_page("train")) == 4
    st.cache_data.clear()
    monkeypatch.setattr("vae_core.data.excerpts.held_out", gone)
    page = open_page("train")
    assert plots(page) == 3
    assert "not on this machine" in texts(page)


@pytest.mark.usefixtures("unmeasured")
def test_the_snapshot_holds_the_same_pictures_all_along(own_store: RunStore) -> None:
    from vae_core.training.loop import Training

    run = own_store.create(SMALL)
    training = Training(run, lambda: False)
    training._tick(0, None)
    first = run.arrays("snapshot")
    training._epoch(0)
    training._tick(11, {"loss": 1.0, "distortion": 1.0, "rate": 0.0})
    second = run.arrays("snapshot")
    for arrays in (first, second):
        for name in ("images", "reconstructions", "prior_samples"):
            assert arrays[name].shape == (10, 8, 8)
            assert arrays[name].dtype == np.uint8
    x, y = training.dataset.x_test, training.dataset.y_test
    assert np.array_equal(first["images"], second["images"])
    pictured = training.recorder.pictured
    assert sorted(y[pictured]) == list(range(10))
    assert np.array_equal(first["images"], np.rint(255 * x[pictured, ..., 0]))
    mean = second["posterior_mean"][pictured]
    pixels = 1 / (1 + np.exp(-training.vae.decoder_params(mean)[..., 0]))
    assert np.abs(second["reconstructions"].reshape(10, -1) / 255 - pixels).max() < 0.01
    assert not np.array_equal(first["prior_samples"], second["prior_samples"])
    rates = run.records("step")[-1]["rate_per_dim"]
    assert len(rates) == 2
    assert all(math.isfinite(rate) and rate >= 0 for rate in rates)


@pytest.mark.usefixtures("loop_alone")
def test_a_tick_does_not_change_the_outcome(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = []
    for root, seconds in (("often", 0.0), ("never", 1e9)):
        monkeypatch.setattr("vae_core.training.loop.TICK_SECONDS", seconds)
        run = RunStore(own_store.root / root).create(SMALL)
        InProcessEngine().submit(run)
        numbers.append([record["test"] for record in run.records("epoch")])
    assert numbers[0] == numbers[1]


def test_a_run_stopped_while_it_was_measured_can_be_looked_at(
    own_store: RunStore, make_run: TrainedRuns
) -> None:
    """It has its networks, and no `end`."""
    run = make_run(own_store, SMALL)
    path = run.path / "metrics.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"kind": "end"' not in line))
    run.lifecycle.write(state="interrupted")
    page = open_page("train")
    assert f"at epoch {SMALL.epochs}" in texts(page)
    assert page.button("resume")


@pytest.mark.usefixtures("unmeasured")
def test_a_full_disk_in_the_middle_of_a_sweep_leaves_no_run_without_an_engine(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = RunStore.create

    def fails_at_the_third(self: RunStore, config: RunConfig, submitted_by: str | None) -> Run:
        if len(self.scan()[0]) == 2:
            raise RunError("no run can be made: the disk is full.")
        return create(self, config, submitted_by)

    monkeypatch.setattr(RunStore, "create", fails_at_the_third)
    page = open_page("train")
    page.number_input("train_epochs_digits").set_value(1)
    page.segmented_control("train_mode").set_value("Sweep").run()
    page.button("train").click().run()
    assert "the disk is full" in page.error[0].value
    assert [run.status().state for run in own_store.scan()[0]] == ["finished", "finished"]
