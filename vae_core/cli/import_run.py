"""python -m vae_core import"""

from __future__ import annotations

from pathlib import Path

import click

from vae_core.cli.options import Command, json_option, store_option
from vae_core.cli.printing import print_json
from vae_core.cli.run_table import print_runs, summary
from vae_core.cli.stores import open_store
from vae_core.exchange import importing


@click.command(
    cls=Command,
    params=[
        click.Argument(["path"], type=click.Path(path_type=Path)),
        store_option(),
        json_option(),
    ],
)
def command(path: Path, store: str | None, as_json: bool) -> int:
    """Import a run that somebody exported, from its zip or folder."""
    imported = summary(importing.import_run(path, path.name, open_store(store)))
    if as_json:
        print_json(imported)
    else:
        print_runs([imported])
    return 0
