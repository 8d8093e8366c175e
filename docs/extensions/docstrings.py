"""The API reference: a page section a module, from docstrings that are written in plain text.

The docstrings follow Google's sections (`Args:`, `Returns:`, `Raises:`), which `napoleon` reads.
What stands before the sections is plain text: an indented block is shown as it is, and characters
that reStructuredText takes for markup are escaped.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

SECTION = re.compile(
    r"(Args|Attributes|Returns|Yields|Raises|Example|Examples|Note|Notes|Warning):"
)
CODE = re.compile(r"(``.+?``|`[^`]+`)")
MARKUP = re.compile(r"([*|])|(?<=\w)(_)(?!\w)")
BEFORE_NAPOLEON = 400


class ApiModules(SphinxDirective):
    """The reference of a package: `automodule` of it and of all modules in it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        lines: list[str] = []
        for name in _modules(self.arguments[0]):
            lines += [f"## `{name}`", "", "```{eval-rst}", f".. automodule:: {name}", "```", ""]
        container = nodes.section()
        source = self.get_source_info()[0]
        self.state.nested_parse(
            StringList(lines, source=source), self.content_offset, container, match_titles=True
        )
        return container.children


def _modules(name: str) -> list[str]:
    """A module, and where it is a package all modules in it, those of packages in it too."""
    module = importlib.import_module(name)
    found = [name]
    for info in sorted(pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}.")):
        if not info.name.rpartition(".")[2].startswith("_"):
            found += _modules(info.name) if info.ispkg else [info.name]
    return found


def plain_text(lines: list[str]) -> list[str]:
    """The docstring as reStructuredText."""
    found: list[str] = []
    in_block = in_sections = False
    for line in lines:
        indented = line.startswith("    ")
        if SECTION.fullmatch(line.strip()) and not indented:
            in_sections, in_block = True, False
        if not in_sections and line.strip():
            if indented and not in_block and (not found or not found[-1].strip()):
                found += ["::", ""]
                in_block = True
            elif not indented:
                in_block = False
        found.append(line if in_block else _escaped(line))
    return found


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
    app.add_directive("api-modules", ApiModules)
    app.connect("autodoc-process-docstring", _process, priority=BEFORE_NAPOLEON)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
