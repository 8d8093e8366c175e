"""A data set of vectors that the package does not have."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.data.own_data import flowers
from tests.core.training.new_members.test_likelihoods import Calibrated
from tests.core.training.new_members.training import add, check_networks, trained
from vae_core import kinds
from vae_core.api.trained_run import TrainedRun
from vae_core.config import RunConfig
from vae_core.data.dataset import Dataset
from vae_core.data.registry import DATASETS
from vae_core.data.source import Source
from vae_core.model.likelihoods import LIKELIHOODS
from vae_core.runs.store import RunStore
from vae_core.training import evaluation, loop


def load_flowers() -> Dataset:
    return Dataset("flowers", *flowers(100, 0), *flowers(40, 1), ("small", "large"))


def test_vectors_are_refused_by_an_architecture_for_images(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(load_flowers, (5,), 100, bundled=True, shown_as="vectors")
    add(monkeypatch, DATASETS, "flowers", source)
    run = store.create(RunConfig(dataset="flowers", architecture="conv", batch_size=20))
    loop.train(run)
    assert run.status().error == (
        "the architecture 'conv' is for items of the shape (height, width, channels), and those of "
        "the data set have the shape (5,): choose mlp."
    )


@pytest.mark.parametrize(
    "likelihood", [*LIKELIHOODS, pytest.param("calibrated", marks=pytest.mark.slow)]
)
def test_vectors(likelihood: str, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, LIKELIHOODS, "calibrated", Calibrated)
    source = Source(load_flowers, (5,), 100, bundled=True, shown_as="vectors")
    add(monkeypatch, DATASETS, "flowers", source)
    run = trained(store, dataset="flowers", likelihood=likelihood)
    assert kinds.of_run(run.config).name == "vectors"
    check_networks(run)
    vae, data = evaluation.load_trained(run)
    assert data.item_shape == (5,)
    assert vae.decoder.output_shape == (None, 5 * vae.likelihood.numbers)
    assert run.records("start")[0]["dataset"]["shape"] == [5]
    assert not run.browser_path.exists(), "scripts draw pictures"
    assert {"active_units", "iw_bound_50"} <= run.metrics().keys()
    opened = TrainedRun(run)
    assert np.shape(opened.sample(3)) == (3, 5)
    assert np.shape(opened.reconstruct(data.x_test)) == (40, 5)
    with pytest.raises(ValueError, match=r"shape \(n, 5\), got \(2, 4\)"):
        opened.encode(data.x_test[:2, :4])
