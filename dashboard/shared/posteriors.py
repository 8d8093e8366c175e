"""The posteriors of a run's data: read from its folder, or encoded here for training data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from dashboard.figures.latent import View
from dashboard.shared import item_words, run_cache
from dashboard.shared.run_cache import inference, text_inference
from vae_core.data import excerpts, registry
from vae_core.data.dataset import DatasetError
from vae_core.latent import planes
from vae_core.latent.planes import Density
from vae_core.runs.run import Run


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
    return Posteriors(
        arrays["posterior_mean"],
        arrays["posterior_log_var"],
        labels,
        tuple(str(name) for name in arrays["label_names"]),
        len(labels),
        item_words.item(run),
        item_words.items(run),
    )


def with_training(run: Run, held_out: Posteriors) -> Posteriors:
    """Return the held-out posteriors followed by those of the training data.

    Raises:
        DatasetError: the data set is not on this machine, or damaged.
    """
    written = run.weights_path.stat().st_mtime_ns
    return _with_training(run, written, run_cache.version(run), held_out)


@st.cache_resource(
    max_entries=4,
    show_spinner="Encoding what it was trained on…",
    hash_funcs={Run: lambda run: str(run.path)},
)
def _with_training(
    run: Run, written: int, version: tuple[str, int], _held_out: Posteriors
) -> Posteriors:
    """Encode the training data in chunks; only the posteriors stay in memory, for all viewers.

    Args:
        run: whose encoder is used.
        written: time of its weights' file, so that new weights are noticed.
        version: of the held-out posteriors.
        _held_out: the held-out posteriors; not part of the cache's key.
    """
    del written, version
    is_images = item_words.kind(run) == "images"
    chunks = _encode_training_images(run) if is_images else _encode_training_texts(run)
    first = (_held_out.mean, _held_out.log_var, _held_out.labels)
    mean, log_var, labels = (np.concatenate(parts) for parts in zip(first, *chunks, strict=True))
    return replace(_held_out, mean=mean, log_var=log_var, labels=labels)


def _encode_training_images(run: Run) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    networks = inference(run)
    for images, labels in excerpts.training_chunks(run.config.dataset):
        yield *networks.encode(images), labels


def _encode_training_texts(run: Run) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    data = registry.stored(run.config.dataset)
    if data.sha256 != run_cache.trained_on(run):
        raise DatasetError(f"{data.name} holds other texts than the run was trained with.")
    yield *text_inference(run).encode(data.x_train), data.y_train


@st.cache_data(
    max_entries=16, show_spinner=False, hash_funcs={View: lambda view: (view.name, view.titles)}
)
def density(view: View, mean: np.ndarray, log_var: np.ndarray) -> Density:
    """Return the aggregate posterior in a view of two axes, see `aggregate_posterior_density`."""
    assert view.projection is not None
    return planes.aggregate_posterior_density(
        view.projection.apply(mean), view.projection.covariances(log_var)
    )
