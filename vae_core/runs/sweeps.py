"""Sweeps: one run for each β and seed."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import replace

from vae_core.config import RunConfig


def sweep(base: RunConfig, betas: Iterable[float], seeds: Iterable[int]) -> list[RunConfig]:
    """Return the configs of a sweep, ordered by seed and then by β.

    All runs of one seed start from the same weights and see the same batches and noise, so they
    differ in β alone. An autoencoder has no β, so its sweep has one run per seed.
    """
    betas = sorted(set(betas)) if base.has_rate else [base.beta]
    return [replace(base, beta=beta, seed=seed) for seed in sorted(set(seeds)) for beta in betas]


@functools.lru_cache(maxsize=4096)
def sweep_id(config: RunConfig) -> str:
    """Return an id that is the same for configs that differ in β alone."""
    return replace(config, beta=0.0).id


@functools.lru_cache(maxsize=4096)
def seeds_id(config: RunConfig) -> str:
    """Return an id that is the same for configs that differ in the seed alone."""
    return replace(config, seed=0).id
