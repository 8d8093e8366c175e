"""The data of the Known factors page: a run's factors, and its scores over β."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st

from dashboard.shared import run_cache, run_list, run_picker
from vae_core.data import excerpts
from vae_core.data.dataset import Factors
from vae_core.kinds.contents import Contents
from vae_core.metrics.catalogue import NO_FACTORS
from vae_core.metrics.factors import mutual_informations
from vae_core.metrics.posterior_samples import sample_posteriors
from vae_core.runs.run import Run
from vae_core.runs.sweeps import sweep_id


class KnownFactors(NamedTuple):
    """The factors of a run's held-out pictures, and their mutual information with its latents.

    Attributes:
        factors: the values of the factors of each picture.
        information: (d, f), nats, see `vae_core.metrics.factors.mutual_informations`.
    """

    factors: Factors
    information: np.ndarray


def pick_run() -> Run:
    """Show a select box of the runs with known factors, and return the chosen one.

    Raises:
        NothingToShowError: there is no such run.
    """
    return run_picker.pick_run(
        "factors_run",
        # The scores need active dimensions, which are undefined for an autoencoder.
        suits=lambda run: (shown := Contents(run.config)).has_rate and shown.has_factors,
        none="No run here has known factors: train one on `shapes` on the Train page. "
        + NO_FACTORS,
    )


def known_factors(run: Run) -> KnownFactors:
    """Return the factors of a run's held-out pictures and the mutual information.

    Raises:
        NothingToShowError: the data set on this machine holds other pictures than the run's.
    """
    factors = excerpts.held_out_factors(run.config.dataset)
    # The labels must equal the first factor. An imported run may have seen other pictures.
    if factors is None or not np.array_equal(run_cache.arrays(run)["labels"], factors.values[:, 0]):
        raise run_picker.NothingToShowError(
            "The data set on this machine holds other pictures than this run was trained with: "
            "pick another run, or train it again."
        )
    return KnownFactors(factors, _information(*run_cache.version(run), factors.values))


@st.cache_data(max_entries=24, show_spinner=False)
def _information(path: str, written: int, factors: np.ndarray) -> np.ndarray:
    del written  # part of the cache's key
    q = run_cache.arrays(Run(Path(path)))
    z = sample_posteriors(q["posterior_mean"], q["posterior_log_var"], np.random.default_rng(0))
    return mutual_informations(z, factors)


def over_beta(run: Run) -> dict[float, list[dict[str, float]]]:
    """Return β -> numbers of each seed, for all finished runs that differ only in β and seed."""
    group = sweep_id(replace(run.config, seed=0))
    by_beta: dict[float, list[dict[str, float]]] = {}
    for other in run_list.all_runs(viewable=False):
        if sweep_id(replace(other.config, seed=0)) != group:
            continue
        numbers = run_cache.numbers(other)
        if numbers and (other.id == run.id or not run_list.imported(other)):
            by_beta.setdefault(other.config.beta, []).append(dict(numbers))
    return by_beta
