"""The posteriors of a run's held-out and training data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from dashboard.figures.latent import View
from dashboard.shared import run_cache
from vae_core import kinds
from vae_core.data import excerpts
from vae_core.latent import planes
from vae_core.latent.planes import Density
from vae_core.runs.run import Run

# Points of one scatter, and the numbers that the browser gets to decode them under the cursor.
MOST_DRAWN, MOST_NUMBERS = 100_000, 2_000_000


@dataclass(frozen=True)
class Posteriors:
    """q(z|x) of images, texts or melodies, the held-out ones first.

    Attributes:
        mean, log_var: (n, d).
        labels: (n,), index into label_names.
        label_names: one per label.
        held_out: how many of the n are held out.
        item, items: the words for one and for several, such as `image` and `images`.
    """

    mean: np.ndarray
    log_var: np.ndarray
    labels: np.ndarray
    label_names: tuple[str, ...]
    held_out: int
    item: str = "image"
    items: str = "images"

    def rows_to_draw(self, keep: Collection[int] = ()) -> np.ndarray:
        """Return the rows (k,) to draw, in order: all, or a random part if the browser can't.

        Args:
            keep: rows that are drawn in any case.
        """
        most = min(MOST_DRAWN, MOST_NUMBERS // self.mean.shape[1])
        n = len(self.labels)
        if n <= most:
            return np.arange(n)
        return np.union1d(np.random.default_rng(0).permutation(n)[:most], [*keep]).astype(int)

    def item_name(self, row: int) -> str:
        """Return the name of a row, such as `held-out image 3`."""
        if row < self.held_out:
            return f"held-out {self.item} {row}"
        return f"training {self.item} {row - self.held_out}"


def held_out_posteriors(run: Run) -> Posteriors:
    """Return the posteriors of held-out data, which were stored when training ended.

    Raises:
        RunError: the file is damaged.
    """
    arrays = run_cache.arrays(run)
    labels = arrays["labels"]
    kind = kinds.of_run(run.config)
    return Posteriors(
        arrays["posterior_mean"],
        arrays["posterior_log_var"],
        labels,
        tuple(str(name) for name in arrays["label_names"]),
        len(labels),
        kind.item,
        kind.items,
    )


@st.cache_data(
    max_entries=16, show_spinner=False, hash_funcs={View: lambda view: (view.name, view.titles)}
)
def density(view: View, mean: np.ndarray, log_var: np.ndarray) -> Density:
    """Return the aggregate posterior in a view of two axes, see `aggregate_posterior_density`."""
    assert view.projection is not None
    return planes.aggregate_posterior_density(
        view.projection.apply(mean), view.projection.covariances(log_var)
    )


def training_posteriors(run: Run) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield means, log-variances and labels of a run's training images or vectors, in chunks.

    Raises:
        DatasetError: the data set is not on this machine, or damaged.
    """
    networks = run_cache.inference(run)
    for items, labels in excerpts.training_chunks(run.config.dataset):
        yield *networks.encode(items), labels
