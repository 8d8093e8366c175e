"""List a member, train a run with it, and check the run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.core.data.own_data import flags
from vae_core.config import RunConfig
from vae_core.data.dataset import Dataset
from vae_core.data.registry import DATASETS
from vae_core.data.source import Source
from vae_core.inference.images import Inference
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.training import evaluation, loop


def add(monkeypatch: pytest.MonkeyPatch, registry: Any, name: str, member: Any) -> None:
    """Add a member to a registry, as an installed plug-in does."""
    monkeypatch.setitem(registry._places, name, member)


def list_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the data set `flags`: images of 6x10 pixels in three channels, with two classes."""

    def load() -> Dataset:
        (x, y), (x_test, y_test) = flags(100, 0), flags(40, 1)
        names = ("red above", "blue left")
        x, x_test = ((images / 255).astype(np.float32) for images in (x, x_test))
        return Dataset("flags", x, y, x_test, y_test, names)

    add(monkeypatch, DATASETS, "flags", Source(load, (6, 10, 3), 100, bundled=True))


def trained(store: RunStore, **settings: Any) -> Run:
    """Train a small run, which must finish."""
    run = store.create(RunConfig(epochs=3, batch_size=20, latent_dim=2, **settings))
    loop.train(run)
    assert run.status().state == "finished", run.status().error
    return run


def check_networks(run: Run) -> None:
    """Check that the weights give the stored numbers, and ONNX the results of Keras."""
    vae, data = evaluation.load_trained(run)
    result = evaluation.evaluate(run)
    for name in ("loss", "distortion", "rate"):
        assert result["recomputed"][name] == pytest.approx(result["stored"][name], rel=1e-6)
    networks = Inference(run)
    assert networks.item_shape == data.item_shape
    mean, log_var = networks.encode(data.x_test)
    for one, other in zip((mean, log_var), vae.encode(data.x_test), strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    assert networks.decode(mean).shape == data.x_test.shape
    assert networks.decode(mean) == pytest.approx(vae.decode(mean), abs=1e-4)
    assert networks.log_likelihood(data.x_test, mean) == pytest.approx(
        vae.log_likelihood(data.x_test, mean), rel=1e-4, abs=1e-2
    )
