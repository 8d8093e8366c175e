"""Ways through a latent space: planes of a sweep, interpolations, traversals, and their exports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import controls
from dashboard.components.decoder import decoder
from dashboard.components.plane import Frame
from dashboard.figures import dim_name, pictures
from vae_core import analysis
from vae_core.bundle import bundle
from vae_core.runs import Run

MAX_POINTS = 2000  # over a plane: more hide the pictures
STEPS = 11  # of a strip
GIF_STEPS = 31
PICTURE = 224  # pixels

Grid = tuple[int, str, float]  # pictures a side, spacing, extent


@dataclass(frozen=True)
class Walk:
    """An interpolation.

    Attributes:
        start, end: (d,).
        kind: see `vae_core.analysis.interpolation`.
    """

    start: np.ndarray
    end: np.ndarray
    kind: str

    @property
    def path(self) -> np.ndarray:
        """(GIF_STEPS, d)."""
        return analysis.interpolation(self.start, self.end, GIF_STEPS, self.kind)


def picture(run: Run, z: np.ndarray) -> None:
    """What z (d,) decodes to, by the server."""
    controls.picture(
        controls.decoded(run, z[None], 1, PICTURE),
        "decoded at the sliders' point",
        "The picture at the sliders' point",
        "content",
    )


def frames(
    runs: list[Run],
    z: np.ndarray,
    dims: tuple[int, int],
    grid: Grid,
    points: bool,
    turned: bool,
) -> list[Frame]:
    """The plane of each run of a sweep.

    Args:
        runs: that differ in β alone.
        z: (d,), where the dimensions stay that are not shown.
        dims: across and up.
        grid: of the manifold behind.
        points: with held-out images?
        turned: each turned to match the run of the β nearest 1?
    """
    reference = min(runs, key=lambda run: abs(np.log(max(run.config.beta, 1e-3))))
    target = reference.arrays()["posterior_mean"] if turned else None
    found = []
    for run in runs:
        mean = labels = rotation = None
        if points or turned:
            arrays = run.arrays()
            mean, labels = arrays["posterior_mean"], arrays["labels"][:MAX_POINTS]
        if turned and target is not None and mean is not None:
            rotation = analysis.align(mean, target).rotation
            mean = mean @ rotation
        shown = mean[:MAX_POINTS, list(dims)] if points and mean is not None else None
        found.append(
            Frame(
                title=f"β = {run.config.beta:g}",
                sheet=_plane(run, z, dims, grid, rotation),
                decoder=decoder(run),
                points=None if shown is None or labels is None else (shown, labels),
                rotation=rotation,
            )
        )
    return found


def _plane(
    run: Run, z: np.ndarray, dims: tuple[int, int], grid: Grid, rotation: np.ndarray | None
) -> str:
    n, spacing, extent = grid
    _, points = analysis.manifold(n, z, dims, spacing, extent)
    if rotation is not None:
        points = points @ rotation.T
    return pictures.data_uri(controls.decoded(run, points, n, side=1))


def choose(run: Run, z: np.ndarray) -> Walk | None:
    """The controls of an interpolation; None where its ends are not both there yet."""
    with st.container(key="form_walk"):
        return _choose(run, z)


def _choose(run: Run, z: np.ndarray) -> Walk | None:
    st.subheader("From one point to another")
    between, kind = st.columns(2)
    ends = between.segmented_control(
        "Between",
        ["points", "images"],
        default="points",
        required=True,
        key="walk_between",
        bind="query-params",
        help="points of the latent space, or the posterior means of two held-out images",
    )
    how = kind.segmented_control(
        "Path",
        analysis.INTERPOLATIONS,
        default="linear",
        required=True,
        key="walk_path",
        bind="query-params",
        help="spherical: along the arc around the origin, as samples of the prior of many "
        "dimensions lie on a shell.",
    )
    found = _images(run) if ends == "images" else _points(run, z)
    return Walk(*found, how) if found else None


def _images(run: Run) -> tuple[np.ndarray, np.ndarray]:
    arrays = run.arrays()
    mean, labels = arrays["posterior_mean"], arrays["labels"]
    names = [str(name) for name in arrays["label_names"]]
    ends = []
    for column, name, default in zip(st.columns(2), "AB", (0, 1), strict=True):
        index = column.number_input(
            f"{name}: number of the held-out image",
            0,
            len(mean) - 1,
            default,
            key=f"walk_image_{name.lower()}",
            bind="query-params",
        )
        column.caption(f"label {names[labels[index]]}")
        ends.append(mean[index])
    return ends[0], ends[1]


def _points(run: Run, z: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    ends = []

    def take(key: str) -> None:
        st.session_state[key] = ", ".join(f"{value:g}" for value in z.round(2).tolist())

    for column, name in zip(st.columns(2, vertical_alignment="bottom"), "AB", strict=True):
        with column.container(horizontal=True, vertical_alignment="bottom"):
            key = f"walk_{name.lower()}"
            text = st.text_input(
                f"{name}: its latents", key=key, bind="query-params", placeholder="0.5, -1"
            )
            st.button(f"{name} is here", on_click=take, args=(key,), key=f"{key}_here")
        ends.append(_parsed(text, run.config.latent_dim))
    if any(isinstance(end, str) for end in ends):
        wrong = next(end for end in ends if isinstance(end, str))
        st.error(wrong, icon=":material/error:")
        return None
    start, end = ends
    if not (isinstance(start, np.ndarray) and isinstance(end, np.ndarray)):
        st.caption(
            "Pick a point above and press **A is here**, pick another and press **B is here**."
        )
        return None
    return start, end


def _parsed(text: str, latent_dim: int) -> np.ndarray | str | None:
    """Latents (d,); None of an empty text, and what is wrong with any other."""
    if not text.strip():
        return None
    try:
        values = np.array([float(part) for part in text.split(",")], np.float32)
    except ValueError:
        values = np.array([np.nan])
    if len(values) != latent_dim or not np.isfinite(values).all():
        return f"{text[:40]!r} is no point: write {latent_dim} numbers with commas between them."
    return values


def show(run: Run, walk: Walk) -> None:
    """The strip of an interpolation."""
    steps = analysis.interpolation(walk.start, walk.end, STEPS, walk.kind)
    controls.picture(
        controls.decoded(run, steps, STEPS),
        f"From A to B in {STEPS} {walk.kind} steps, decoded.",
        f"A strip of decoded pictures, {walk.kind} interpolation from A to B",
    )


def traversals(run: Run, z: np.ndarray, rows: list[int], rate: np.ndarray, extent: float) -> None:
    """A row a latent dimension, which alone moves from -extent to extent."""
    st.subheader("One dimension at a time")
    values = np.linspace(-extent, extent, STEPS)
    controls.picture(
        controls.decoded(run, analysis.traversal(z, rows, values), STEPS),
        f"From {-extent:g} to {extent:g}; a row a dimension, the largest rate first: "
        + ", ".join(f"{dim_name(i)} {rate[i]:.2f} nats" for i in rows),
        "Traversals, a latent dimension a row",
    )


def exports(
    run: Run,
    siblings: list[Run],
    walk: Walk | None,
    z: np.ndarray,
    dims: tuple[int, int],
    grid: Grid,
) -> None:
    """What can be taken along; each file is made when its button is pressed."""
    n, spacing, extent = grid

    def points() -> np.ndarray:
        return analysis.manifold(n, z, dims, spacing, extent)[1]

    def manifold(of: Run) -> np.ndarray:
        return analysis.sheet(controls.inference(of).decode(points()), n)

    def morph() -> bytes:
        return pictures.gif([manifold(sibling) for sibling in siblings], 560, 500)

    def interpolation() -> bytes:
        assert walk
        return pictures.gif(list(controls.inference(run).decode(walk.path)), PICTURE)

    def grid_csv() -> str:
        return _latents(points()).to_csv(index_label="picture")

    def posterior_csv() -> str:
        arrays = run.arrays()
        frame = pd.concat(
            [
                _latents(arrays["posterior_mean"], "mean_z"),
                _latents(arrays["posterior_log_var"], "log_var_z"),
            ],
            axis=1,
        )
        frame.insert(0, "label", arrays["label_names"][arrays["labels"]])
        return frame.to_csv(index_label="held_out_image")

    form = st.container(key="form_export")
    form.subheader("Take it along")
    with form.container(horizontal=True):
        for shown, label, data, name, mime, icon in (
            (
                run.config.latent_dim > 1,
                "Manifold (PNG)",
                lambda: pictures.png(pictures.enlarged(manifold(run), 1200)),
                "manifold.png",
                "image/png",
                "image",
            ),
            (
                run.config.latent_dim > 1 and len(siblings) > 1,
                "Manifolds over β (GIF)",
                morph,
                "sweep.gif",
                "image/gif",
                "animation",
            ),
            (
                walk is not None,
                "From A to B (GIF)",
                interpolation,
                "interpolation.gif",
                "image/gif",
                "animation",
            ),
            (
                run.config.latent_dim > 1,
                "z of the grid (CSV)",
                grid_csv,
                "grid.csv",
                "text/csv",
                "table",
            ),
            (
                True,
                "Posteriors of held-out images (CSV)",
                posterior_csv,
                "posteriors.csv",
                "text/csv",
                "table",
            ),
            (
                True,
                "The run, with a script that loads it in plain Keras (zip)",
                lambda: bundle(run),
                "run.zip",
                "application/zip",
                "folder_zip",
            ),
        ):
            if shown:
                st.download_button(
                    label,
                    data,
                    f"{run.id}-{name}" if name != "run.zip" else f"{run.id}.zip",
                    mime,
                    key=f"export_{name}",
                    icon=f":material/{icon}:",
                    on_click="ignore",
                )


def _latents(z: np.ndarray, prefix: str = "z") -> pd.DataFrame:
    return pd.DataFrame(z, columns=[f"{prefix}{i + 1}" for i in range(z.shape[1])])
