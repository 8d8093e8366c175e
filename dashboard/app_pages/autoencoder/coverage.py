"""Compute the share of samples that lies near encoded images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard.shared import run_cache
from vae_core.latent import coverage as latent_coverage
from vae_core.latent import samples
from vae_core.latent.coverage import NEIGHBOURS
from vae_core.metrics.posterior_samples import sample_posteriors
from vae_core.runs.run import Run

SAMPLES = 36
MOST_COVERED = 2000  # samples and encoded images; more would change only the third decimal


def encoded(run: Run) -> np.ndarray:
    """Return encoded held-out images (n, d), at most `MOST_COVERED`.

    Each is a sample of the image's posterior, or for an autoencoder the image's latents.
    """
    arrays = run_cache.arrays(run)
    mean, log_var = arrays["posterior_mean"], arrays["posterior_log_var"]
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(mean))[:MOST_COVERED]
    return sample_posteriors(mean[rows], log_var[rows], rng)


@dataclass(frozen=True)
class Coverage:
    """Shares of samples that lie near encoded images, see `vae_core.latent.coverage`.

    Attributes:
        normal: for samples of N(0, I).
        fitted: for samples of the normal distribution fitted to the encoded images.
        expected: the mean value if samples and encoded images had the same distribution.
    """

    normal: float
    fitted: float
    expected: float


def coverage(run: Run) -> Coverage:
    """Return a run's coverage, from the cache. Samples and encoded images are equally many."""
    return _coverage(*run_cache.version(run))


@st.cache_data(max_entries=100, show_spinner=False)
def _coverage(path: str, written: int) -> Coverage:
    del written
    z = encoded(Run(Path(path)))
    n, d = z.shape
    k = np.arange(1, NEIGHBOURS + 1)
    return Coverage(
        latent_coverage.coverage(samples.prior_samples(n, d, seed=1), z),
        latent_coverage.coverage(samples.fitted_normal_samples(n, z, seed=1), z),
        float(1 - np.prod((n - k) / (2 * n - k))),
    )
