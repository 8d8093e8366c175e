"""README and docs: their commands can be parsed, their links lead somewhere, nothing is missing.

`make docs` checks the links between the pages of the docs.
"""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from vae_core.cli.app import app
from vae_core.metrics.catalogue import METRICS
from vae_core.runs.store import PROJECT

README_LINES = 130
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
COMMAND = re.compile(r"python -m vae_core\b(.*)")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
METRIC = re.compile(r"^```\{metric\} (.+)\n```$", re.MULTILINE)
SECTION = re.compile(r"^##+ ", re.MULTILINE)
SOURCE = re.compile(r"\(\d{4}\)|, \d{4}\)|have no paper")
MAKE = re.compile(r"^(?: {4})?make ([a-z-]+)", re.MULTILINE)


def commands() -> list[str]:
    """The arguments of every `python -m vae_core` in a code block, without comments."""
    found = set()
    for page in PAGES:
        for block in code_blocks(page.read_text("utf-8")):
            for line in block.splitlines():
                match = COMMAND.search(line.partition("#")[0])
                if match and "..." not in match[1]:
                    found.add(match[1].strip())
    return sorted(found)


def code_blocks(text: str) -> list[str]:
    """The text of all fenced shell blocks and of all indented lines of code."""
    fenced = re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return fenced + re.findall(r"^ {4}\S.*$", text, re.MULTILINE)


def check(command: str) -> None:
    """Parse a command as the command line does, without running it."""
    with app.make_context("vae_core", shlex.split(command)) as context:
        name, subcommand, rest = app.resolve_command(context, list(context._protected_args))
        assert name
        assert subcommand
        with subcommand.make_context(name, [*rest, *context.args], parent=context):
            pass


@pytest.mark.parametrize("command", commands())
def test_commands_that_the_docs_show_can_be_parsed(command: str) -> None:
    check(command)


def test_commands_are_found_and_a_wrong_one_is_noticed() -> None:
    assert len(commands()) > 15
    for wrong in ("train --betta 4", "trian --beta 4", "train --beta four", "show"):
        with pytest.raises(click.UsageError):
            check(wrong)


def test_the_readme_is_short() -> None:
    lines = (PROJECT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= README_LINES


def test_links_of_the_readme_lead_to_files() -> None:
    links = LINK.findall((PROJECT / "README.md").read_text("utf-8"))
    assert len(links) > 10
    missing = [link for link in links if "://" not in link and not (PROJECT / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_of_make_are_there(page: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    for target in MAKE.findall(page.read_text("utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_extra_that_the_docs_install_is_there() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {
        extra
        for page in PAGES
        for group in re.findall(r"pip install '\.\[([a-z,]+)\]'", page.read_text("utf-8"))
        for extra in group.split(",")
    }
    assert named
    assert named <= project["optional-dependencies"].keys()


def test_every_metric_has_one_definition_with_its_source() -> None:
    defined: list[str] = []
    for section in SECTION.split((PROJECT / "docs/science.md").read_text("utf-8")):
        for names in METRIC.findall(section):
            defined += names.split()
            assert SOURCE.search(section), f"no source: {names}"
            assert len(METRIC.sub("", section)) > 200, f"no definition: {names}"
    assert sorted(defined) == sorted(METRICS)


def test_every_promise_of_security_names_a_test() -> None:
    rows = [
        [cell.strip() for cell in line.strip("| \n").split(" | ")]
        for line in (PROJECT / "docs/security.md").read_text("utf-8").splitlines()
        if line.startswith("|")
    ][2:]
    assert len(rows) > 20
    for promise, named in rows:
        path, _, name = named.strip("`").partition("::")
        functions = ast.walk(ast.parse((PROJECT / path).read_text("utf-8")))
        names = {node.name for node in functions if isinstance(node, ast.FunctionDef)}
        assert name in names, promise
