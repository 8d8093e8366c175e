"""The API reference: a page for each package of `vae_core`, from its docstrings.

The docstrings have Google's sections (`Args:`, `Returns:`, `Raises:`), which `napoleon` reads. The
text before the sections is plain text. So an indented block in it becomes a literal block, and
characters that reStructuredText takes for markup are escaped.
"""

from __future__ import annotations

import pkgutil
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import vae_core

LEFT_OUT = ("vae_core.cli", "vae_core.__main__")  # docs/command-line.md describes these
SECTION = re.compile(
    r"(Args|Attributes|Returns|Yields|Raises|Example|Examples|Note|Notes|Warning):"
)
CODE = re.compile(r"(``.+?``|`[^`]+`)")
MARKUP = re.compile(r"([*|])|(?<=\w)(_)(?!\w)")
BEFORE_NAPOLEON = 400  # priority of our handler; napoleon's is 500


def write_pages(app: Sphinx) -> None:
    """Write `reference/<package>.md` for every package, and remove pages of deleted packages."""
    folder = Path(app.srcdir) / "reference"
    packages: dict[str, list[str]] = {"vae_core": []}
    for info in pkgutil.walk_packages(vae_core.__path__, "vae_core."):
        if info.name.startswith(LEFT_OUT):
            continue
        if info.ispkg:
            packages[info.name] = []
        else:
            packages[info.name.rpartition(".")[0]].append(info.name)
    for path in folder.glob("vae_core*.md"):
        if path.stem not in packages:
            path.unlink()
    for package, modules in packages.items():
        text = page(package, modules)
        path = folder / f"{package}.md"
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def page(package: str, modules: list[str]) -> str:
    """Return the page of a package in Markdown."""
    # The function `vae_core.runs` and the package of that name can't both have an entry.
    children = (info.name for info in pkgutil.iter_modules(sys.modules[package].__path__))
    parts = [f"# {package}", automodule(package, excluded=children)]
    for module in modules:
        parts += [f"## {module.rpartition('.')[2]}", automodule(module)]
    return "\n\n".join(parts) + "\n"


def automodule(name: str, excluded: Iterable[str] = ()) -> str:
    """Return the directive that documents a module, without some of its members."""
    members = ", ".join(("__init__", "__new__", *excluded))
    return f"```{{eval-rst}}\n.. automodule:: {name}\n   :exclude-members: {members}\n```"


def plain_text(lines: list[str]) -> list[str]:
    """Convert the lines of a docstring to reStructuredText."""
    converted: list[str] = []
    in_block = in_sections = False
    for line in lines:
        indented = line.startswith("    ")
        if SECTION.fullmatch(line.strip()) and not indented:
            in_sections, in_block = True, False
        if not in_sections and line.strip():
            if indented and not in_block and (not converted or not converted[-1].strip()):
                converted += ["::", ""]
                in_block = True
            elif not indented:
                in_block = False
        converted.append(line if in_block else _escaped(line))
    return converted


def _escaped(line: str) -> str:
    parts = CODE.split(line)
    parts[::2] = [MARKUP.sub(lambda match: f"\\{match[0]}", part) for part in parts[::2]]
    return "".join(parts)


def _process(
    app: Sphinx,  # noqa: ARG001
    what: str,  # noqa: ARG001
    name: str,  # noqa: ARG001
    thing: Any,  # noqa: ARG001
    options: Any,  # noqa: ARG001
    lines: list[str],
) -> None:
    lines[:] = plain_text(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-docstring", _process, priority=BEFORE_NAPOLEON)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
