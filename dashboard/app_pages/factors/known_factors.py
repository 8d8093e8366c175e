"""Runs on pictures whose factors are known: what the Known factors page shows of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st

from dashboard.shared import run_cache, run_list, run_picker
from vae_core.data import excerpts
from vae_core.data.dataset import Factors
from vae_core.metrics.catalogue import NO_FACTORS
from vae_core.metrics.factors import mutual_informations
from vae_core.metrics.posterior_samples import sample_posteriors
from vae_core.runs.run import Run
from vae_core.runs.sweeps import sweep_id


class KnownFactors(NamedTuple):
    """A run's held-out pictures, as their factors and as its latents.

    Attributes:
        factors: of the pictures.
        told: (d, f), nats, see `vae_core.metrics.factors.mutual_informations`.
    """

    factors: Factors
    told: np.ndarray


def pick_run() -> Run:
    """A select box of the runs whose factors are known.

    Raises:
        NothingToShowError: there is none.
    """
    return run_picker.pick_run(
        "factors_run",
        # Of an autoencoder nobody can say which dimensions are active.
        suits=lambda run: run.config.has_rate and excerpts.has_factors(run.config.dataset),
        none="No run here has known factors: train one on `shapes` on the Train page. "
        + NO_FACTORS,
    )


def of(run: Run) -> KnownFactors:
    """What is known of a run's held-out pictures, and what its latents tell of it.

    Raises:
        NothingToShowError: the run holds other pictures than its data set has.
    """
    factors = excerpts.held_out_factors(run.config.dataset)
    # Of the shapes the label is the first factor: a run from elsewhere may hold anything.
    if factors is None or not np.array_equal(run_cache.arrays(run)["labels"], factors.values[:, 0]):
        raise run_picker.NothingToShowError(
            "The held-out pictures of this run are not those that its data set has here: pick "
            "another, or train it again."
        )
    return KnownFactors(factors, _told(*run_cache.version(run), factors.values))


@st.cache_data(max_entries=24, show_spinner=False)
def _told(path: str, written: int, factors: np.ndarray) -> np.ndarray:
    del written  # a part of the key
    q = run_cache.arrays(Run(Path(path)))
    z = sample_posteriors(q["posterior_mean"], q["posterior_log_var"], np.random.default_rng(0))
    return mutual_informations(z, factors)


def over_beta(run: Run) -> dict[float, list[dict[str, float]]]:
    """β -> the numbers of each seed, of all finished runs that differ in β and seed alone."""
    alike = sweep_id(replace(run.config, seed=0))
    found: dict[float, list[dict[str, float]]] = {}
    for other in run_list.all_runs(viewable=False):
        if sweep_id(replace(other.config, seed=0)) != alike:
            continue
        numbers = run_cache.numbers(other)
        if numbers and (other.id == run.id or not run_list.imported(other)):
            found.setdefault(other.config.beta, []).append(dict(numbers))
    return found
