"""An autoencoder and the VAEs of the same networks and seed: which belong together, and numbers."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard import controls
from vae_core import analysis, datasets
from vae_core.config import RunConfig
from vae_core.metrics import sampled
from vae_core.runs import Run
from vae_core.sweep import sweep_id

STEPS = 11  # of a walk
SAMPLES = 36
MOST_COVERED = 2000  # samples on each side: more change the third decimal


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
        for run in controls.all_runs()
        if run.status().state == "finished" and not controls.imported(run)
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
        kind = datasets.source(config.dataset).kind
    except datasets.DatasetError:  # of somebody's own, and not on this machine
        kind = None
    return " ".join(["python -m vae_core train", *config.options(kind=kind)])


def encoded(run: Run) -> np.ndarray:
    """Held-out images, at most `MOST_COVERED`, as (n, d): a sample of the posterior of each, of an
    autoencoder its latents.
    """
    arrays = controls.arrays(run)
    mean, log_var = arrays["posterior_mean"], arrays["posterior_log_var"]
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(mean))[:MOST_COVERED]
    return sampled(mean[rows], log_var[rows], rng)


@dataclass(frozen=True)
class Coverage:
    """Shares of what is sampled that lie near encoded images, see `vae_core.analysis.coverage`.

    Attributes:
        normal: of N(0, I).
        fitted: of the normal distribution with mean and covariance of the encoded images.
        expected: what two samples of one distribution would give.
    """

    normal: float
    fitted: float
    expected: float


def coverage(run: Run) -> Coverage:
    """As many encoded held-out images as samples; of a posterior one sample an image."""
    return _coverage(*controls.version(run))


@st.cache_data(max_entries=100, show_spinner=False)
def _coverage(path: str, written: int) -> Coverage:
    del written
    z = encoded(Run(Path(path)))
    n, d = z.shape
    k = np.arange(1, analysis.NEIGHBOURS + 1)
    return Coverage(
        analysis.coverage(analysis.prior_samples(n, d, seed=1), z),
        analysis.coverage(analysis.fitted_normal_samples(n, z, seed=1), z),
        float(1 - np.prod((n - k) / (2 * n - k))),
    )


@dataclass(frozen=True)
class Walk:
    """Between the most typical images of two labels, in a straight line.

    Attributes:
        latents: (STEPS, d).
        gaps: (STEPS,), distance to the nearest encoded held-out image, over the median distance
            of an encoded image to its nearest other.
        pixels: (STEPS,), of each decoded step to the nearest held-out image, root mean square over
            the pixels; None where the images are not on this machine.
    """

    latents: np.ndarray
    gaps: np.ndarray
    pixels: np.ndarray | None


def walks(runs: Sequence[Run], start: int, end: int) -> list[Walk]:
    """From label to label, through each run of a trio."""
    return _walks(tuple(map(controls.version, runs)), start, end)


@st.cache_data(max_entries=100, show_spinner=False)
def _walks(versions: tuple[tuple[str, int], ...], start: int, end: int) -> list[Walk]:
    """All at once: loading the images and measuring the distances to them is most of it."""
    runs = [Run(Path(path)) for path, _ in versions]
    latents, gaps = [], []
    for run in runs:
        arrays = controls.arrays(run)
        mean, labels = arrays["posterior_mean"], arrays["labels"]
        a, b = (mean[analysis.most_typical(mean, labels, label)] for label in (start, end))
        latents.append(analysis.interpolation(a, b, STEPS))
        unit = _gap(*controls.version(run))
        found = analysis.nearest_distances(latents[-1], mean)
        gaps.append(found / unit if unit > 0 else found)
    pixels: Sequence[np.ndarray | None] = [None] * len(runs)
    with contextlib.suppress(datasets.DatasetError):  # not on this machine
        images = datasets.held_out(runs[0].config.dataset, range(len(mean)))
        steps = np.concatenate(
            [controls.inference(run).decode(z) for run, z in zip(runs, latents, strict=True)]
        )
        distances = analysis.nearest_distances(_flat(steps), _flat(images))
        pixels = np.split(distances / np.sqrt(images[0].size), len(runs))
    return [Walk(*parts) for parts in zip(latents, gaps, pixels, strict=True)]


@st.cache_data(max_entries=100, show_spinner=False)
def _gap(path: str, written: int) -> float:
    del written
    return analysis.typical_gap(controls.arrays(Run(Path(path)))["posterior_mean"][:MOST_COVERED])


def _flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)
