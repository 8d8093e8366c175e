"""`export` writes a run as the zip that the dashboard offers."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.core.cli.calling import called
from vae_core.runs.store import pretrained_store

RUN_ID = "digits-mlp-d2-beta1-seed0-37bd42db"
STORE = ("--store", str(pretrained_store().root))
EXPORT = (*STORE, "export", "beta1-seed0-37bd42db")


def test_the_zip_is_written(tmp_path: Path) -> None:
    file = tmp_path / "run.zip"
    result = called(*EXPORT, "-o", str(file), "--json")
    assert result.returncode == 0, result.stderr
    written = json.loads(result.stdout)
    assert written == {"id": RUN_ID, "path": str(file), "bytes": file.stat().st_size}
    with zipfile.ZipFile(file) as archive:
        assert {f"{RUN_ID}/load.py", f"{RUN_ID}/config.json"} <= set(archive.namelist())


def test_the_file_is_named_after_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / f"{RUN_ID}.zip"
    result = called(*EXPORT, "--output", str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"{file}, ")
    assert zipfile.is_zipfile(file)

    file.unlink()
    monkeypatch.chdir(tmp_path)
    result = called("export", RUN_ID, *STORE)
    assert result.stdout.startswith(f"{RUN_ID}.zip, "), result.stderr
    assert zipfile.is_zipfile(file)


def test_a_file_is_overwritten_only_by_force(tmp_path: Path) -> None:
    file = tmp_path / "run.zip"
    file.write_text("mine")
    result = called(*EXPORT, "-o", str(file))
    assert result.returncode == 2
    assert result.stderr == f"vae_core: {file} exists already; --force overwrites it.\n"
    assert file.read_text() == "mine"
    assert called(*EXPORT, "-o", str(file), "--force").returncode == 0
    assert zipfile.is_zipfile(file)
    assert [path.name for path in tmp_path.iterdir()] == ["run.zip"]


@pytest.mark.parametrize(
    ("run_id", "output", "message"),
    [
        ("nothing", "run.zip", "no run 'nothing'"),
        ("digits", "run.zip", "write more of the id"),
        ("digits-mlp-d2-beta1-seed1-9ce283b2", "run.zip", "has no weights here"),
        (RUN_ID, "nowhere/run.zip", "there is no folder"),
    ],
)
def test_what_can_not_be_exported(run_id: str, output: str, message: str, tmp_path: Path) -> None:
    result = called(*STORE, "export", run_id, "-o", str(tmp_path / output))
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
