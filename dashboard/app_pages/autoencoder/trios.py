"""Group runs in trios: an autoencoder, and the VAEs with the same networks and seed."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from dashboard.shared import run_list
from vae_core import kinds
from vae_core.config import RunConfig
from vae_core.data import registry
from vae_core.data.dataset import DatasetError
from vae_core.runs.run import Run
from vae_core.runs.sweeps import sweep_id


@dataclass(frozen=True)
class Trio:
    """An autoencoder, and the VAEs with β = 0 and β = 1 and otherwise the same config.

    Attributes:
        configs: of the autoencoder, the VAE with β = 0 and the VAE with β = 1.
        runs: the finished runs; None for a run that is missing.
    """

    configs: tuple[RunConfig, ...]
    runs: tuple[Run | None, ...]

    @property
    def name(self) -> str:
        """A name that is unique, because it ends in the sweep's id."""
        c = self.configs[1]
        schedule = [] if c.schedule == "constant" else [c.schedule]
        parts = [c.dataset, c.architecture, f"d {c.latent_dim}", f"seed {c.seed}", *schedule]
        return " · ".join([*parts, f"{c.epochs} epochs", sweep_id(c).rsplit("-", 1)[-1]])

    @property
    def missing(self) -> list[RunConfig]:
        return [c for c, run in zip(self.configs, self.runs, strict=True) if run is None]


def trios() -> list[Trio]:
    """Return the trios of all finished runs, complete ones first."""
    finished = {
        run.config.id: run
        for run in run_list.all_runs()
        if run.status().state == "finished" and not run_list.imported(run)
    }
    by_sweep: dict[str, Trio] = {}
    # VAEs first: they know the trio's schedule. An autoencoder has none, so it fits several trios.
    for run in sorted(finished.values(), key=lambda run: not run.config.reads("beta")):
        configs = _configs(run.config)
        in_a_trio = any(trio.configs[0].id == run.config.id for trio in by_sweep.values())
        if run.config.reads("beta") or not in_a_trio:
            runs = tuple(finished.get(config.id) for config in configs)
            if any(runs):
                by_sweep.setdefault(sweep_id(configs[1]), Trio(configs, runs))
    return sorted(by_sweep.values(), key=lambda trio: len(trio.missing))


@functools.lru_cache(maxsize=4096)  # checking and hashing a config takes long
def _configs(config: RunConfig) -> tuple[RunConfig, ...]:
    """Return the configs of the trio that a config belongs to."""
    base = replace(config, model="vae")
    return (
        replace(base, model="autoencoder", beta=RunConfig().beta),
        *(replace(base, beta=beta) for beta in (0.0, 1.0)),
    )


def command(config: RunConfig) -> str:
    """Return the command that trains a config."""
    try:
        kind = registry.source(config.dataset).kind
    except DatasetError:  # an uploaded data set that is not on this machine
        kind = None
    return " ".join(["python -m vae_core train", *kinds.options(config, kind=kind)])
