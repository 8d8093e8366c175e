"""python -m vae_core export-mlflow"""

from __future__ import annotations

import click

from vae_core.cli.options import Command, json_option, store_option
from vae_core.cli.printing import OUT, print_json
from vae_core.cli.stores import find_run, open_store
from vae_core.training.sinks.mlflow import export_mlflow


@click.command(
    cls=Command,
    params=[
        click.Argument(["run_ids"], nargs=-1, required=True, metavar="RUN_ID..."),
        store_option(),
        json_option(),
    ],
)
def command(run_ids: tuple[str, ...], store: str | None, as_json: bool) -> int:
    """Write finished runs, with their networks, to MLflow."""
    exported = {}
    for run_id in run_ids:
        run = find_run(open_store(store), run_id)
        exported[run.id] = export_mlflow(run)
        if not as_json:
            OUT.print(f"{run.id}  MLflow run {exported[run.id]}", soft_wrap=True)
    if as_json:
        print_json(exported)
    return 0
