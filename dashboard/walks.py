"""Ways through a latent space: planes of a sweep, interpolations, traversals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from dashboard import controls
from dashboard.components.decoder import decoder
from dashboard.components.plane import Frame
from dashboard.figures import dim_name, pictures
from dashboard.side_by_side import kind_title
from vae_core.latent import alignment, paths, planes
from vae_core.runs.run import Run

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
        kind: see `vae_core.latent.paths.interpolation`.
    """

    start: np.ndarray
    end: np.ndarray
    kind: str

    @property
    def path(self) -> np.ndarray:
        """(GIF_STEPS, d)."""
        return paths.interpolation(self.start, self.end, GIF_STEPS, self.kind)


def picture(run: Run, z: np.ndarray) -> None:
    """What z (d,) decodes to, by the server."""
    controls.picture(
        controls.decoded(run, z[None], 1, PICTURE),
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
    reference = min(runs, key=controls.from_beta_one)
    target = controls.arrays(reference)["posterior_mean"]
    return [
        alignment.align(controls.arrays(run)["posterior_mean"], target).rotation for run in runs
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
            arrays = controls.arrays(run)
            mean = arrays["posterior_mean"][:MAX_POINTS] @ rotation
            shown = mean[:, list(dims)], arrays["labels"][:MAX_POINTS]
        found.append(
            Frame(
                title=kind_title(run),
                sheet=pictures.data_uri(controls.decoded(run, z, n, side=1)),
                decoder=decoder(run),
                rotation=rotation,
                points=shown,
            )
        )
    return found


def choose(run: Run, z: np.ndarray) -> Walk | None:
    """The controls of an interpolation; None where its ends are not both there yet."""
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
    with kind:
        how = controls.path("walk_path")
    found = _images(run) if ends == "images" else _points(run, z)
    return Walk(*found, how) if found else None


def _images(run: Run) -> tuple[np.ndarray, np.ndarray]:
    arrays = controls.arrays(run)
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
        column.caption(f"label {controls.plain(names[labels[index]])}")
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
    values = np.array(controls.numbers_in(text), np.float32)
    if len(values) != latent_dim or not np.isfinite(values).all():
        said = controls.plain(text[:40])
        return f"{said} is no point: write {latent_dim} numbers with commas between them."
    return values


def show(run: Run, walk: Walk) -> None:
    """The strip of an interpolation."""
    steps = paths.interpolation(walk.start, walk.end, STEPS, walk.kind)
    controls.picture(
        controls.decoded(run, steps, STEPS),
        f"From A to B, decoded in {STEPS} steps, {walk.kind} path.",
        f"A strip of decoded pictures, {walk.kind} interpolation from A to B",
    )


def traversals(run: Run, z: np.ndarray, rows: list[int], rate: np.ndarray, extent: float) -> None:
    """A row a latent dimension, which alone moves from -extent to extent."""
    st.subheader("One dimension at a time")
    values = np.linspace(-extent, extent, STEPS)
    controls.picture(
        controls.decoded(run, planes.traversal(z, rows, values), STEPS),
        f"From {-extent:g} to {extent:g}; a row a dimension, the largest rate first: "
        + ", ".join(f"{dim_name(i)} {rate[i]:.2f} nats" for i in rows)
        if run.config.has_rate
        else f"From {-extent:g} to {extent:g}; a row a dimension, the largest variance first: "
        + ", ".join(dim_name(i) for i in rows),
        "Traversals, a latent dimension a row",
    )
