"""A data set of short words, and a finished run on it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.kinds.words import CONFIG, WORDS
from vae_core.data import registry, text_items
from vae_core.data.dataset import TextDataset
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.training.loop import train


@pytest.fixture(scope="package")
def words() -> TextDataset:
    items = text_items.split(WORDS)
    x_train, x_test = (x.astype(np.int32) for x in (items.x_train, items.x_test))
    return TextDataset(name="words", **items._asdict() | {"x_train": x_train, "x_test": x_test})


@pytest.fixture
def words_loaded(monkeypatch: pytest.MonkeyPatch, words: TextDataset) -> None:
    """Let the registry load the words under any name."""
    monkeypatch.setattr(registry, "load", lambda _name: words)


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory, words: TextDataset) -> Run:
    """A finished run on the words; tests only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "load", lambda _name: words)
        run = RunStore(tmp_path_factory.mktemp("texts")).create(CONFIG)
        train(run)
    assert run.status().state == "finished", run.status()
    return run
