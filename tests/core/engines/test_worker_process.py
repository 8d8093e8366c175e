"""The process of a worker, from its parent's side."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from vae_core.engines.worker_process import WorkerProcess


def test_a_killed_worker_leaves_nothing_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    worker = WorkerProcess()
    (scratch,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    environment = Path(f"/proc/{worker.pid}/environ")
    if environment.exists():
        assert f"TMPDIR={scratch}".encode() in environment.read_bytes().split(b"\0")
    (scratch / "__autograph_generated_file.py").touch()  # as TensorFlow writes it
    worker.kill()
    worker.end()
    assert list(tmp_path.iterdir()) == []
