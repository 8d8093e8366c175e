"""python -m vae_core sweep"""

from __future__ import annotations

from typing import Any

import click

from vae_core.cli import config_options
from vae_core.cli.options import Command, Numbers, Option, json_option, store_option
from vae_core.cli.printing import print_json
from vae_core.cli.stores import open_store
from vae_core.cli.train import report, train_all
from vae_core.config import FIELDS, ConfigError, RunConfig
from vae_core.runs.sweeps import sweep


@click.command(
    cls=Command,
    params=[
        Option(
            "--betas",
            group="Sweep",
            type=Numbers(float),
            help="as in 0,1,4; an autoencoder has none",
        ),
        Option(
            "--seeds",
            group="Sweep",
            type=Numbers(int),
            default="0",
            help="as in 0,1,4; default: 0",
        ),
        *config_options.config_options(*(name for name in FIELDS if name not in ("beta", "seed"))),
        store_option(),
        json_option(),
    ],
)
def command(store: str | None, as_json: bool, **values: Any) -> int:
    """Train a run for each beta and seed; a seed fixes the initial weights."""
    summaries = train_all(configs_of(values), open_store(store), quiet=as_json)
    if as_json:
        print_json(summaries)
    return report(summaries, as_json)


def configs_of(values: dict[str, Any]) -> list[RunConfig]:
    """Make the configs of a sweep from its options; see `config_options.configs_of`."""
    model = values["model"] or RunConfig.model
    reads_beta = RunConfig(model=model).reads("beta")
    if reads_beta and values["betas"] is None:
        raise ConfigError("a sweep needs --betas, as in --betas 0,1,4.")
    if not reads_beta and values["betas"] is not None:
        raise ConfigError("an autoencoder has no beta: leave out --betas.")
    betas, seeds = values["betas"] or [], values["seeds"]
    return config_options.configs_of(values, lambda base: sweep(base, betas, seeds))
