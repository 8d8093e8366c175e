"""python -m vae_core train"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from vae_core.cli.config_options import config_of, config_options
from vae_core.cli.options import Command, json_option, store_option
from vae_core.cli.printing import print_error, print_json
from vae_core.cli.progress import follow
from vae_core.cli.run_table import print_runs, summary
from vae_core.cli.stores import open_store
from vae_core.config import FIELDS, RunConfig
from vae_core.engines import starting
from vae_core.engines.base import Engine
from vae_core.engines.factory import new_engine
from vae_core.runs.store import RunStore


@click.command(cls=Command, params=[*config_options(*FIELDS), store_option(), json_option()])
def command(store: str | None, as_json: bool, **values: Any) -> int:
    """Train one run, or open it if it is already finished."""
    summaries = train_all([config_of(values)], open_store(store), quiet=as_json)
    if as_json:
        print_json(summaries[0])
    return report(summaries, as_json)


def train_all(configs: list[RunConfig], store: RunStore, quiet: bool) -> list[dict[str, Any]]:
    """Train the configs that are not finished, and return a summary of each run.

    Raises:
        VaeLabError: a run can't be started; nothing of it is left.
    """
    left = starting.left_to_train(configs, store)
    if left:
        with _engine(store) as engine:
            runs = starting.start(left, store, engine)
            try:
                follow(runs, quiet)
            except KeyboardInterrupt:
                for run in runs:
                    if run.status().state == "queued":
                        engine.cancel(run)
                raise
    return [summary(store.get(config.id)) for config in configs]


def report(summaries: list[dict[str, Any]], as_json: bool) -> int:
    """Print the runs and their errors, and return the exit code."""
    if not as_json:
        print_runs(summaries)
    for run in summaries:
        if run["error"]:
            print_error(f"{run['id']}: {run['error']}")
    return 0 if all(run["state"] == "finished" for run in summaries) else 1


@contextmanager
def _engine(store: RunStore) -> Iterator[Engine]:
    engine = new_engine(store)
    try:
        yield engine
    finally:
        engine.close()
