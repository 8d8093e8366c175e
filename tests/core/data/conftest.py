"""A store for data sets of users, in a temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from vae_core.data import registry


@pytest.fixture
def own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The path of the default store. The folder of temporary files must be empty at the end."""
    root = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("VAE_LAB_RUNS", str(root / "runs"))
    monkeypatch.setattr(tempfile, "tempdir", str(root / "tmp"))
    (root / "tmp").mkdir()
    registry.load.cache_clear()
    yield root / "runs"
    assert list((root / "tmp").iterdir()) == []
