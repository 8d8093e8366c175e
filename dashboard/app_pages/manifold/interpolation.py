"""Choose and show an interpolation between two points or two images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from dashboard.shared import markdown, path_control, png, run_cache, typed_numbers
from dashboard.shared.choice import choose_one
from vae_core.latent import paths
from vae_core.runs.run import Run

STEPS = 11  # pictures on the page
GIF_STEPS = 31


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
        """The latents (GIF_STEPS, d) of the GIF."""
        return paths.interpolation(self.start, self.end, GIF_STEPS, self.kind)


def choose(run: Run, z: np.ndarray) -> Walk | None:
    """Show the widgets of an interpolation; return None until both ends are chosen.

    Args:
        run: the run.
        z: (d,), the point that the sliders set.
    """
    st.subheader("From one point to another")
    left, right = st.columns(2)
    with left:
        ends = choose_one(
            "Between",
            ["points", "images"],
            key="walk_between",
            help="Points of the latent space, or the posterior means of two held-out images.",
        )
    with right:
        kind = path_control.choose_path("walk_path")
    pair = _choose_images(run) if ends == "images" else _choose_points(run, z)
    return Walk(*pair, kind) if pair else None


def _choose_images(run: Run) -> tuple[np.ndarray, np.ndarray]:
    arrays = run_cache.arrays(run)
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
        column.caption(f"label {markdown.shown_name(names[labels[index]])}")
        ends.append(mean[index])
    return ends[0], ends[1]


def _choose_points(run: Run, z: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    ends = []

    def set_end(key: str) -> None:
        st.session_state[key] = ", ".join(f"{value:g}" for value in z.round(2).tolist())

    for column, name in zip(st.columns(2, vertical_alignment="bottom"), "AB", strict=True):
        with column.container(horizontal=True, vertical_alignment="bottom"):
            key = f"walk_{name.lower()}"
            text = st.text_input(
                f"{name}: its latents",
                max_chars=20 * run.config.latent_dim,
                key=key,
                bind="query-params",
                placeholder="0.5, -1",
            )
            st.button(f"{name} is here", on_click=set_end, args=(key,), key=f"{key}_here")
        ends.append(_parse_latent(text, run.config.latent_dim))
    if any(isinstance(end, str) for end in ends):
        message = next(end for end in ends if isinstance(end, str))
        st.error(message, icon=":material/error:")
        return None
    start, end = ends
    if not (isinstance(start, np.ndarray) and isinstance(end, np.ndarray)):
        st.caption(
            "Pick a point above and press **A is here**. Pick another and press **B is here**."
        )
        return None
    return start, end


def _parse_latent(text: str, latent_dim: int) -> np.ndarray | str | None:
    """Parse a latent (d,); return None for an empty text, and a message for an invalid one."""
    if not text.strip():
        return None
    values = np.array(typed_numbers.parse_numbers(text), np.float32)
    if len(values) != latent_dim or not np.isfinite(values).all():
        typed = markdown.quote(text[:40])
        return f"{typed} is not a point: write {latent_dim} numbers with commas between them."
    return values


def show(run: Run, walk: Walk) -> None:
    """Show the decoded steps of an interpolation."""
    steps = paths.interpolation(walk.start, walk.end, STEPS, walk.kind)
    png.show_png(
        run_cache.decoded(run, steps, STEPS),
        f"From A to B, decoded in {STEPS} steps, {walk.kind} path.",
        f"A strip of decoded pictures, {walk.kind} interpolation from A to B",
    )
