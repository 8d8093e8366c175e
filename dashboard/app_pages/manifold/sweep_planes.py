"""The latent planes of a sweep's runs, which can be rotated to match each other."""

from __future__ import annotations

import numpy as np

from dashboard.components.decoder.decoder import decoder
from dashboard.components.plane.plane import Frame
from dashboard.figures import pictures
from dashboard.shared import png, run_cache, run_list
from vae_core.kinds.contents import Contents
from vae_core.latent import alignment, planes
from vae_core.runs.run import Run

MAX_POINTS = 2000  # over a plane; more would hide the pictures
PICTURE = 224  # pixels
Grid = tuple[int, str, float]  # pictures per side, spacing, extent


def picture(run: Run, z: np.ndarray) -> None:
    """Show what z (d,) decodes to, decoded on the server."""
    png.show_png(
        run_cache.decoded(run, z[None], 1, PICTURE),
        "decoded at the point that the sliders set",
        "The picture at the point that the sliders set",
        "content",
    )


def rotations(runs: list[Run], turned: bool) -> list[np.ndarray]:
    """Return each run's rotation R (d, d): coordinates w of the plane are its latents w @ R.T.

    Args:
        runs: a sweep.
        turned: whether to match the run with the β nearest 1 (Procrustes); if not, R is the
            identity. R may be a reflection.
    """
    if not turned:
        return [np.eye(run.config.latent_dim) for run in runs]
    reference = min(runs, key=run_list.distance_from_beta_one)
    target = run_cache.arrays(reference)["posterior_mean"]
    return [
        alignment.align(run_cache.arrays(run)["posterior_mean"], target).rotation for run in runs
    ]


def grid_latents(
    plane: np.ndarray, dims: tuple[int, int], grid: Grid, rotation: np.ndarray
) -> np.ndarray:
    """Return a run's latents (n * n, d) for the grid of the plane, row by row from the top.

    Args:
        plane: (d,), the values of the dimensions that are not shown.
        dims: the dimensions across and up.
        grid: see `Grid`.
        rotation: see `rotations`.
    """
    n, spacing, extent = grid
    return planes.manifold(n, plane, dims, spacing, extent)[1] @ rotation.T


def frames(
    runs: list[Run],
    turns: list[np.ndarray],
    latents: list[np.ndarray],
    dims: tuple[int, int],
    n: int,
    points: bool,
) -> list[Frame]:
    """Return the plane of each run of a sweep, for the plane component.

    Args:
        runs: they differ only in β.
        turns: their rotations, see `rotations`.
        latents: the latents of their grids, see `grid_latents`.
        dims: the dimensions across and up.
        n: pictures per side.
        points: whether to draw held-out images as points.
    """
    plane_frames = []
    for run, rotation, z in zip(runs, turns, latents, strict=True):
        shown = None
        if points:
            arrays = run_cache.arrays(run)
            mean = arrays["posterior_mean"][:MAX_POINTS] @ rotation
            shown = mean[:, list(dims)], arrays["labels"][:MAX_POINTS]
        plane_frames.append(
            Frame(
                title=Contents(run.config).title,
                sheet=pictures.data_uri(run_cache.decoded(run, z, n, side=1)),
                decoder=decoder(run),
                rotation=rotation,
                points=shown,
            )
        )
    return plane_frames
