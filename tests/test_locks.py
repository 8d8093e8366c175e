"""The locked packages: every one has hashes, and they are those of pyproject.toml."""

from __future__ import annotations

import re
import tomllib

import pytest

from vae_core.runs.store import PROJECT

PIN = re.compile(r"([\w.-]+)(?:\[[\w,]+\])?==([\w.+!-]+)")
# Name of a file -> the extras of pyproject.toml whose packages it holds.
LOCKS = {
    "requirements-viewer.txt": (),
    "requirements.txt": ("train", "login"),
    "requirements-dev.txt": ("train", "login", "cluster", "mlflow", "tensorboard", "docs", "dev"),
}


def locked(name: str) -> dict[str, set[str]]:
    """Return package -> its versions; it may have one for each version of Python."""
    text = (PROJECT / name).read_text("utf-8").replace("\\\n", " ")
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        pin = PIN.match(line)
        assert pin, f"{name}: {line!r} is no package with a version"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), f"{name}: {pin[0]} has no hash"
        found.setdefault(pin[1].lower(), set()).add(pin[2])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_what_the_project_names(name: str) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *(line for extra in LOCKS[name] for line in extras[extra])]
    pins = [pin for line in named if (pin := PIN.match(line))]
    assert len(pins) > 15
    packages = locked(name)
    stale = [pin[0] for pin in pins if pin[2] not in packages.get(pin[1].lower(), ())]
    assert not stale, f"run make lock: {name} lacks {', '.join(stale)}"
    assert len(packages) > 2 * len(project["dependencies"]), "also what the packages need"


def test_the_locks_agree_and_name_no_index() -> None:
    versions: dict[str, set[str]] = {}
    for name in LOCKS:
        text = (PROJECT / name).read_text("utf-8")
        assert "://" not in text
        assert "index" not in re.sub(r"^\S+==.*", "", text, flags=re.MULTILINE)
        for package, found in locked(name).items():
            assert versions.setdefault(package, found) == found, package
