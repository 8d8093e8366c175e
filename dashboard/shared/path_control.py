"""A choice of the path between two latents."""

from __future__ import annotations

from dashboard.shared.choice import choose_one
from vae_core.latent import paths


def choose_path(key: str) -> str:
    """Show a choice of the path, and return one of `paths.INTERPOLATIONS`."""
    return choose_one(
        "Path",
        paths.INTERPOLATIONS,
        key=key,
        help="spherical: along an arc around the origin. In many dimensions, samples of the prior "
        "lie near a sphere.",
    )
