"""Imports point one way and in no circle: the folders stand in the order of the pipeline."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from vae_core.runs.store import PROJECT

# A folder may import what stands in a row above its own, and itself.
CORE = (
    ("settings",),
    ("config",),
    ("registry",),
    ("sandbox",),
    ("runs",),
    ("data",),
    ("model",),
    ("inference", "metrics", "latent"),
    ("kinds",),
    ("training",),
    ("exchange",),
    ("engines",),
    ("cli",),
    ("api",),
    ("__main__",),
)
# The pages know each other as little as the figures know Streamlit.
DASHBOARD = (
    ("figures",),
    ("components",),
    ("shared", "access", "shell", "kinds"),  # parts of pages, which need each other
    ("app_pages",),
    ("app",),
)


def modules(package: str) -> dict[str, Path]:
    """The modules of a package by their names, with their files."""
    files = {}
    for path in (PROJECT / package).rglob("*.py"):
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        files[name.removesuffix(".__init__")] = path
    return files


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Which of these modules a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports are not read here"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if name in known:
                    yield name
                elif node.module in known:
                    yield node.module


def graph() -> dict[str, set[str]]:
    known = modules("vae_core") | modules("dashboard")
    return {name: {*imports(path, known)} - {name} for name, path in known.items()}


def test_there_is_no_circle() -> None:
    graphlib.TopologicalSorter(graph()).prepare()


@pytest.mark.parametrize(
    ("package", "order"), [("vae_core", CORE), ("dashboard", DASHBOARD)], ids=["core", "dashboard"]
)
def test_no_import_runs_back(package: str, order: tuple[tuple[str, ...], ...]) -> None:
    row = {part: i for i, parts in enumerate(order) for part in parts}
    back = []
    for name, targets in graph().items():
        if name.startswith(f"{package}."):
            for target in targets:
                if target.startswith(f"{package}."):
                    a, b = name.split(".")[1], target.split(".")[1]
                    if a != b and row[a] <= row[b] and not (row[a] == row[b] and a in SIBLINGS):
                        back.append(f"{name} imports {target}")
    assert not back, "\n".join(sorted(back))


SIBLINGS = {part for parts in DASHBOARD if len(parts) > 1 for part in parts}


def test_the_core_knows_no_dashboard() -> None:
    targets = {t for name, ts in graph().items() if name.startswith("vae_core") for t in ts}
    assert not {target for target in targets if target.startswith("dashboard")}


def test_every_folder_has_its_place() -> None:
    """A new folder without a row would not be looked at."""
    for package, order in (("vae_core", CORE), ("dashboard", DASHBOARD)):
        parts = {name.split(".")[1] for name in modules(package) if "." in name}
        assert parts <= {part for row in order for part in row}
