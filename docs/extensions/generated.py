"""Tables that are made from the code while the site is built, so they can't fall behind it."""

from __future__ import annotations

import click
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from vae_core.cli.app import COMMANDS, app
from vae_core.config import fields_table
from vae_core.metrics.catalogue import METRICS

HELP_WIDTH = 96  # characters


class MarkdownTable(SphinxDirective):
    """A directive whose content is a table in Markdown."""

    def table(self) -> str:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        container = nodes.container()
        lines = StringList(self.table().splitlines(), source=self.get_source_info()[0])
        self.state.nested_parse(lines, self.content_offset, container)
        return container.children


class ConfigFields(MarkdownTable):
    """All fields of a config: name, default, values, meaning."""

    def table(self) -> str:
        return fields_table()


class MetricTable(MarkdownTable):
    """All metrics: title, unit, better direction, text."""

    def table(self) -> str:
        rows = ["| metric | unit | better | what it says |", "| --- | --- | --- | --- |"]
        for metric in METRICS.values():
            cells = (metric.title, metric.unit or "none", metric.better or "neither", metric.text)
            rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        return "\n".join(rows)


class CommandTable(MarkdownTable):
    """The commands, and what each does."""

    def table(self) -> str:
        rows = ["| command | what it does |", "| --- | --- |"]
        rows += [f"| `{name}` | {entry.summary} |" for name, entry in COMMANDS.items()]
        return "\n".join(rows)


class CommandHelp(SphinxDirective):
    """What `--help` of each command prints, a section a command."""

    def run(self) -> list[nodes.Node]:
        parent = click.Context(app, info_name="python -m vae_core")
        return [self.section(name, parent) for name in COMMANDS]

    def section(self, name: str, parent: click.Context) -> nodes.section:
        command = app.get_command(parent, name)
        assert command is not None
        context = click.Context(
            command,
            info_name=name,
            parent=parent,
            terminal_width=HELP_WIDTH,
            max_content_width=HELP_WIDTH,
        )
        text = command.get_help(context)
        section = nodes.section(ids=[f"command-{name}"], names=[f"command {name}"])
        section += nodes.title(name, name)
        section += nodes.literal_block(text, text, language="text")
        return section


def setup(sphinx: Sphinx) -> dict[str, bool]:
    sphinx.add_directive("config-fields", ConfigFields)
    sphinx.add_directive("metric-table", MetricTable)
    sphinx.add_directive("command-table", CommandTable)
    sphinx.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
