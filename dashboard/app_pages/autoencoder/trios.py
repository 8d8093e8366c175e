"""An autoencoder and the VAEs of the same networks and seed: which belong together."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from dashboard.shared import run_list
from vae_core.config import RunConfig
from vae_core.data import registry
from vae_core.data.dataset import DatasetError
from vae_core.runs.run import Run
from vae_core.runs.sweeps import sweep_id


@dataclass(frozen=True)
class Trio:
    """An autoencoder, and the VAEs of β = 0 and β = 1 that differ from it in nothing else.

    Attributes:
        configs: of the three, in this order.
        runs: those of them that there are; None of the others.
    """

    configs: tuple[RunConfig, ...]
    runs: tuple[Run | None, ...]

    @property
    def name(self) -> str:
        """Unique: every field that can differ is in the id."""
        c = self.configs[1]
        schedule = [] if c.schedule == "constant" else [c.schedule]
        parts = [c.dataset, c.architecture, f"d {c.latent_dim}", f"seed {c.seed}", *schedule]
        return " · ".join([*parts, f"{c.epochs} epochs", sweep_id(c).rsplit("-", 1)[-1]])

    @property
    def missing(self) -> list[RunConfig]:
        return [c for c, run in zip(self.configs, self.runs, strict=True) if run is None]


def trios() -> list[Trio]:
    """One for each set of finished runs that differ in β and the model alone; whole ones first."""
    finished = {
        run.config.id: run
        for run in run_list.all_runs()
        if run.status().state == "finished" and not run_list.imported(run)
    }
    found: dict[str, Trio] = {}
    # An autoencoder's config says nothing of the schedule, so those of VAEs come first.
    for run in sorted(finished.values(), key=lambda run: not run.config.has_rate):
        configs = _configs(run.config)
        known = any(trio.configs[0].id == run.config.id for trio in found.values())
        if run.config.has_rate or not known:
            runs = tuple(finished.get(config.id) for config in configs)
            if any(runs):
                found.setdefault(sweep_id(configs[1]), Trio(configs, runs))
    return sorted(found.values(), key=lambda trio: len(trio.missing))


@functools.lru_cache(maxsize=4096)  # to check a config and to hash its content takes a while
def _configs(config: RunConfig) -> tuple[RunConfig, ...]:
    """Of the trio that a run with this config belongs to."""
    base = replace(config, model="vae")
    return (
        replace(base, model="autoencoder", beta=RunConfig().beta),
        *(replace(base, beta=beta) for beta in (0.0, 1.0)),
    )


def command(config: RunConfig) -> str:
    """What trains it on the command line."""
    try:
        kind = registry.source(config.dataset).kind
    except DatasetError:  # of somebody's own, and not on this machine
        kind = None
    return " ".join(["python -m vae_core train", *config.options(kind=kind)])
