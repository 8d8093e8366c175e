"""Show what several runs decode and reconstruct, as pictures side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from dashboard.figures import pictures
from dashboard.kinds.base import Comparison
from dashboard.shared.comparison_grid import cells
from dashboard.shared.png import show_png
from dashboard.shared.run_cache import arrays, decoded, held_out, inference
from dashboard.shared.run_numbers import top_dims
from vae_core.data import dataset
from vae_core.latent import picture_sheet, planes, reconstruction
from vae_core.latent.alignment import Alignment
from vae_core.latent.samples import aggregate_posterior_samples, prior_samples
from vae_core.runs.run import Run

SAMPLES = 36  # decoded samples of the prior, and of the aggregate posterior


def show_comparison(compared: Comparison) -> None:
    """Show the latent planes, reconstructions and samples of runs, a column per run."""
    st.markdown("##### What the latent plane decodes to")
    for cell, run, name, alignment in zip(
        cells(compared.columns), compared.runs, compared.names, compared.alignments, strict=False
    ):
        with cell:
            dims = compared.dims if alignment else None
            manifold_picture(run, 10, name, alignment, dims)

    st.markdown("##### The same images through every run")
    reconstructions(compared.runs, compared.names, compared.columns)

    st.markdown("##### Samples: of the prior, and of the aggregate posterior")
    for cell, run, name in zip(
        cells(compared.columns), compared.runs, compared.names, strict=False
    ):
        with cell:
            samples(run, name)
    st.caption(
        "The upper pictures are decoded samples of the prior. The lower ones are decoded samples "
        "of the posteriors of random held-out images. If the two look different, the prior has "
        "holes: places it samples from, but where no image lies."
    )


def manifold_picture(
    run: Run,
    n: int,
    name: str,
    alignment: Alignment | None = None,
    dims: tuple[int, int] | None = None,
) -> None:
    """Show the manifold over two latent dimensions as a picture.

    Args:
        run: whose decoder is used.
        n: pictures per side.
        name: of the run, shown below the picture.
        alignment: of the run to a reference; the grid is then in the reference's coordinates.
        dims: the grid's dimensions; by default the two with the largest rate.
    """
    _, z = planes.manifold(n, np.zeros(run.config.latent_dim), dims or top_dims(run))
    if alignment:
        z = alignment.undo(z)
    show_png(decoded(run, z, n), name, f"Manifold of the run with {name}")


def reconstructions(runs: list[Run], names: list[str], columns: int) -> None:
    """Show for each run held-out images, their reconstructions and the spread over samples.

    Args:
        runs: they fill the first columns.
        names: of the runs, all different.
        columns: number of columns on the page.
    """
    number = st.number_input(
        "Which image of each label",
        1,
        20,
        1,
        width=240,
        key="reconstructed",
        bind="query-params",
        help="1: the first held-out image of each label.",
    )
    missing: dict[str, str] = {}
    for cell, run, name in zip(cells(columns), runs, names, strict=False):
        labels = arrays(run)["labels"]
        indices = [
            int(members[number - 1])
            for label in range(int(labels.max()) + 1)
            if len(members := np.flatnonzero(labels == label)) >= number
        ]
        try:
            images = held_out(run.config.dataset, tuple(indices))
        except dataset.DatasetError as error:
            missing[run.config.dataset] = str(error)
            continue
        with cell:
            show_png(
                _reconstructed(str(run.path), run.decoder_path.stat().st_mtime_ns, images),
                name,
                f"Held-out images, reconstructions and their spread, {name}",
            )
    for reason in missing.values():
        st.info(reason, icon=":material/info:")
    st.caption(
        "In each column: the image, what its posterior mean decodes to, and the standard deviation "
        "of the decoded pixels over 32 samples of its posterior. White is 0.5, the largest "
        "possible value."
    )


@st.cache_data(max_entries=100, show_spinner=False)
def _reconstructed(path: str, written: int, images: np.ndarray) -> bytes:
    """Return a PNG with three columns: images (n, h, w, c), reconstructions, spread."""
    del written  # part of the cache's key: new weights give new pictures
    result = reconstruction.reconstruct(inference(Run(Path(path))), images)
    rows = np.stack([images, result.at_mean, 2 * result.std], axis=1)
    sheet = picture_sheet.sheet(rows.reshape(-1, *images.shape[1:]), 3, gap=1)
    return pictures.png(pictures.enlarged(sheet, 400))


def samples(run: Run, name: str) -> None:
    """Show decoded samples of the prior, and below them of the aggregate posterior."""
    q = arrays(run)
    for source, z in (
        ("prior", prior_samples(SAMPLES, run.config.latent_dim, prior=inference(run).prior)),
        (
            "aggregate posterior",
            aggregate_posterior_samples(SAMPLES, q["posterior_mean"], q["posterior_log_var"]),
        ),
    ):
        show_png(decoded(run, z, 6), f"{source}, {name}", f"Samples of the {source}, {name}")
