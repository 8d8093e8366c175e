"""python -m vae_core show"""

from __future__ import annotations

import click
from rich.table import Table

from vae_core import kinds
from vae_core.cli.options import Command, json_option, store_option
from vae_core.cli.printing import OUT, print_json
from vae_core.cli.run_table import add_metrics, summary
from vae_core.cli.stores import find_run, open_store
from vae_core.config import FIELDS


@click.command(cls=Command, params=[click.Argument(["run_id"]), store_option(), json_option()])
def command(run_id: str, store: str | None, as_json: bool) -> int:
    """Show the config, status and last metrics of a run.

    RUN_ID is the run's id, or a part that no other id has.
    """
    run = find_run(open_store(store), run_id)
    shown = summary(run)
    if as_json:
        print_json(shown)
        return 0
    kind = kinds.of_run(run.config).arrays
    table = Table(show_header=False)
    for name in FIELDS:
        if FIELDS[name].read_by(vars(run.config), kind):
            table.add_row(name, str(getattr(run.config, name)))
    table.add_section()
    for name in ("state", "epoch", "seconds", "error"):
        if shown[name] is not None:
            table.add_row(name, str(shown[name]))
    if shown["imported"]:
        table.add_row("imported", "the numbers are the sender's; evaluate computes them again")
    table.add_section()
    add_metrics(table, (shown["test"] or {}) | shown["metrics"])
    OUT.print(table)
    return 0
