"""python -m vae_core delete"""

from __future__ import annotations

import sys

import click

from vae_core.cli.options import Command, Option, json_option, store_option
from vae_core.cli.printing import ERR, OUT, print_json
from vae_core.cli.stores import find_run, open_store
from vae_core.runs import deletion
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run


@click.command(
    cls=Command,
    params=[
        click.Argument(["run_ids"], nargs=-1, required=True, metavar="RUN_ID..."),
        Option("--yes", is_flag=True, help="delete without asking"),
        store_option(),
        json_option(),
    ],
)
def command(run_ids: tuple[str, ...], yes: bool, store: str | None, as_json: bool) -> int:
    """Delete runs for good, after asking.

    RUN_ID is a run's id, or a part that no other id has. Runs that train or wait, and runs that
    ship with the project, can't be deleted. If one of them is given, nothing is deleted.
    """
    opened = open_store(store)
    runs = list({run.id: run for run in (find_run(opened, run_id) for run_id in run_ids)}.values())
    for run in runs:
        refusal = deletion.refusal(run, run.status())
        if refusal:
            raise RunError(f"{run.id}: {refusal}")
    if not yes and not _confirmed(runs):
        ERR.print("Nothing was deleted.")
        runs = []
    for run in runs:
        deletion.delete(run, opened)
        if not as_json:
            OUT.print(f"{run.id} deleted", soft_wrap=True)
    if as_json:
        print_json({"deleted": [run.id for run in runs]})
    return 0


def _confirmed(runs: list[Run]) -> bool:
    """Say what is lost, and ask whether to delete it.

    Raises:
        RunError: nobody can answer, because standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        raise RunError(
            "delete asks before it deletes, and there is no terminal to answer from: add --yes."
        )
    for run in runs:
        status = run.status()
        imported = ", imported" if status.imported else ""
        ERR.print(f"{run.path}: {status.state}{imported}, epoch {status.epoch}", markup=False)
    ERR.print(
        "Networks, numbers and logs of these runs are lost. Training the same config again gives "
        "the same networks and numbers."
    )
    count = "this run" if len(runs) == 1 else f"these {len(runs)} runs"
    return click.confirm(f"Delete {count} for good?", err=True)
