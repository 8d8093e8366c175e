"""Download buttons of the pages; each file is made when its button is pressed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.figures import pictures
from dashboard.shared import run_cache
from vae_core.exchange.bundle import bundle
from vae_core.kinds.contents import Contents
from vae_core.latent import picture_sheet
from vae_core.runs.run import Run

SHEET_SIDE, MORPH_SIDE, WALK_SIDE = 1200, 560, 224  # pixels
MORPH_MILLISECONDS = 500  # per run of the sweep


def button(label: str, icon: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    """Show a download button; `make` is called when it is pressed."""
    st.download_button(
        label, make, name, mime, key=f"export_{label}", icon=f":material/{icon}:", on_click="ignore"
    )


def manifold_png(run: Run, latents: np.ndarray) -> bytes:
    """Return the decoded latents (n * n, d) as a square sheet of pictures."""
    return run_cache.decoded(run, latents, _side(latents), SHEET_SIDE)


def morph_gif(runs: list[Run], latents: list[np.ndarray]) -> bytes:
    """Return a GIF that plays the manifolds of a sweep forwards and backwards.

    Args:
        runs: the sweep.
        latents: (n * n, d) for each run.
    """
    sheets = [
        picture_sheet.sheet(run_cache.inference(run).decode(z), _side(z))
        for run, z in zip(runs, latents, strict=True)
    ]
    return pictures.gif(sheets, MORPH_SIDE, MORPH_MILLISECONDS)


def walk_gif(run: Run, path: np.ndarray) -> bytes:
    """Return a GIF of the decoded path (n, d), forwards and backwards."""
    return pictures.gif(list(run_cache.inference(run).decode(path)), WALK_SIDE)


def grid_csv(latents: np.ndarray) -> bytes:
    """Return the latents (n, d) of a grid as CSV, one row per picture, from the top left."""
    return _latents_frame(latents, "z").to_csv(index_label="picture").encode()


def posteriors_csv(run: Run) -> bytes:
    """Return the posteriors of held-out items as CSV, one row per item.

    The columns are the label and the posterior's means and log-variances; for an autoencoder the
    label and the latents.
    """
    arrays = run_cache.arrays(run)
    if Contents(run.config).has_spread:
        columns = [
            _latents_frame(arrays["posterior_mean"], "mean_z"),
            _latents_frame(arrays["posterior_log_var"], "log_var_z"),
        ]
    else:
        columns = [_latents_frame(arrays["posterior_mean"], "z")]
    frame = pd.concat(columns, axis=1)
    frame.insert(0, "label", arrays["label_names"][arrays["labels"]])
    return frame.to_csv(index_label=f"held_out_{Contents(run.config).kind.item}").encode()


def whole_run(run: Run) -> None:
    """Show the download buttons that every run has: its posteriors, and the run as a zip."""
    button(
        f"Posteriors of held-out {Contents(run.config).kind.item}s (CSV)",
        "table",
        lambda: posteriors_csv(run),
        f"{run.id}-posteriors.csv",
        "text/csv",
    )
    button(
        "The run, with a script that loads it in plain Keras (zip)",
        "folder_zip",
        lambda: bundle(run),
        f"{run.id}.zip",
        "application/zip",
    )


def _side(latents: np.ndarray) -> int:
    return round(len(latents) ** 0.5)


def _latents_frame(z: np.ndarray, prefix: str) -> pd.DataFrame:
    return pd.DataFrame(z, columns=[f"{prefix}{i + 1}" for i in range(z.shape[1])])
