"""`train` and `sweep` of the Python interface."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vae_core
from tests.waiting import PATIENCE, wait_for
from vae_core.api import notebook_progress, training
from vae_core.config import ConfigError, RunConfig, VaeLabError
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.run import Run
from vae_core.runs.status import this_process
from vae_core.runs.store import PROJECT, RunStore


class FailingEngine(InProcessEngine):
    """An engine that writes a failure instead of training."""

    def submit(self, run: Run) -> None:
        run.lifecycle.write(state="failed", error=f"training diverged at beta {run.config.beta:g}.")


@pytest.fixture(autouse=True)
def _no_engine_is_left() -> Iterator[None]:
    yield
    training.close_engine()


@pytest.mark.usefixtures("no_xla")
def test_a_run_is_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(training, "new_engine", lambda _store: InProcessEngine())
    run = vae_core.train(epochs=np.int64(2), beta=np.float32(0.5), batch_size=256)
    assert run.path.parent == tmp_path / "runs"
    assert run.config == RunConfig(epochs=2, beta=0.5, batch_size=256)
    assert run.history.index.tolist() == [0, 1, 2]
    assert run.metrics["elbo"] < 0
    assert np.shape(run.sample(2)) == (2, 8, 8, 1)

    before = (run.path / "metrics.jsonl").read_bytes()
    training.close_engine()
    monkeypatch.setattr(training, "new_engine", None)  # a call would raise
    again = vae_core.train(epochs=2, beta=0.5, batch_size=256)
    assert (again.path / "metrics.jsonl").read_bytes() == before


def test_a_run_that_fails_is_an_error(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "new_engine", lambda _store: FailingEngine())
    with pytest.raises(VaeLabError, match="is failed: training diverged at beta 4"):
        vae_core.train(beta=4, store=store.root)


def test_a_sweep_returns_failed_runs_too(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "new_engine", lambda _store: FailingEngine())
    with pytest.warns(RuntimeWarning, match="is failed: training diverged") as warned:
        runs = vae_core.sweep([4, 0], seeds=range(2), store=store.root, latent_dim=3)
    assert len(warned) == 4
    assert {Path(warning.filename).name for warning in warned} == {Path(__file__).name}
    found = [(run.config.seed, run.config.beta, run.config.latent_dim) for run in runs]
    assert found == [(0, 0, 3), (0, 4, 3), (1, 0, 3), (1, 4, 3)]


def test_a_file_of_ones_own_is_a_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(training, "new_engine", lambda _store: FailingEngine())
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "noise.npz", x=rng.integers(0, 256, (60, 12, 12), dtype=np.uint8))
    with pytest.raises(VaeLabError, match="run own_noise_"):
        vae_core.train(dataset=tmp_path / "noise.npz", size=8)
    assert "48 training and 12 held-out images of 8x8 pixels" in capsys.readouterr().err
    (own,) = vae_core.runs(tmp_path / "runs").dataset
    stored = vae_core.load_dataset(own)
    assert stored.x_train.shape == (48, 8, 8, 1)
    read = vae_core.load_dataset(tmp_path / "noise.npz", size=8)
    assert np.array_equal(read.x_test, stored.x_test)
    assert read.notes == stored.notes
    assert "Images of 12x12 pixels were resized to 8x8." in read.notes
    assert read.label_names == ("all",)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bta": 4}, "there is no setting 'bta': did you mean beta"),
        ({"xyzzy": 4}, "there is no setting 'xyzzy': choose from dataset, architecture"),
        ({"beta": -1}, "beta must be from 0"),
        ({"epochs": 2.5}, "epochs must be a whole number"),
        ({"dataset": "names", "architecture": "mlp"}, "'mlp' is for images"),
        ({"size": 8}, "for a file of your own"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        vae_core.train(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "a sweep needs betas"),
        ({"betas": [1], "model": "autoencoder"}, "an autoencoder has no beta"),
        ({"betas": [1], "seed": 1}, "takes betas and seeds, not seed"),
    ],
)
def test_sweeps_that_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        vae_core.sweep(**settings)  # type: ignore[arg-type]


@pytest.mark.slow
def test_an_interrupt_ends_the_worker_too(store: RunStore) -> None:
    """The call runs in a process of its own, like the kernel of a notebook."""
    call = f"vae_core.train(epochs=100_000, store={str(store.root)!r})"
    code = f"""
import vae_core
try:
    {call}
except KeyboardInterrupt:
    print(vae_core.runs({str(store.root)!r}).state.tolist(), flush=True)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    run_id = RunConfig(epochs=100_000).id
    wait_for(lambda: store.has(run_id) and store.get(run_id).records("step"))
    worker = store.get(run_id).status().pid
    assert worker not in (None, process.pid)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert out == "['interrupted']\n"
    assert "Stopped. The same call goes on from the last checkpoint." in err
    assert "Traceback" not in err
    assert not store.get(run_id).status().owner_alive()


def test_progress_in_a_notebook(trained: Run, store: RunStore) -> None:
    waits = store.create(RunConfig(seed=1))
    line, waiting = notebook_progress.Line(trained), notebook_progress.Line(waits)
    assert not line.update()
    assert waiting.update()
    lines = notebook_progress.Lines([line, waiting])
    first, second = repr(lines).splitlines()
    assert first.startswith("β 1 seed 0  3/3  loss 3")
    assert second == "β 1 seed 1  0/20  queued"
    assert '<progress value="3" max="3">' in lines._repr_html_()

    waits.lifecycle.write(state="running", seconds=6.0, **this_process())
    waits.metrics_file.append(
        {"kind": "step", "epoch": 5.0, "step": 55, "seconds": 6.0, "train": {"loss": 30.0}}
    )
    assert waiting.update()
    assert waiting.text == "starting, 18 s left"
    waits.lifecycle.write(state="failed", error="a <b> was too large.")
    assert not waiting.update()
    assert "failed: a &lt;b&gt; was too large." in lines._repr_html_()


def test_progress_in_a_notebook_ends_with_the_runs(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run = store.create(RunConfig())
    timer = threading.Timer(0.3, run.lifecycle.write, kwargs={"state": "cancelled"})
    timer.start()
    notebook_progress.follow([run])
    timer.join()
    assert capsys.readouterr().out.splitlines()[0] == "β 1 seed 0  0/20  queued"
