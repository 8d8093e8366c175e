"""List the commands, run one, and turn its errors into a message and an exit code."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from vae_core.cli.options import printed_help, store_option
from vae_core.cli.printing import ERR, print_error, replace_unprintable
from vae_core.config import VaeLabError
from vae_core.runs.errors import NotStartedError


class Entry(NamedTuple):
    """The module of a command, and the first line of its help."""

    module: str
    summary: str


# The summaries are repeated here, so that --help does not import every command.
COMMANDS = {
    "describe": Entry(
        "describe", "Show a data set, and the layers of the networks and their parameter counts."
    ),
    "train": Entry("train", "Train one run, or open it if it is already finished."),
    "sweep": Entry(
        "sweep", "Train a run for each beta and seed; a seed fixes the initial weights."
    ),
    "list": Entry("list_runs", "List the runs of the store."),
    "show": Entry("show", "Show the config, status and last metrics of a run."),
    "evaluate": Entry("evaluate", "Compute the held-out numbers again from the weights."),
    "import": Entry("import_run", "Import a run that somebody exported, from its zip or folder."),
    "export": Entry(
        "export_run", "Write a run as a zip, with a script that loads it in plain Keras."
    ),
    "delete": Entry("delete_runs", "Delete runs for good, after asking."),
    "datasets": Entry("list_datasets", "List the data sets that can be trained on."),
    "export-mlflow": Entry("export_mlflow", "Write finished runs, with their networks, to MLflow."),
}


class Commands(click.Group):
    """A group of commands that imports a command when it is used."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return printed_help(super().get_help_option(ctx))

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"vae_core.cli.{COMMANDS[cmd_name].module}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


app = Commands(
    no_args_is_help=False,
    help="Train β-VAEs, and read the run folders that training writes.",
    params=[store_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 (a run failed), 2 (the input can't be used) or 130 (Ctrl-C)."""
    replace_unprintable()
    try:
        given = list(sys.argv[1:] if arguments is None else arguments)
        with app.make_context("python -m vae_core", given) as context:
            code: int = app.invoke(context)
            return code
    except click.exceptions.Exit as request:  # after --help
        return request.exit_code
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "python -m vae_core"
        print_error(f"vae_core: {error.format_message()} See {command} --help.")
        return 2
    except BrokenPipeError:  # the reader has closed the pipe, as `head` does
        return 0
    except (VaeLabError, OSError) as error:
        print_error(f"vae_core: {error}")
        return 1 if isinstance(error, NotStartedError) else 2
    except click.Abort:  # Ctrl-C or the end of input at a question
        ERR.print("Stopped.")
        return 130
    except KeyboardInterrupt:
        ERR.print("Stopped. The same command goes on from the last checkpoint.")
        return 130
