"""An exported run is imported however it was packed: folders, nested zips, byte order marks."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.data.upload_files import zipped
from tests.core.exchange.exported_files import Files, answered, packed
from vae_core.runs.run import Run

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_a_folder_can_be_imported(trained: Run, tmp_path: Path) -> None:
    found = answered(trained.path, tmp_path)
    assert found == {"answer": {"id": trained.id}}
    assert Run(tmp_path / "out" / trained.id).status().imported


BOM = b"\xef\xbb\xbf"


def marked(files: Files) -> Files:
    """Put a byte order mark before the JSON files, and end their lines as Windows does."""
    return {
        name: BOM + content.replace(b"\n", b"\r\n") if "json" in name else content
        for name, content in files.items()
    }


def as_utf16(files: Files) -> Files:
    return {
        name: content.decode().encode("utf-16") if "json" in name else content
        for name, content in files.items()
    }


MAC = (
    ("__MACOSX/my run/._config.json", b"\0\5\x16\7"),
    ("__MACOSX/my run/config.json", b"no run"),
    ("my run/._config.json", b"\0\5\x16\7"),
    ("my run/.DS_Store", b"\0\0\0\1Bud1"),
    ("my run/.ipynb_checkpoints/config.json", b"{}"),
)
REPACKED: dict[str, Callable[[Files], bytes]] = {
    "another folder": lambda files: packed("my best run", files),
    "no folder": lambda files: packed("", files),
    "a level deeper": lambda files: packed("Downloads/vae/β = 1", files),
    "byte order marks": lambda files: packed("run", marked(files)),
    "UTF-16": lambda files: packed("run", as_utf16(files)),
    "a Mac": lambda files: zipped(*MAC, *((f"my run/{n}", c) for n, c in files.items())),
}


@pytest.mark.parametrize("how", REPACKED)
@pytest.mark.parametrize("as_folder", [False, True])
def test_a_run_is_imported_however_it_was_packed(
    how: str, as_folder: bool, tmp_path: Path, trained: Run, exported: Files
) -> None:
    """The id comes from the config; the folder may have any name."""
    content: bytes | Path = REPACKED[how](exported)
    if as_folder:
        assert isinstance(content, bytes)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(tmp_path / "unpacked")
        content = tmp_path / "unpacked"
    assert answered(content, tmp_path) == {"answer": {"id": trained.id}}
    run = Run(tmp_path / "out" / trained.id)
    assert (run.records(), run.metrics()) == (trained.records(), trained.metrics())
    assert not (run.path / "config.json").read_bytes().startswith(BOM)


def test_a_folder_of_several_runs_is_refused(tmp_path: Path, trained: Run) -> None:
    for name in ("a", "b"):
        shutil.copytree(trained.path, tmp_path / "runs" / name)
    error = answered(tmp_path / "runs", tmp_path)["error"]
    assert error == "runs must hold one run, but it holds 2."
    (tmp_path / "empty").mkdir()
    shutil.rmtree(tmp_path / "out")
    assert "it holds 0" in answered(tmp_path / "empty", tmp_path)["error"]
