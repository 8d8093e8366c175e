"""Straight paths between images of two labels, and their distances to the data."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard.app_pages.autoencoder.coverage import MOST_COVERED
from dashboard.shared import run_cache
from vae_core.data import dataset, excerpts
from vae_core.latent import paths, samples
from vae_core.latent.coverage import nearest_distances, typical_gap
from vae_core.runs.run import Run

STEPS = 11  # of a path


@dataclass(frozen=True)
class Walk:
    """A straight path between the most typical images of two labels.

    Attributes:
        latents: (STEPS, d).
        gaps: (STEPS,), distance to the nearest encoded held-out image, in units of the median
            distance of an encoded image to its nearest neighbour.
        pixels: (STEPS,), root mean square difference, over pixels, between a decoded step and the
            nearest held-out image; None if the images are not on this machine.
    """

    latents: np.ndarray
    gaps: np.ndarray
    pixels: np.ndarray | None


def walks(runs: Sequence[Run], start: int, end: int) -> list[Walk]:
    """Return for each run the path from one label to another."""
    return _walks(tuple(map(run_cache.version, runs)), start, end)


@st.cache_data(max_entries=100, show_spinner=False)
def _walks(versions: tuple[tuple[str, int], ...], start: int, end: int) -> list[Walk]:
    """Compute the paths of all runs together, because they share the images and distances."""
    runs = [Run(Path(path)) for path, _ in versions]
    latents, gaps = [], []
    for run in runs:
        arrays = run_cache.arrays(run)
        mean, labels = arrays["posterior_mean"], arrays["labels"]
        a, b = (mean[samples.most_typical(mean, labels, label)] for label in (start, end))
        latents.append(paths.interpolation(a, b, STEPS))
        unit = _typical_gap(*run_cache.version(run))
        distances = nearest_distances(latents[-1], mean)
        gaps.append(distances / unit if unit > 0 else distances)
    pixels: Sequence[np.ndarray | None] = [None] * len(runs)
    with contextlib.suppress(dataset.DatasetError):  # the images are not on this machine
        images = excerpts.held_out(runs[0].config.dataset, range(len(mean)))
        steps = np.concatenate(
            [run_cache.inference(run).decode(z) for run, z in zip(runs, latents, strict=True)]
        )
        distances = nearest_distances(_flatten(steps), _flatten(images))
        pixels = np.split(distances / np.sqrt(images[0].size), len(runs))
    return [Walk(*parts) for parts in zip(latents, gaps, pixels, strict=True)]


@st.cache_data(max_entries=100, show_spinner=False)
def _typical_gap(path: str, written: int) -> float:
    del written
    return typical_gap(run_cache.arrays(Run(Path(path)))["posterior_mean"][:MOST_COVERED])


def _flatten(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)
