"""Imports follow the order of the pipeline, and never form a circle."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from vae_core.runs.store import PROJECT

# A folder may import itself and the folders in the rows above its own.
CORE = (
    ("settings",),
    ("config",),
    ("registry",),
    ("graphemes", "code_pages"),
    ("zip_names",),
    ("bidirectional",),
    ("processes", "confinement"),
    ("sandbox",),
    ("hdf5_objects",),
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
DASHBOARD = (
    ("figures",),
    ("components",),
    ("shared", "access", "shell", "kinds"),  # these may import each other
    ("app_pages", "server"),
    ("navigation",),
    ("app",),
)
MAY_IMPORT_EACH_OTHER = {part for row in DASHBOARD if len(row) > 1 for part in row}


def modules(package: str) -> dict[str, Path]:
    """Name -> file of every module of a package."""
    files = {}
    for path in (PROJECT / package).rglob("*.py"):
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        files[name.removesuffix(".__init__")] = path
    return files


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Yield the names of the known modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: this test can't read relative imports"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if name in known:
                    yield name
                elif node.module in known:
                    yield node.module


def graph() -> dict[str, set[str]]:
    """Module -> the modules that it imports."""
    known = modules("vae_core") | modules("dashboard")
    return {name: {*imports(path, known)} - {name} for name, path in known.items()}


def test_there_is_no_circle() -> None:
    graphlib.TopologicalSorter(graph()).prepare()


@pytest.mark.parametrize(
    ("package", "order"), [("vae_core", CORE), ("dashboard", DASHBOARD)], ids=["core", "dashboard"]
)
def test_imports_follow_the_order(package: str, order: tuple[tuple[str, ...], ...]) -> None:
    row = {part: i for i, parts in enumerate(order) for part in parts}
    wrong = []
    for name, targets in graph().items():
        if name.startswith(f"{package}."):
            for target in targets:
                if target.startswith(f"{package}."):
                    a, b = name.split(".")[1], target.split(".")[1]
                    allowed = a == b or row[a] > row[b]
                    if not allowed and not (row[a] == row[b] and a in MAY_IMPORT_EACH_OTHER):
                        wrong.append(f"{name} imports {target}")
    assert not wrong, "\n".join(sorted(wrong))


def test_the_core_never_imports_the_dashboard() -> None:
    targets = {t for name, ts in graph().items() if name.startswith("vae_core") for t in ts}
    assert not {target for target in targets if target.startswith("dashboard")}


def test_every_folder_has_a_row() -> None:
    """`test_imports_follow_the_order` can't check a folder without a row."""
    for package, order in (("vae_core", CORE), ("dashboard", DASHBOARD)):
        parts = {name.split(".")[1] for name in modules(package) if "." in name}
        assert parts <= {part for row in order for part in row}
