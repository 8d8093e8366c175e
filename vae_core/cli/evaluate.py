"""python -m vae_core evaluate"""

from __future__ import annotations

import click
from rich.table import Table

from vae_core import kinds
from vae_core.cli.options import Command, json_option, store_option
from vae_core.cli.printing import OUT, native_stderr_silenced, print_json
from vae_core.cli.run_table import add_metrics
from vae_core.cli.stores import find_run, open_store
from vae_core.runs.errors import NO_WEIGHTS, RunError


@click.command(cls=Command, params=[click.Argument(["run_id"]), store_option(), json_option()])
def command(run_id: str, store: str | None, as_json: bool) -> int:
    """Compute the held-out numbers again from the weights.

    RUN_ID is the run's id, or a part that no other id has.
    """
    run = find_run(open_store(store), run_id)
    if not (run.weights_path.is_file() or run.checkpoint_path.is_file()):
        # Checked before the import of TensorFlow, which takes seconds.
        raise RunError(NO_WEIGHTS.format(run.id))
    with native_stderr_silenced():
        from vae_core.training import evaluation  # TensorFlow, only where it is needed

        result = evaluation.evaluate(run)
    if as_json:
        print_json({"id": run.id} | result)
        return 0
    table = Table(title=f"{run.id}, epoch {result['epoch']}")
    table.add_column(f"held out, per {kinds.of_run(run.config).item}")
    table.add_column("recomputed", justify="right")
    table.add_column("stored", justify="right")
    add_metrics(table, result["recomputed"], result["stored"])
    OUT.print(table)
    return 0
