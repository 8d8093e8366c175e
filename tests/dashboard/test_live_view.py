"""The live view of the Train page: warnings, pictures, resumption."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit as st

from dashboard.shared import run_list
from tests.conftest import SMALL
from tests.dashboard.pages import open_page, plots, shown_text
from tests.trained_runs import TrainedRuns
from vae_core.config import RunConfig
from vae_core.data.dataset import DatasetError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore

pytestmark = pytest.mark.usefixtures("own_store")


def running(run: Run, epoch: float, step: int, mean: np.ndarray, rates: list[float]) -> None:
    """Write the files of a run in training: its state, a record and a snapshot."""
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
def test_a_collapse_is_reported_while_training(
    own_store: RunStore, changes: dict[str, Any], epoch: int, step: int, alarm: bool
) -> None:
    run = own_store.create(replace(RunConfig(epochs=200), **changes))
    running(run, epoch, step, np.zeros((20, 2), np.float32), [0.01, 0.01])
    page = open_page("train")
    assert page.selectbox("watched").value == run_list.run_label(run)
    assert any("Collapsed" in warning.value for warning in page.warning) == alarm


def test_a_healthy_run_gets_no_warning(own_store: RunStore) -> None:
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
    assert "not on this machine" in shown_text(page)


def test_a_run_interrupted_while_measuring_can_be_viewed(
    own_store: RunStore, make_run: TrainedRuns
) -> None:
    """Such a run has networks, but no record of the kind `end`."""
    run = make_run(own_store, SMALL)
    path = run.path / "metrics.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"kind": "end"' not in line))
    run.lifecycle.write(state="interrupted")
    page = open_page("train")
    assert f"at epoch {SMALL.epochs}" in shown_text(page)
    assert page.button("resume")
