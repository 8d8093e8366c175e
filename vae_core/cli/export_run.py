"""python -m vae_core export"""

from __future__ import annotations

from pathlib import Path

import click

from vae_core.cli.options import Command, Option, json_option, store_option
from vae_core.cli.printing import OUT, print_json
from vae_core.cli.stores import find_run, open_store
from vae_core.exchange.bundle import bundle
from vae_core.runs.disk import replace_file
from vae_core.runs.errors import RunError
from vae_core.sandbox import format_bytes


@click.command(
    cls=Command,
    params=[
        click.Argument(["run_id"]),
        Option(
            "--output",
            "-o",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="the zip to write, or its folder; default: RUN_ID.zip in the current folder",
        ),
        Option("--force", is_flag=True, help="overwrite the file if it exists"),
        store_option(),
        json_option(),
    ],
)
def command(run_id: str, output: Path | None, force: bool, store: str | None, as_json: bool) -> int:
    """Write a run as a zip, with a script that loads it in plain Keras.

    RUN_ID is the run's id, or a part that no other id has. The command import reads the zip.
    """
    run = find_run(open_store(store), run_id)
    path = output or Path()
    if path.is_dir():
        path /= f"{run.id}.zip"
    if path.exists() and not force:
        raise RunError(f"{path} exists already; --force overwrites it.")
    if not path.parent.is_dir():
        raise RunError(f"there is no folder {path.parent} to write {path.name} to.")
    content = bundle(run)
    replace_file(path, content)
    if as_json:
        print_json({"id": run.id, "path": str(path), "bytes": len(content)})
    else:
        OUT.print(f"{path}, {format_bytes(len(content))}", markup=False, soft_wrap=True)
    return 0
