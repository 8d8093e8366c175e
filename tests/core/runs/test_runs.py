"""Run folders: torn writes, damage, several creators, dead owners."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from tests.conftest import SMALL
from tests.trained_runs import copy_run
from vae_core import sandbox
from vae_core.config import RunConfig
from vae_core.engines import starting
from vae_core.runs.disk import replace_file
from vae_core.runs.errors import RunBusyError, RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.runs.strip import strip


def step(epoch: float) -> dict[str, object]:
    """Return a line of metrics.jsonl, at one step per epoch."""
    return {"kind": "step", "epoch": epoch, "step": int(epoch), "seconds": epoch, "train": {}}


def test_create_makes_or_opens_a_run(store: RunStore) -> None:
    run = store.create(SMALL)
    assert run.status().state == "queued"
    assert run.config == SMALL
    run.lifecycle.write(state="finished")
    assert store.create(SMALL).status().state == "finished"
    assert [r.id for r in store.scan()[0]] == [SMALL.id]


def test_the_run_of_another_config_is_never_taken(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(SMALL, seed=7)
    run = store.create(SMALL)
    run.lifecycle.write(state="finished")
    monkeypatch.setattr(RunConfig, "id", property(lambda _config: run.id))
    for take in (store.create, lambda config: starting.left_to_train([config], store)):
        with pytest.raises(RunError, match="another config has the id"):
            take(other)
    assert starting.left_to_train([SMALL], store) == []


def test_many_creators_make_one_folder(store: RunStore) -> None:
    made: list[Run] = []
    threads = [threading.Thread(target=lambda: made.append(store.create(SMALL))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {run.path for run in made} == {store.root / SMALL.id}
    assert len(made) == 16
    assert [path.name for path in store.root.iterdir()] == [SMALL.id]


def test_a_torn_last_line_is_ignored_and_ended(store: RunStore) -> None:
    run = store.create(SMALL)
    run.metrics_file.append(step(1))
    with open(run.path / "metrics.jsonl", "ab") as file:
        file.write(b'{"kind": "step", "st')
    assert [r["epoch"] for r in run.records()] == [1]
    run.metrics_file.append(step(2))
    assert [r["epoch"] for r in run.records()] == [1, 2]


def test_a_start_removes_the_steps_that_are_repeated(store: RunStore) -> None:
    run = store.create(SMALL)
    start = {"kind": "start", "steps_per_epoch": 1, "time": 0.0}
    run.metrics_file.append(start | {"epoch": 0})
    for epoch in (0.5, 1, 2, 2.7):
        run.metrics_file.append(step(epoch))
    assert [r["epoch"] for r in run.records("step")] == [0.5, 1, 2, 2.7]
    run.metrics_file.append(start | {"epoch": 1})
    assert [r["epoch"] for r in run.records("step")] == [0.5, 1]
    for epoch in (1.6, 2):
        run.metrics_file.append(step(epoch))
    assert [r["epoch"] for r in run.records("step")] == [0.5, 1, 1.6, 2]
    assert Run(run.path).records() == run.records()


def test_incomplete_lines_are_left_out(store: RunStore) -> None:
    run = store.create(SMALL)
    run.metrics_file.append(step(1))
    for line in ("[]", "1", '{"kind": "step", "step": 3}', '{"kind": "epoch"}', '{"kind": 7}'):
        with open(run.path / "metrics.jsonl", "a") as file:
            file.write(line + "\n")
    run.metrics_file.append(step(2))
    assert [r["epoch"] for r in run.records()] == [1, 2]


def test_replace_file_leaves_the_old_content_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, lambda p: p.write_text("old"))

    def fail(p: Path) -> None:
        p.write_text("ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_status_is_never_seen_half_written(store: RunStore) -> None:
    run = store.create(SMALL)
    writing = True

    def write() -> None:
        for epoch in range(200):
            run.lifecycle.write(epoch=epoch)

    thread = threading.Thread(target=write)
    thread.start()
    seen = []
    while writing:
        writing = thread.is_alive()
        seen.append(run.status().epoch)
    assert seen == sorted(seen)
    assert seen[-1] == 199


def test_a_status_written_in_place_is_read_in_any_length(store: RunStore) -> None:
    run = store.create(SMALL)
    for error in ("a long reason " * 9, "short"):
        run.lifecycle.write_in_place(state="failed", error=error)
        assert run.status().error == error


def test_running_without_a_process_reads_as_interrupted(store: RunStore) -> None:
    run = store.create(SMALL)
    run.lifecycle.start()
    assert run.status().state == "running"
    child = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, pathlib; from vae_core.runs.run import Run;"
            "Run(pathlib.Path(sys.argv[1])).lifecycle.start(epoch=7)",
            str(run.path),
        ],
        check=False,
    )
    assert child.returncode == 0
    status = run.status()
    assert (status.state, status.epoch) == ("interrupted", 7)
    assert "resume" in (status.error or "")


def test_a_zombie_is_not_the_owner(store: RunStore) -> None:
    run = store.create(SMALL)
    code = (
        "import sys, pathlib; from vae_core.runs.run import Run;"
        "Run(pathlib.Path(sys.argv[1])).lifecycle.start()"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(run.path)])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # the child has ended, and is a zombie
    try:
        assert run.status().state == "interrupted"
    finally:
        child.wait()


def test_a_reused_pid_is_not_the_owner(store: RunStore) -> None:
    run = store.create(SMALL)
    run.lifecycle.start()
    values = json.loads((run.path / "status.json").read_text())
    values["process_started"] += "1"
    (run.path / "status.json").write_text(json.dumps(values))
    assert run.status().state == "interrupted"


def test_an_owner_on_another_host_is_alive_while_its_heartbeat_is_new(store: RunStore) -> None:
    run = store.create(SMALL)
    run.lifecycle.start()
    values = json.loads((run.path / "status.json").read_text())
    values |= {"host": "elsewhere", "pid": 1}
    (run.path / "status.json").write_text(json.dumps(values))
    assert run.status().state == "running"
    values |= {"heartbeat": time.time() - 31, "pid": 2}
    (run.path / "status.json").write_text(json.dumps(values))
    assert run.status().state == "interrupted"


def test_a_clock_that_jumps_ends_no_run(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    here, elsewhere = store.create(SMALL), store.create(replace(SMALL, seed=1))
    for run in (here, elsewhere):
        run.lifecycle.start()
    file = elsewhere.path / "status.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"host": "elsewhere", "pid": 1}))
    with sandbox.private_folder() as folder:
        assert elsewhere.status().state == "running"
        now, started = time.time, psutil.Process.create_time
        monkeypatch.setattr("time.time", lambda: now() + 60)
        # On Linux, psutil counts from the boot of the machine, which moves with the clock.
        monkeypatch.setattr(psutil.Process, "create_time", lambda self: started(self) + 60)
        for run in (here, elsewhere):
            assert run.status().state == "running"
        with sandbox.private_folder() as other:
            assert folder.is_dir(), "it belongs to a process that lives"
        other.rmdir()
    folder.rmdir()


def test_a_run_on_another_host_ends_when_its_heartbeats_end(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(SMALL)
    run.lifecycle.start()
    file = run.path / "status.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"host": "elsewhere", "pid": 3}))
    assert run.status().state == "running"
    now = time.monotonic
    monkeypatch.setattr("time.monotonic", lambda: now() + 31)
    assert run.status().state == "interrupted"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"heartbeat": time.time() - 900}))
    assert run.status().state == "running", "its clock may be slow, but it sent a new heartbeat"


def test_the_lock_ends_with_the_process(store: RunStore) -> None:
    run = store.create(SMALL)
    code = (
        "import sys, pathlib, time; from vae_core.runs.run import Run\n"
        "with Run(pathlib.Path(sys.argv[1])).lifecycle.claim():\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(run.path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "held\n"
        with pytest.raises(RunBusyError), run.lifecycle.claim():
            pass
        with pytest.raises(RunBusyError):
            store.delete(run)
        child.kill()
        child.wait()
    with run.lifecycle.claim():
        pass


def test_damaged_folders_are_named_and_the_others_listed(store: RunStore) -> None:
    good = store.create(SMALL)
    for seed, name, content in (
        (1, "config.json", b"{"),
        (2, "status.json", b""),
        (3, "status.json", b'{"state": "flying"}'),
        (4, "config.json", SMALL.to_json().encode()),
    ):
        run = store.create(replace(SMALL, seed=seed))
        (run.path / name).write_bytes(content)
    (store.root / "stray.txt").touch()
    (store.root / "a-link").symlink_to(good.path)
    runs, damaged = store.scan()
    assert [run.id for run in runs] == [good.id]
    assert len(damaged) == 5, "no symbolic link is followed"
    assert all(name in reason for name, reason in damaged.items())


@pytest.mark.parametrize("run_id", ["", "..", "../x", "a/b", "A", "no-such-run", "x" * 200])
def test_invalid_ids(store: RunStore, run_id: str) -> None:
    store.create(SMALL)
    with pytest.raises(RunError, match="no run"):
        store.get(run_id)


def test_arrays_are_read_back_or_damaged(store: RunStore) -> None:
    run = store.create(SMALL)
    with pytest.raises(RunError, match="no arrays"):
        run.arrays()
    run.write_arrays("arrays", posterior_mean=np.eye(3))
    assert np.array_equal(run.arrays()["posterior_mean"], np.eye(3))
    (run.path / "arrays.npz").write_bytes(b"PK")
    with pytest.raises(RunError, match="damaged"):
        run.arrays()


def test_queue_cancel_delete(store: RunStore) -> None:
    run = store.create(SMALL)
    run.lifecycle.request_cancel()
    assert run.status().state == "cancelled"
    run.lifecycle.queue()
    assert run.status().state == "queued"
    assert not run.lifecycle.cancel_requested()
    store.delete(run)
    assert store.scan() == ([], {})
    assert not any(store.root.iterdir())


def test_a_store_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="choose another store"):
        RunStore(tmp_path / "file" / "runs").create(SMALL)


def test_metrics_come_from_the_last_epoch_and_the_end(store: RunStore) -> None:
    run = store.create(SMALL)
    assert run.metrics() == {}
    test = {"loss": 3.0, "distortion": 2.0, "rate": 1.0, "elbo": -3.0, "rate_per_dim": [1.0]}
    epoch = {"kind": "epoch", "epoch": 1, "step": 1, "seconds": 1, "beta": 1, "capacity": None}
    run.metrics_file.append(epoch | {"train": None, "test": test})
    assert run.metrics() == {}, "the run has not ended"
    end = {"kind": "end", "epoch": 1, "state": "finished"}
    run.metrics_file.append(end)
    first_four = {name: test[name] for name in ("loss", "distortion", "rate", "elbo")}
    assert run.metrics() == first_four, "an old run, without other metrics"
    run.metrics_file.append(end | {"metrics": []})
    assert run.metrics() == first_four, "damaged"
    run.metrics_file.append(end | {"metrics": {"mmd": 0.5}})
    assert run.metrics() == first_four | {"mmd": 0.5}
    run.metrics_file.append(end | {"active_units": 2, "high_rate_units": 1})
    assert run.metrics() == first_four | {"active_units": 2, "high_rate_units": 1}
    run.metrics_file.append(end | {"state": "cancelled", "metrics": {}})
    assert run.metrics() == {}, "a cancelled run has no metrics"


def test_strip_keeps_the_files_that_ship(trained: Run, store: RunStore) -> None:
    shutil.copytree(trained.path, store.root / trained.id)
    run = store.get(trained.id)
    (run.path / ".half-written").touch()
    strip(run, numbers_only=False)
    assert run.viewable
    assert not {"lock", "log.txt", "snapshot.npz", ".half-written"} & set(os.listdir(run.path))
    strip(run, numbers_only=True)
    numbers = {"config.json", "status.json", "metrics.jsonl", "checksums.json"}
    assert set(os.listdir(run.path)) == numbers
    assert not run.viewable
    assert run.status().state == "finished"
    assert run.metrics() == trained.metrics()
    waiting = store.create(replace(SMALL, seed=1))
    with pytest.raises(RunError, match="not finished"):
        strip(waiting, numbers_only=True)


def test_a_run_that_was_deleted_and_made_again_is_read_again(store: RunStore) -> None:
    """An old `Run` object reads the new folder."""
    run = store.create(SMALL)
    old = store.get(run.id)
    for epoch in range(5):
        run.metrics_file.append({"kind": "end", "epoch": epoch, "state": "cancelled"})
    assert len(old.records()) == 5
    store.delete(run)
    store.create(SMALL).metrics_file.append({"kind": "end", "epoch": 9, "state": "cancelled"})
    assert [record["epoch"] for record in old.records()] == [9]


def test_a_second_scan_opens_no_file(
    store: RunStore, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(1, 40):
        run = store.create(replace(SMALL, seed=seed))
        if seed % 2:
            run.metrics_file.append({"kind": "end", "epoch": 1, "state": "finished", "metrics": {}})
            run.lifecycle.finish(epoch=3)
    copy_run(trained, store)
    time.sleep(0.1)  # younger files would be read again
    first = [run.id for run in store.scan()[0]]
    opened: list[object] = []
    real = os.open

    def counted(path: Any, *rest: Any) -> int:
        opened.append(path)
        return real(path, *rest)

    monkeypatch.setattr(os, "open", counted)
    runs, damaged = store.scan()
    assert [run.id for run in runs] == first
    assert len(runs) == 40
    assert not damaged
    assert not opened
    runs[0].lifecycle.write(epoch=2)
    store.delete(runs[1])
    opened.clear()
    again, _ = store.scan()
    assert [run.id for run in again] == [run.id for run in runs if run.id != runs[1].id]
    assert {Path(str(path)).parent.name for path in opened} == {runs[0].id}
    assert again[0].status().epoch == 2, "the new status is read"
