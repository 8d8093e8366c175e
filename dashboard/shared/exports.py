"""What can be taken along from the pages; each file is made when its button is pressed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.figures import pictures
from dashboard.shared import item_words, run_cache
from vae_core.exchange.bundle import bundle
from vae_core.latent import picture_sheet
from vae_core.runs.run import Run

SHEET_SIDE, MORPH_SIDE, WALK_SIDE = 1200, 560, 224  # pixels


MORPH_MILLISECONDS = 500  # a β


def button(label: str, icon: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    """A download; the name of the file tells one button from the other."""
    st.download_button(
        label, make, name, mime, key=f"export_{label}", icon=f":material/{icon}:", on_click="ignore"
    )


def manifold_png(run: Run, latents: np.ndarray) -> bytes:
    """Pictures of latents (n * n, d) as a square."""
    return run_cache.decoded(run, latents, _side(latents), SHEET_SIDE)


def morph_gif(runs: list[Run], latents: list[np.ndarray]) -> bytes:
    """The manifolds of a sweep, one after the other and back."""
    sheets = [
        picture_sheet.sheet(run_cache.inference(run).decode(z), _side(z))
        for run, z in zip(runs, latents, strict=True)
    ]
    return pictures.gif(sheets, MORPH_SIDE, MORPH_MILLISECONDS)


def walk_gif(run: Run, path: np.ndarray) -> bytes:
    """Pictures along latents (n, d), and back."""
    return pictures.gif(list(run_cache.inference(run).decode(path)), WALK_SIDE)


def grid_csv(latents: np.ndarray) -> bytes:
    """A row a picture, from the top left, row by row."""
    return _latents(latents, "z").to_csv(index_label="picture").encode()


def posteriors_csv(run: Run) -> bytes:
    """A row a held-out image or text: its label, the mean and log-variance of its posterior; of an
    autoencoder its latents.
    """
    arrays = run_cache.arrays(run)
    if run.config.has_rate:
        columns = [
            _latents(arrays["posterior_mean"], "mean_z"),
            _latents(arrays["posterior_log_var"], "log_var_z"),
        ]
    else:
        columns = [_latents(arrays["posterior_mean"], "z")]
    frame = pd.concat(columns, axis=1)
    frame.insert(0, "label", arrays["label_names"][arrays["labels"]])
    return frame.to_csv(index_label=f"held_out_{item_words.item(run)}").encode()


def whole_run(run: Run) -> None:
    """The buttons of what every run has."""
    button(
        f"Posteriors of held-out {item_words.item(run)}s (CSV)",
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


def _latents(z: np.ndarray, prefix: str) -> pd.DataFrame:
    return pd.DataFrame(z, columns=[f"{prefix}{i + 1}" for i in range(z.shape[1])])
