"""Show vectors: as rows of a table, one column per feature."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.kinds.base import Comparison
from dashboard.shared import run_cache
from dashboard.shared.comparison_grid import cells
from dashboard.shared.posteriors import Posteriors, training_posteriors
from vae_core.data.dataset import DatasetError
from vae_core.data.upload.reader import Upload
from vae_core.kinds.contents import Contents
from vae_core.latent.samples import prior_samples, spread_over_labels
from vae_core.runs.run import Run

ROWS = 6  # held-out vectors, reconstructions and samples in the live view and on Compare


class Vectors:
    """See `dashboard.kinds.base.ShownKind`."""

    name = "vectors"
    shown_as = "vectors"
    shown_on = "Vectors are on the page Latent space."
    hover = "its label"
    can_be_drawn = False
    groups_help = "Groups are kept with your runs."
    most_members = 16
    collapsed = "gives one mean vector"
    training_note = ""
    runs_key = "runs_vectors"
    bounds = "they bound a likelihood only if the distortion is a log-density"
    decoded_notes = r"""
- **Reconstructions** move to the mean of all vectors as $\beta$ grows.
- **Samples of the prior** are like the data only if the posteriors fill the prior.
"""

    def counted(self, count: int, item_shape: tuple[int, ...]) -> str:
        return f"{count:,} vectors of {item_shape[0]:,} features"

    def browser_decoder(self, run: Run) -> str | None:
        del run
        return None

    def encode_training(self, run: Run) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        return training_posteriors(run)

    def hover_texts(self, run: Run, q: Posteriors) -> list[str] | None:
        del run, q
        return None

    def show_point(self, run: Run, q: Posteriors, row: int) -> None:
        shown = Contents(run.config)
        rows = _held_out(run, [row]) if row < q.held_out else {}
        mean, std = q.mean[row], np.exp(0.5 * q.log_var[row])
        rows |= _decoded(run, mean[None], f"its {shown.mean}, decoded")
        if shown.has_spread:
            noise = np.random.default_rng(0).standard_normal((8, len(mean))).astype(np.float32)
            rows |= _decoded(run, mean + std * noise, "a sample of its posterior, decoded")
        _show(rows)

    def show_centre(self, run: Run, centre: np.ndarray) -> None:
        _show(_decoded(run, centre, "their mean, decoded"))

    def show_members(self, run: Run, q: Posteriors, chosen: np.ndarray, some: str) -> None:
        _show(_decoded(run, q.mean[chosen], "selected"))
        st.caption(f"{some}each decoded.")

    def show_links(self) -> None:
        """No other page is for vectors."""

    def show_snapshot(self, run: Run, arrays: dict[str, np.ndarray], ended: bool) -> None:
        if ended:
            chosen = spread_over_labels(arrays["labels"], ROWS)
            rows = _held_out(run, chosen) | _reconstructions(run, chosen) | _samples(run)
        else:
            rows = {
                f"{title} {i}": vector
                for title, name in (
                    ("held out", "vectors"),
                    ("decoded", "reconstructions"),
                    ("sample", "prior_samples"),
                )
                for i, vector in enumerate(arrays[name][:ROWS])
            }
        _show(rows)
        shown = Contents(run.config)
        st.caption(
            f"Held-out vectors, what their {shown.points} decode to, and what samples of "
            f"{shown.origin} decode to."
        )

    def show_comparison(self, compared: Comparison) -> None:
        st.markdown("##### Vectors decoded by every run")
        places = cells(compared.columns)
        for cell, run, name in zip(places, compared.runs, compared.names, strict=False):
            with cell:
                _show(_reconstructions(run, np.arange(ROWS)) | _samples(run))
                st.caption(f"{name}: held-out vectors, decoded, and samples of the prior.")

    def preview_size(self, item_shape: tuple[int, ...]) -> str:
        return f"vectors of **{item_shape[0]:,}** features"

    def show_preview(self, upload: Upload) -> None:
        _show({f"vector {i}": vector for i, vector in enumerate(upload.images)})


def _show(rows: Mapping[str, np.ndarray]) -> None:
    """Show name -> vector (features,) as a table with one row per vector."""
    names = [f"x{i + 1}" for i in range(len(next(iter(rows.values()))))]
    st.dataframe(pd.DataFrame(list(rows.values()), index=list(rows), columns=names).round(3))


def _held_out(run: Run, indices: np.ndarray | list[int]) -> dict[str, np.ndarray]:
    """Return name -> held-out vector; empty if the data set is not on this machine."""
    with contextlib.suppress(DatasetError):
        vectors = run_cache.held_out(run.config.dataset, tuple(map(int, indices)))
        return {f"held out {i}": vector for i, vector in zip(indices, vectors, strict=True)}
    return {}


def _reconstructions(run: Run, indices: np.ndarray) -> dict[str, np.ndarray]:
    """Return name -> decoded posterior mean of a held-out vector."""
    means = run_cache.arrays(run)["posterior_mean"][indices]
    decoded = run_cache.inference(run).decode(means)
    return {f"decoded {i}": vector for i, vector in zip(indices, decoded, strict=True)}


def _samples(run: Run) -> dict[str, np.ndarray]:
    """Return name -> decoded sample of the prior."""
    networks = run_cache.inference(run)
    z = prior_samples(ROWS, run.config.latent_dim, prior=networks.prior)
    return {f"sample {i}": vector for i, vector in enumerate(networks.decode(z))}


def _decoded(run: Run, z: np.ndarray, title: str) -> dict[str, np.ndarray]:
    """Return name -> decoded latent, for latents z (n, d); a name is the title with a number."""
    decoded = run_cache.inference(run).decode(z)
    if len(decoded) == 1:
        return {title: decoded[0]}
    return {f"{title} {i + 1}": vector for i, vector in enumerate(decoded)}
