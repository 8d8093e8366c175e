"""The latent planes of a sweep's runs, turned to match."""

from __future__ import annotations

import numpy as np

from dashboard.components.decoder.decoder import decoder
from dashboard.components.plane.plane import Frame
from dashboard.figures import pictures
from dashboard.shared import png, run_cache, run_list
from dashboard.shared.comparable_runs import kind_title
from vae_core.latent import alignment, planes
from vae_core.runs.run import Run

MAX_POINTS = 2000  # over a plane: more hide the pictures


PICTURE = 224  # pixels


Grid = tuple[int, str, float]  # pictures a side, spacing, extent


def picture(run: Run, z: np.ndarray) -> None:
    """What z (d,) decodes to, by the server."""
    png.show_png(
        run_cache.decoded(run, z[None], 1, PICTURE),
        "decoded at the sliders' point",
        "The picture at the sliders' point",
        "content",
    )


def rotations(runs: list[Run], turned: bool) -> list[np.ndarray]:
    """Of each run (d, d) rotation or reflection R: latents w of the plane are w @ R.T of the run.

    Args:
        runs: a sweep.
        turned: to match the run of the β nearest 1, as well as that goes (Procrustes); else all
            are left as they are.
    """
    if not turned:
        return [np.eye(run.config.latent_dim) for run in runs]
    reference = min(runs, key=run_list.from_beta_one)
    target = run_cache.arrays(reference)["posterior_mean"]
    return [
        alignment.align(run_cache.arrays(run)["posterior_mean"], target).rotation for run in runs
    ]


def grid_latents(
    plane: np.ndarray, dims: tuple[int, int], grid: Grid, rotation: np.ndarray
) -> np.ndarray:
    """Latents (n * n, d) of a run for the grid of the plane, row by row from the top.

    Args:
        plane: (d,), where the dimensions stay that are not shown.
        dims: across and up.
        grid: of the manifold.
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
    """The plane of each run of a sweep.

    Args:
        runs: that differ in β alone.
        turns: their rotations, see `rotations`.
        latents: of their grids, see `grid_latents`.
        dims: across and up.
        n: pictures a side.
        points: with held-out images?
    """
    found = []
    for run, rotation, z in zip(runs, turns, latents, strict=True):
        shown = None
        if points:
            arrays = run_cache.arrays(run)
            mean = arrays["posterior_mean"][:MAX_POINTS] @ rotation
            shown = mean[:, list(dims)], arrays["labels"][:MAX_POINTS]
        found.append(
            Frame(
                title=kind_title(run),
                sheet=pictures.data_uri(run_cache.decoded(run, z, n, side=1)),
                decoder=decoder(run),
                rotation=rotation,
                points=shown,
            )
        )
    return found
