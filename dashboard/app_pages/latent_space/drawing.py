"""Encode and reconstruct a drawing with a run, and with the other runs of its sweep."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from dashboard.components.pad import pad
from dashboard.figures import pictures
from dashboard.shared import png, run_cache, sweeps
from vae_core.data import registry
from vae_core.data.source import Ink
from vae_core.kinds.contents import Contents
from vae_core.latent.picture_sheet import sheet
from vae_core.runs.run import Run

FAINTEST = 0.2  # pixels below this share of the brightest one count as paper
PAD = "pad"
RATE_SAMPLES = 1000  # if the rate has no closed form
SHOWN_SIDE = 140  # pixels per side of the pictures beside the pad


class Drawn(NamedTuple):
    """A drawing at the size of a run, and its posterior.

    Attributes:
        image: (size, size, 1) in [0, 1], the encoder's input.
        mean, log_var: (d,), of its posterior.
    """

    image: np.ndarray
    mean: np.ndarray
    log_var: np.ndarray


def drawn(run: Run) -> Drawn | None:
    """Return the encoded drawing; None if the pad is empty.

    The page may call it before it shows the pad, because the drawing is in the session.
    """
    drawing = pad.drawing(PAD)
    if drawing is None:
        return None
    networks = run_cache.inference(run)
    ink = _ink(run)
    size = networks.item_shape[0]
    if st.session_state.get(_centre_key(run), ink.centred):
        image = centred(drawing, size, ink.share)
    else:
        image = _resized(drawing, size, size)
    image = image[..., None]
    mean, log_var = networks.encode(image[None])
    return Drawn(image, mean[0], log_var[0])


def centred(drawing: np.ndarray, size: int, share: float) -> np.ndarray:
    """Scale and centre a drawing as MNIST was made: its centre of mass is in the middle.

    Args:
        drawing: (n, n) in [0, 1], 1 is ink; not all 0. The paper of a photograph is not quite 0,
            so faint pixels are set to 0.
        size: pixels per side of the result.
        share: length of the ink's longer side, as a share of the result's side.

    Returns:
        (size, size) float32 in [0, 1]. The ink is never moved over the edge.
    """
    drawing = np.where(drawing > FAINTEST * drawing.max(), drawing, 0)
    rows, columns = (np.flatnonzero(drawing.max(axis=axis)) for axis in (1, 0))
    ink = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = share * size / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    ink = _resized(ink, height, width)
    total = float(ink.sum())
    corner = []
    for axis, side in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis)
        middle = float(mass @ (np.arange(side) + 0.5)) / total if total > 0 else side / 2
        corner.append(int(np.clip(round(size / 2 - middle), 0, size - side)))
    image = np.zeros((size, size), np.float32)
    top, left = corner
    image[top : top + height, left : left + width] = ink
    return image


def _resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize an image by averaging over the area of each new pixel."""
    resized = Image.fromarray(image.astype(np.float32)).resize(
        (width, height), Image.Resampling.BOX
    )
    return np.clip(np.asarray(resized), 0, 1)


def _ink(run: Run) -> Ink:
    """Return the ink of the run's data set; the default if the data set is not on this machine."""
    source = registry.find_source(run.config.dataset)
    return source.ink if source else Ink()


def _centre_key(run: Run) -> str:
    return f"draw_centre_{run.config.dataset}"


def section(run: Run, picture: Drawn | None) -> None:
    """Show the pad, and the drawing's reconstruction by the run and the runs of its sweep.

    Args:
        run: encodes the drawing.
        picture: see `drawn`.
    """
    ink = _ink(run)
    left, right = st.columns([1, 2], gap="large")
    with left:
        pad.pad(
            key=PAD,
            brush=ink.brush,
            alt="A pad to draw on, white on black, with a mouse, pen, finger or the arrow keys; "
            "with shift they move without drawing",
        )
        st.toggle(
            "Centre as MNIST does",
            value=ink.centred,
            key=_centre_key(run),
            bind="query-params",
            help="Scale the drawing, and move its centre of mass to the middle of the picture, "
            "where the networks have seen all digits.",
        )
    with right:
        if picture is None:
            st.info(
                f"Draw something that could be in {run.config.dataset}, or drop a picture on the "
                "pad. The drawing is encoded at the end of each stroke.",
                icon=":material/draw:",
            )
            return
        _posterior(run, picture)
    _reconstructions_over_beta(run, picture)


def _posterior(run: Run, picture: Drawn) -> None:
    networks = run_cache.inference(run)
    std = np.exp(0.5 * picture.log_var)
    with st.container(horizontal=True):
        for image, caption, alt in (
            (picture.image, "as the network sees it", "The drawing at the size of the run"),
            (
                networks.decode(picture.mean[None])[0],
                "its reconstruction: the decoded posterior mean"
                if Contents(run.config).has_spread
                else "its reconstruction",
                "The drawing's posterior mean, decoded",
            ),
        ):
            png.show_png(pictures.png(pictures.enlarged(image, 224)), caption, alt, SHOWN_SIDE)
        if not Contents(run.config).has_spread:
            return
        seed = st.session_state.setdefault("draw_seed", 0)
        noise = np.random.default_rng(seed).standard_normal((8, len(std))).astype(np.float32)
        samples = networks.decode(picture.mean + std * noise)
        png.show_png(
            pictures.png(pictures.enlarged(sheet(samples, 4, gap=1), 300)),
            "eight samples of its posterior, decoded",
            "Decoded samples of the drawing's posterior",
            2 * SHOWN_SIDE,
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Sample again", icon=":material/casino:", on_click=_sample_again, key="draw_again"
        )
        st.markdown(
            f"rate of this picture: **{_rate(run, picture.mean, picture.log_var):.2f} nats**"
        )


def _sample_again() -> None:
    st.session_state["draw_seed"] += 1


def _rate(run: Run, mean: np.ndarray, log_var: np.ndarray) -> float:
    """Return the rate of one posterior (d,), nats. An estimate averages `RATE_SAMPLES` samples."""
    prior = run_cache.inference(run).prior
    assert prior is not None
    noise = np.random.default_rng(0).standard_normal((RATE_SAMPLES, len(mean)))
    z = mean + np.exp(0.5 * log_var) * noise
    return float(prior.rate(z, mean[None], log_var[None]).total.mean())


def _reconstructions_over_beta(run: Run, picture: Drawn) -> None:
    sweep = sweeps.sweep_of(run)
    if len(sweep) == 1:
        st.caption("No run with this config and another β is trained yet. Train one to compare.")
        return
    st.markdown("**The same drawing in runs that differ only in β**")
    for column, other in zip(st.columns(sweeps.MOST_RUNS, gap="small"), sweep, strict=False):
        networks = run_cache.inference(other)
        mean, log_var = networks.encode(picture.image[None])
        beta = f"β = {other.config.beta:g}"
        remark = ", not optimised" if other.config.beta == 0 else ""
        with column:
            png.show_png(
                pictures.png(pictures.enlarged(networks.decode(mean)[0], 140)),
                f"{f'**{beta}**' if other.id == run.id else beta}, "
                f"rate {_rate(other, mean[0], log_var[0]):.1f} nats{remark}",
                f"Reconstruction of the drawing at {beta}",
            )
