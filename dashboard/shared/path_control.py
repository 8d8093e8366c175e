"""A choice of the path between two latents."""

from __future__ import annotations

import streamlit as st

from vae_core.latent import paths


def choose_path(key: str) -> str:
    """Show a choice of the path, and return one of `paths.INTERPOLATIONS`."""
    return st.segmented_control(
        "Path",
        paths.INTERPOLATIONS,
        default=paths.INTERPOLATIONS[0],
        required=True,
        key=key,
        bind="query-params",
        help="spherical: along an arc around the origin. In many dimensions, samples of the prior "
        "lie near a sphere.",
    )
