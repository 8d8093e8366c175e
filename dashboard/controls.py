"""Widgets and cached look-ups that several pages share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dashboard.figures import comparison, pictures
from vae_core import analysis
from vae_core.inference import Inference
from vae_core.runs import Run, RunStore, default_store, pretrained_store

# Fine near 0, where the rate changes most, and up to where everything collapses.
BETAS = (
    *(0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0),
)
STATE_BADGES = {
    "queued": (":material/hourglass_empty:", "gray"),
    "running": (":material/play_arrow:", "blue"),
    "finished": (":material/check:", "green"),
    "failed": (":material/error:", "red"),
    "cancelled": (":material/stop:", "orange"),
    "interrupted": (":material/pause:", "orange"),
}
BETA_ZERO = (
    "β = 0: the rate is not part of the loss, so nothing holds the posteriors near the prior. "
    "This is an autoencoder with noise; its rate runs off and is not optimised."
)


def all_runs(viewable: bool = True) -> list[Run]:
    """Runs of the store, newest first, then the pretrained ones; damaged folders are named once.

    Args:
        viewable: only those that the pages can show, see `Run.viewable`.
    """
    found: list[Run] = []
    for store in (default_store(), pretrained_store()):
        runs, damaged = store.scan()
        # β = 1, the VAE proper, is the first to see of those that ship.
        runs.sort(key=_from_beta_one) if store == pretrained_store() else runs.reverse()
        found += runs
        for reason in damaged.values():
            st.warning(f"Not shown: {reason}", icon=":material/warning:")
    return [run for run in found if run.viewable] if viewable else found


def _from_beta_one(run: Run) -> float:
    return abs(math.log(max(run.config.beta, 1e-3)))


def pretrained(run: Run) -> bool:
    return run.path.parent == pretrained_store().root


def find(run_id: str) -> Run | None:
    """The finished run of that id in either store, or the unfinished one of the store."""
    for store in (pretrained_store(), default_store()):
        if _has(store, run_id):
            return store.get(run_id)
    return None


def _has(store: RunStore, run_id: str) -> bool:
    return (store.root / run_id / "config.json").is_file()


def run_label(run: Run) -> str:
    """What a run is, in one line; unique, as every field that can differ is in the id."""
    c = run.config
    parts = [c.dataset, c.architecture, f"β {c.beta:g}", f"d {c.latent_dim}", f"seed {c.seed}"]
    if c.schedule != "constant":
        parts.append(c.schedule)
    parts.append(f"{c.epochs} epochs")
    tail = "pretrained" if pretrained(run) else c.id.rsplit("-", 1)[-1]
    return " · ".join([*parts, tail])


def pick_run(viewable: bool = True) -> Run:
    """A select box of runs, kept in the URL and over the pages; the newest at first.

    Ends the page with a hint where there is nothing to pick from.
    """
    runs = {run_label(run): run for run in all_runs(viewable)}
    if not runs:
        st.info(
            "There are no runs to look at yet: train one on the Train page.",
            icon=":material/info:",
        )
        st.stop()
    choice = st.selectbox(
        "Run",
        list(runs),
        key="run",
        bind="query-params",
        help="Newest first, then the pretrained ones.",
    )
    return runs[choice] if choice in runs else next(iter(runs.values()))


def badge(state: str) -> None:
    icon, colour = STATE_BADGES[state]
    st.badge(state, icon=icon, color=colour)  # type: ignore[arg-type]


def last_test(run: Run) -> dict[str, Any] | None:
    """Held-out numbers after the last epoch, see `vae_core.vae.Evaluation.record`."""
    epochs = run.records("epoch")
    return epochs[-1]["test"] if epochs else None


def rate_per_dim(run: Run) -> np.ndarray:
    """Held-out rate of each latent dimension (d,), nats an image."""
    test = last_test(run)
    return np.array(test["rate_per_dim"] if test else np.zeros(run.config.latent_dim))


def metrics_row(run: Run) -> None:
    """Loss, distortion, rate and elbo, held out."""
    test = last_test(run)
    if test is None:
        return
    with st.container(horizontal=True):
        for name, text in (
            ("loss", "distortion + β · rate: what training minimises."),
            (
                "distortion",
                "E[-log p(x|z)] with z sampled from the posterior, summed over pixels. On grey "
                "pixels this is a cross-entropy, not a likelihood.",
            ),
            ("rate", "KL(q(z|x) || p(z)), summed over latent dimensions."),
            ("elbo", "-(distortion + rate): free of β, so it compares runs."),
        ):
            st.metric(
                name,
                f"{test[name]:.2f}",
                help=f"{text} Held-out images, nats an image.",
                border=True,
            )


def notes(run: Run) -> None:
    """What to know before reading this run's pictures."""
    if run.config.beta == 0:
        st.info(BETA_ZERO, icon=":material/info:")
    end = run.records("end")[-1:]
    if end and end[0]["active_units"] == 0:
        st.warning(
            "Collapsed: no latent dimension varies with the image any more. The posterior equals "
            "the prior, the rate is near 0, and the decoder shows the mean picture whatever z is.",
            icon=":material/warning:",
        )


def inference(run: Run) -> Inference:
    """The run's networks, loaded once for all viewers and again when its files change."""
    return _inference(str(run.path), run.decoder_path.stat().st_mtime_ns)


@st.cache_resource(max_entries=32, show_spinner=False)
def _inference(path: str, _written: int) -> Inference:
    return Inference(Run(Path(path)))


def decode(run: Run, z: np.ndarray) -> np.ndarray:
    """Pictures (n, size, size) of latents z (n, d)."""
    return inference(run).decode(z)


def default_sweep() -> list[Run]:
    """The newest run's sweep, if it has several β, else the first such among the pretrained.

    A sweep is all viewable runs that differ in β alone, ordered by β.
    """
    sweeps: dict[str, list[Run]] = {}
    for run in all_runs():
        sweeps.setdefault(run.config.with_(beta=0.0).id, []).append(run)
    several = [runs for runs in sweeps.values() if len(runs) > 1] or list(sweeps.values())
    return sorted(several[0], key=lambda run: run.config.beta) if several else []


def comparison_columns(runs: list[Run]) -> list[comparison.Column]:
    """What the comparison figures draw of each run."""
    columns = []
    for run in runs:
        arrays, test = run.arrays(), last_test(run)
        if test is not None:
            columns.append(
                comparison.Column(
                    title=f"β = {run.config.beta:g}",
                    posterior_mean=arrays["posterior_mean"],
                    labels=arrays["labels"],
                    label_names=[str(name) for name in arrays["label_names"]],
                    beta=run.config.beta,
                    distortion=test["distortion"],
                    rate=test["rate"],
                )
            )
    return columns


def manifold_picture(run: Run, n: int) -> None:
    """The manifold of the first two latent dimensions, as a plain picture."""
    d = run.config.latent_dim
    _, z = analysis.manifold(n, np.zeros(d), (0, min(1, d - 1)))
    sheet = analysis.sheet(decode(run, z), columns=n, gap=1)
    st.image(
        pictures.png(pictures.enlarged(sheet, 400)),
        width="stretch",
        caption=f"β = {run.config.beta:g}",
        alt=f"Manifold of the run with β = {run.config.beta:g}",
    )
