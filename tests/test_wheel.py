"""A wheel contains the code and the files that the browser loads."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.waiting import PATIENCE
from vae_core.runs.store import PROJECT

SHIPPED = (".py", ".js", ".css", ".html", ".svg")


@pytest.mark.slow
def test_a_wheel_contains_every_file_of_the_packages(tmp_path: Path) -> None:
    source = tmp_path / "source"  # a copy, because building leaves folders behind
    source.mkdir()
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(PROJECT / name, source)
    for package in ("vae_core", "dashboard"):
        shutil.copytree(PROJECT / package, source / package)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, source],
        check=True,
        timeout=PATIENCE,
    )
    (wheel,) = tmp_path.glob("vae_lab-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    needed = {
        path.relative_to(PROJECT).as_posix()
        for package in ("vae_core", "dashboard")
        for path in (PROJECT / package).rglob("*")
        if path.suffix in SHIPPED and "static" not in path.parts
    }
    assert "dashboard/components/plane/plane.js" in needed
    assert needed <= packed, sorted(needed - packed)
    others = {name.split("/")[0] for name in packed} - {"vae_core", "dashboard"}
    assert all(name.endswith(".dist-info") for name in others), others
