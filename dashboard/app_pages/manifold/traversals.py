"""Show traversals: rows of pictures in which one latent dimension changes."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.app_pages.manifold.interpolation import STEPS
from dashboard.figures import dim_name
from dashboard.shared import png, run_cache
from vae_core.kinds.contents import Contents
from vae_core.latent import planes
from vae_core.runs.run import Run


def traversals(run: Run, z: np.ndarray, rows: list[int], rate: np.ndarray, extent: float) -> None:
    """Show a row per latent dimension, in which this dimension changes from -extent to extent.

    Args:
        run: whose decoder is used.
        z: (d,), the values of the other dimensions.
        rows: the dimensions.
        rate: (d,), nats, for the caption.
        extent: in standard deviations of the prior.
    """
    st.subheader("One dimension at a time")
    values = np.linspace(-extent, extent, STEPS)
    shown = Contents(run.config)
    names = [dim_name(i) + (f" {rate[i]:.2f} nats" if shown.has_rate else "") for i in rows]
    png.show_png(
        run_cache.decoded(run, planes.traversal(z, rows, values), STEPS),
        f"Each row changes one dimension from {-extent:g} to {extent:g}. The rows are in order of "
        f"{shown.dims_order}: " + ", ".join(names),
        "Traversals, one latent dimension per row",
    )
