"""The queue of the Train page through AppTest."""

from __future__ import annotations

import socket
import time
from dataclasses import replace

import pytest

from dashboard.shared import run_list, run_queue
from tests.conftest import SMALL
from tests.dashboard.pages import open_page, shown_text
from vae_core.config import RunConfig
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store

pytestmark = pytest.mark.usefixtures("own_store")


@pytest.mark.usefixtures("nothing_trains")
def test_the_queue_lists_running_waiting_and_ended_runs(own_store: RunStore) -> None:
    for seed, state in enumerate(("finished", "failed", "cancelled")):
        own_store.create(replace(SMALL, seed=seed)).lifecycle.write(state=state, heartbeat=seed)
    first, second = (own_store.create(replace(SMALL, beta=beta)) for beta in (4.0, 2.0))
    first.lifecycle.queue()
    second.lifecycle.queue()
    own_store.create(replace(SMALL, beta=8)).lifecycle.start(epoch=1)
    # Its process doesn't exist, so it is interrupted.
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
    shown = shown_text(page)
    assert "1 running, 2 waiting" in shown
    assert "digits · mlp · β 4 · d 2 · seed 0" in shown
    assert shown.index("no. 1 in line") < shown.index("no. 2 in line")


@pytest.mark.usefixtures("nothing_trains")
def test_only_the_last_ended_runs_are_listed(own_store: RunStore) -> None:
    for seed in range(10):
        own_store.create(replace(SMALL, seed=seed)).lifecycle.write(state="failed", heartbeat=seed)
    shown = shown_text(open_page("train"))
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


def test_watch_opens_a_run_in_the_live_view(own_store: RunStore) -> None:
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
    assert "are lost" in shown_text(page)
    assert runs[0].path.is_dir(), "the question comes first"
    page.button(f"delete-for-good-{runs[0].id}").click().run()
    assert not page.exception
    assert not runs[0].path.exists()
    assert runs[1].path.is_dir()
    assert page.selectbox("watched").value == run_list.run_label(runs[1])


def test_pretrained_and_running_runs_cannot_be_deleted(own_store: RunStore) -> None:
    page = open_page("train")
    assert "ships with the project" in shown_text(page)
    shipped = pretrained_store().scan()[0][0]
    with pytest.raises(RunError, match="ships with the project"):
        run_queue.delete(shipped)
    assert shipped.path.is_dir()
    run = own_store.create(SMALL)
    run.lifecycle.start()
    assert "stop it first" in shown_text(open_page("train"))
    with pytest.raises(RunError, match="running; stop it first"):
        run_queue.delete(run)
    assert run.path.is_dir()


def test_a_failed_action_is_reported_and_the_page_still_works(own_store: RunStore) -> None:
    run = own_store.create(SMALL)
    run.lifecycle.write(state="failed")
    page = open_page("train")
    run.lifecycle.start()  # somebody else resumed it meanwhile
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
    later.lifecycle.write(submitted=time.time() + 9)  # submitted after the watched run ended
    first.lifecycle.write(state="failed")
    later.lifecycle.start()
    page.run()
    assert page.selectbox("watched").value == run_list.run_label(first)
    second.lifecycle.start()
    page.run()
    expected = second if follows else first
    assert page.selectbox("watched").value == run_list.run_label(expected)


@pytest.mark.usefixtures("nothing_trains")
def test_a_run_chosen_by_hand_stays_in_view(own_store: RunStore) -> None:
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


@pytest.mark.usefixtures("unmeasured")
def test_a_sweep_cut_short_by_a_full_disk_trains_the_runs_it_made(
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
