"""Show runs side by side: their columns, a table of numbers, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path

import numpy as np
import streamlit as st
from pandas.io.formats.style import Styler
from streamlit.delta_generator import DeltaGenerator

from dashboard.figures import comparison, pictures
from dashboard.figures.numbers import title
from dashboard.shared.comparable_runs import (
    NAMES,
    differing,
    empty_arrays,
    numbers_over_seeds,
)
from dashboard.shared.png import show_png
from dashboard.shared.run_cache import arrays, decoded, held_out, inference
from dashboard.shared.run_numbers import rate_per_dim, top_dims
from dashboard.shared.run_picker import NothingToShowError
from vae_core.data import dataset
from vae_core.kinds.contents import Contents
from vae_core.latent import picture_sheet, planes, reconstruction
from vae_core.latent.alignment import Alignment
from vae_core.latent.samples import aggregate_posterior_samples, prior_samples
from vae_core.metrics.catalogue import METRICS
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.sweeps import sweep_id

SAMPLES = 36  # decoded samples of the prior, and of the aggregate posterior
LEAST_WIDTH = 124  # of a column, in pixels


def comparison_columns(runs: list[Run]) -> tuple[list[Run], list[comparison.Column]]:
    """Return the readable runs and their columns for the comparison figures.

    A column's title is β and the other fields in which the runs differ. A run that has only
    numbers gets a column without points. Warnings name runs that can't be read.

    Raises:
        NothingToShowError: none of the runs can be read.
    """
    differ = [(name, NAMES.get(name, name)) for name in differing(runs) if name != "model"]
    readable, columns = [], []
    for run, seed_numbers in zip(runs, numbers_over_seeds(runs), strict=True):
        try:
            q = arrays(run) if run.viewable else empty_arrays(run)
        except RunError as error:
            st.warning(str(error), icon=":material/warning:")
            continue
        if seed_numbers[0]:
            others = [f"{letter} {getattr(run.config, name)}".strip() for name, letter in differ]
            readable.append(run)
            shown = Contents(run.config)
            columns.append(
                comparison.Column(
                    title="<br>".join([shown.title, *others[:2]]),
                    posterior_mean=q["posterior_mean"],
                    labels=q["labels"],
                    label_names=[str(name) for name in q["label_names"]],
                    dims=top_dims(run) if run.viewable else (0, 0),
                    beta=shown.beta,
                    sweep=sweep_id(run.config),
                    rate_per_dim=rate_per_dim(run),
                    numbers=seed_numbers,
                    sloped=run.config.schedule != "capacity",
                )
            )
    if not columns:
        raise NothingToShowError("None of these runs can be read: pick others.")
    return readable, columns


def show_table(make: Callable[[], Styler], *key: Hashable) -> None:
    """Show a table of held-out numbers, which is made once for all viewers.

    Args:
        make: makes the table, see `metrics_table`.
        key: identifies its content in the cache.
    """
    _show_table(key, make)


@st.cache_data(max_entries=50, show_spinner=False)  # replays the element on later calls
def _show_table(key: tuple[Hashable, ...], _make: Callable[[], Styler]) -> None:
    del key
    st.dataframe(
        _make(),
        hide_index=True,
        alt="Held-out metrics of the runs, mean and standard deviation over the seeds",
        column_config={
            "β": st.column_config.NumberColumn(format="%g", pinned=True),
            **{title(name): st.column_config.Column(help=METRICS[name].text) for name in METRICS},
        },
    )


def grid(columns: int) -> DeltaGenerator:
    """Return the container of the columns, which scrolls sideways on a narrow page."""
    width = LEAST_WIDTH * comparison.width_of(columns)
    st.html(
        "<style>.st-key-grid_scroll { overflow-x: auto; } "
        f".st-key-grid {{ min-width: {width}px; }} "
        ".st-key-grid [data-testid=stCaptionContainer] { max-width: 80vw; } "
        # On very narrow pages Streamlit would stack the columns.
        ".st-key-grid [data-testid=stHorizontalBlock] { flex-wrap: nowrap; } "
        ".st-key-grid [data-testid=stColumn] { min-width: 0; }</style>"
    )
    return st.container(key="grid_scroll").container(key="grid")


def cells(columns: int) -> list[DeltaGenerator]:
    """Return a container for each column, as wide as its plot above."""
    return st.columns(comparison.width_of(columns))[:columns]


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
        name: distinguishes the run from the others.
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
        names: distinguish the runs.
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
        "of the decoded pixels over 32 samples of its posterior (white: 0.5, the most possible)."
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
        ("prior", prior_samples(SAMPLES, run.config.latent_dim)),
        (
            "aggregate",
            aggregate_posterior_samples(SAMPLES, q["posterior_mean"], q["posterior_log_var"]),
        ),
    ):
        show_png(decoded(run, z, 6), f"{source}, {name}", f"Samples of the {source}, {name}")
