"""Show traversals: rows of pictures in which one latent dimension changes."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.app_pages.manifold.interpolation import STEPS
from dashboard.figures import dim_name
from dashboard.shared import png, run_cache
from vae_core.latent import planes
from vae_core.runs.run import Run


def traversals(run: Run, z: np.ndarray, rows: list[int], rate: np.ndarray, extent: float) -> None:
    """Show a row per latent dimension, which changes from -extent to extent.

    Args:
        run: whose decoder is used.
        z: (d,), the values of the other dimensions.
        rows: the dimensions.
        rate: (d,), nats, for the caption.
        extent: in standard deviations of the prior.
    """
    st.subheader("One dimension at a time")
    values = np.linspace(-extent, extent, STEPS)
    png.show_png(
        run_cache.decoded(run, planes.traversal(z, rows, values), STEPS),
        f"From {-extent:g} to {extent:g}; a row a dimension, the largest rate first: "
        + ", ".join(f"{dim_name(i)} {rate[i]:.2f} nats" for i in rows)
        if run.config.has_rate
        else f"From {-extent:g} to {extent:g}; a row a dimension, the largest variance first: "
        + ", ".join(dim_name(i) for i in rows),
        "Traversals, a latent dimension a row",
    )
