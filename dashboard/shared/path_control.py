"""How to go from one point of the latent space to another."""

from __future__ import annotations

import streamlit as st

from vae_core.latent import paths


def choose_path(key: str) -> str:
    """How to go from A to B: one of `analysis.INTERPOLATIONS`."""
    return st.segmented_control(
        "Path",
        paths.INTERPOLATIONS,
        default=paths.INTERPOLATIONS[0],
        required=True,
        key=key,
        bind="query-params",
        help="spherical: along the arc around the origin, as samples of the prior of many "
        "dimensions lie on a shell.",
    )
