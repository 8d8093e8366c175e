"""An exported run, and a check that imports leave no files behind."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.exchange.exported_files import Files
from vae_core.exchange.bundle import bundle
from vae_core.runs.run import Run


@pytest.fixture
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    yield
    # TensorFlow keeps the source of what it has converted until the process ends.
    left = [path.name for path in (tmp_path / "tmp").iterdir()]
    assert not [name for name in left if not name.startswith("__autograph_generated_file")]


@pytest.fixture(scope="module")
def exported(trained: Run) -> Files:
    """The files in the zip of a run."""
    with zipfile.ZipFile(io.BytesIO(bundle(trained))) as archive:
        return {name.split("/")[1]: archive.read(name) for name in archive.namelist()}
