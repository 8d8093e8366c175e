"""python -m vae_core list"""

from __future__ import annotations

import click

from vae_core.cli.options import Command, json_option, store_option
from vae_core.cli.printing import OUT, print_error, print_json
from vae_core.cli.run_table import print_runs, summary
from vae_core.cli.stores import open_store


@click.command(cls=Command, params=[store_option(), json_option()])
def command(store: str | None, as_json: bool) -> int:
    """List the runs of the store."""
    opened = open_store(store)
    runs, damaged = opened.scan()
    summaries = [summary(run) for run in runs]
    if as_json:
        print_json({"runs": summaries, "damaged": damaged})
        return 0
    if summaries:
        print_runs(summaries)
    else:
        OUT.print(
            f"No runs in {opened.root} yet: train one, or see those that ship with "
            "--store pretrained.",
            soft_wrap=True,
        )
    for reason in damaged.values():
        print_error(reason)
    return 0
