"""Directives whose tables and texts are made from the code while the site is built."""

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
    """All metrics: title, name, unit, better direction, needs. A title links to its definition."""

    def table(self) -> str:
        rows = ["| metric | name | unit | better | needs |", "| --- | --- | --- | --- | --- |"]
        for name, metric in METRICS.items():
            cells = (
                f"[{metric.title}](#{metric_anchor(name)})",
                f"`{name}`",
                metric.unit or "none",
                metric.better or "neither",
                ", ".join(metric.needs) or "nothing",
            )
            rows.append(f"| {' | '.join(cells)} |")
        return "\n".join(rows)


class MetricEntry(SphinxDirective):
    """Marks the definition of some metrics, and shows their names in files and in Python."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        names = self.arguments[0].split()
        if unknown := [name for name in names if name not in METRICS]:
            raise self.error(f"Not in the catalogue of metrics: {', '.join(unknown)}.")
        targets: list[nodes.Node] = []
        for name in names:
            target = nodes.target(names=[metric_anchor(name)])
            self.state.document.note_explicit_target(target)
            targets.append(target)
        line = nodes.paragraph(text="In files and in Python: ")
        for name in names:
            line += [nodes.literal(text=name), nodes.Text(" ")]
        return [*targets, line]


def metric_anchor(name: str) -> str:
    return f"metric-{name}"


class CommandTable(MarkdownTable):
    """All commands: name, summary."""

    def table(self) -> str:
        rows = ["| command | what it does |", "| --- | --- |"]
        rows += [f"| `{name}` | {entry.summary} |" for name, entry in COMMANDS.items()]
        return "\n".join(rows)


class CommandHelp(SphinxDirective):
    """The output of `--help`, one section for each command."""

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
    sphinx.add_directive("metric", MetricEntry)
    sphinx.add_directive("command-table", CommandTable)
    sphinx.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
