"""Parse the arguments of one command as the whole command line does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from vae_core.cli.app import app


def loaded(name: str) -> click.Command:
    """Return a command by its name."""
    command = app.get_command(click.Context(app), name)
    assert command
    return command


def parsed(name: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of a command.

    The parent is the whole command line: Click keeps the help option of a command from the first
    use, and without the parent it lacks `-h`.
    """
    with app.make_context("vae_core", [name]) as parent:
        return loaded(name).make_context(name, list(arguments), parent=parent).params
