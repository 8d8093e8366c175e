"""Commands whose help shows options in groups, and the options that several commands share."""

from __future__ import annotations

import sys
from typing import Any

import click


class Option(click.Option):
    """An option under a heading of its command's help."""

    def __init__(self, *names: str, group: str = "Options", **rest: Any) -> None:
        super().__init__(names, **rest)
        self.group = group


def printed_help(option: click.Option | None) -> click.Option | None:
    """Let --help write to the standard output as it is.

    `click.echo` writes UTF-8 to it, even if its encoding is ASCII.
    """

    def show(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked and not ctx.resilient_parsing:
            sys.stdout.write(ctx.get_help() + "\n")
            ctx.exit()

    if option:
        option.callback = show
    return option


class Command(click.Command):
    """A command whose help shows its options in groups, in their own order."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return printed_help(super().get_help_option(ctx))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; the user's own data sets are those of its store."""
        from vae_core.cli.stores import open_store  # NumPy, which --help doesn't need
        from vae_core.data import own

        with own.in_store(open_store(ctx.params.get("store"))):
            return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            row = param.get_help_record(ctx)  # None for an argument
            if row:
                groups.setdefault(getattr(param, "group", "Options"), []).append(row)
        for title, rows in groups.items():
            with formatter.section(title):
                formatter.write_dl(rows)


class Numbers(click.ParamType[list[Any]]):
    """A list of numbers with commas between."""

    name = "N,N,..."

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[Any]:
        try:
            return [self.kind(part) for part in value.split(",")]
        except ValueError:
            reason = f"expected numbers with commas between, as in 0,1,4; got {value!r}."
            self.fail(reason, param, ctx)


def store_option() -> Option:
    """Make the option --store, which may also stand before the command."""

    def or_of_parent(ctx: click.Context, _: click.Parameter, value: str | None) -> str | None:
        return value or (ctx.parent.params["store"] if ctx.parent else None)

    return Option(
        "--store", metavar="FOLDER", help="run store; default: runs/", callback=or_of_parent
    )


def json_option() -> Option:
    return Option("--json", "as_json", is_flag=True, help="print JSON for a program to read")
