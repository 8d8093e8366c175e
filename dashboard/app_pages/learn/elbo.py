"""Learn: the ELBO and tighter bounds, for one held-out image under a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from dashboard.components.plot.plot import plot
from dashboard.figures import information as figures
from dashboard.figures import pictures
from dashboard.shared import markdown, notes, png, run_cache, run_picker, sweeps
from vae_core.config import ConfigError
from vae_core.data.dataset import DatasetError
from vae_core.kinds.contents import Contents
from vae_core.metrics.bounds import ImageBounds, binarise, bounds_of_image
from vae_core.model import likelihoods
from vae_core.runs.run import Run

SAMPLES = (1, 2, 4, 8, 16, 32, 64, 128, 256)  # the values of k
GROUPS = 4  # groups of the largest k over which each bound is averaged
SWEEP_SAMPLES = 64  # k of the bounds in the table of the sweep
PICTURE = 140  # pixels per side

EXPLANATION = r"""
How probable is an image $x$ under the model? The answer sums over every $z$ that might have made
it, $p(x) = \int p(x \mid z)\, p(z)\, dz$, and can't be computed. Any $q(z \mid x)$ gives a lower
bound, by Jensen's inequality:

$$
\log p(x) = \underbrace{\mathbb E_{q}[\log p(x \mid z)]}_{-\text{distortion}} -
\underbrace{\mathrm{KL}\big(q(z \mid x)\,\|\,p(z)\big)}_{\text{rate}} +
\underbrace{\mathrm{KL}\big(q(z \mid x)\,\|\,p(z \mid x)\big)}_{\text{gap} \;\ge\; 0}.
$$

The first two terms are the **elbo**; the **gap** is how far the encoder's posterior is from the
true one. $k$ samples instead of one give tighter bounds, which rise to $\log p(x)$:

$$
\mathcal L_k = \mathbb E\left[\log \frac1k \sum_{i=1}^{k}
\frac{p(x \mid z_i)\, p(z_i)}{q(z_i \mid x)}\right], \qquad
\text{elbo} = \mathcal L_1 \le \mathcal L_2 \le \dots \le \log p(x).
$$

So the gap is at least $\mathcal L_{256} - \text{elbo}$. This page computes the elbo from the exact
rate and the mean distortion of all samples. $\mathcal L_1$ estimates the rate from samples, so the
two differ by a few hundredths.

$\beta$ does not occur in these formulas. It changes *which* $q(z \mid x)$ and $p(x \mid z)$ are
learnt, because training minimises distortion + β · rate. Only at $\beta = 1$ does training maximise
the elbo. A large $\beta$ keeps the posterior near the prior, even if the true posterior is
elsewhere: then the gap is wide.

Pixels are drawn here as 0 or 1, with their grey value as the probability. A Bernoulli decoder gives
such an image a probability, and the elbo bounds its logarithm. For grey pixels the same formula is
a cross-entropy, not a likelihood: its minimum is the entropy of the pixels and not 0. Never compare
a likelihood with a cross-entropy. The decoded probabilities are clipped to at least $2^{-24}$ from
0 and 1, the precision of the stored decoder.

Sources: Kingma & Welling (2014), *Auto-Encoding Variational Bayes*, eq. 1 to 3; Burda, Grosse &
Salakhutdinov (2016), *Importance Weighted Autoencoders*, eq. 8; Higgins et al. (2017), *beta-VAE*.
"""


def section() -> None:
    st.markdown(
        "How probable is one image under a VAE? The **distortion** says how badly z reconstructs "
        "the image. The **rate** says how far the posterior of z is from the prior. The negative "
        "of their sum is the **elbo**: a lower bound on log p(x), the log-probability of the "
        "image."
    )
    run = run_picker.pick_run(suits=_has_bound)
    notes.notes(run)
    count = len(run_cache.arrays(run)["labels"])
    with st.container(key="form", horizontal=True):
        row = st.number_input(
            "Held-out image",
            0,
            count - 1,
            0,
            key="learn_image",
            bind="query-params",
            help=f"Its number, 0 to {count - 1:,}.",
        )
        seed = st.number_input(
            "Seed",
            0,
            2**30,
            0,
            key="learn_elbo_seed",
            bind="query-params",
            help="Seed of two draws: each pixel as 0 or 1, and z from the posterior.",
        )
    try:
        (image,) = run_cache.held_out(run.config.dataset, (int(row),))
    except DatasetError as error:
        st.info(
            markdown.escape_markdown(
                f"{error} Or choose a run of digits, which every machine has."
            ),
            icon=":material/info:",
        )
        return
    drawn = binarise(image, np.random.default_rng([int(seed), 0]))
    result = bounds(run, drawn, int(seed), SAMPLES)
    best = result.bounds[SAMPLES[-1]]
    with st.container(horizontal=True):
        for title, value, text in (
            ("distortion", result.distortion, "E[-log p(x|z)], summed over the pixels."),
            ("rate", result.rate, "KL(q(z|x) || p(z)), in closed form."),
            ("elbo", result.elbo, "-(distortion + rate)."),
            ("log p(x) ≥", best, f"The bound of k = {SAMPLES[-1]} samples."),
            ("gap ≥", max(best - result.elbo, 0), "How far the elbo is below log p(x)."),
        ):
            st.metric(title, f"{value:z.2f}", help=f"{text} Nats.", border=True)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _pictures(run, image, drawn)
    with right:
        plot(
            figures.bounds(result.bounds, result.elbo),
            key="learn-bounds",
            height=330,
            alt="Lower bounds on log p(x), which rise with the number of samples",
        )
    st.caption(
        f"All numbers are nats for held-out image {row}. Its pixels are drawn as 0 or 1, because "
        "with grey pixels the distortion would be a cross-entropy. Each bound is computed from "
        f"the same {SAMPLES[-1] * GROUPS:,} samples of the posterior. The larger k is, the nearer "
        "the bound is to log p(x)."
    )
    _table_of_sweep(run, drawn, int(seed), result)
    markdown.explain("The bound, and what β has to do with it", EXPLANATION)


def _has_bound(run: Run) -> bool:
    """Return whether the run has an elbo that bounds the probability of a binary image.

    A Gaussian decoder gives images a density, not a probability.
    """
    try:
        return Contents(run.config).has_rate and likelihoods.of(run.config).of_binary
    except ConfigError:  # the likelihood comes from a plug-in that is not installed
        return False


def bounds(run: Run, image: np.ndarray, seed: int, samples: tuple[int, ...]) -> ImageBounds:
    """Return `vae_core.metrics.bounds.bounds_of_image` from the cache."""
    return _bounds(str(run.path), run.decoder_path.stat().st_mtime_ns, image, seed, samples)


@st.cache_data(max_entries=200, show_spinner=False)
def _bounds(
    path: str, written: int, image: np.ndarray, seed: int, samples: tuple[int, ...]
) -> ImageBounds:
    del written  # part of the cache's key: new weights give new numbers
    networks = run_cache.inference(Run(Path(path)))
    rng = np.random.default_rng([seed, 1])
    return bounds_of_image(networks, image, samples, GROUPS, rng)


def _pictures(run: Run, image: np.ndarray, drawn: np.ndarray) -> None:
    networks = run_cache.inference(run)
    mean, _ = networks.encode(drawn[None])
    factor = -(-PICTURE // image.shape[1])
    for column, (picture, caption, alt) in zip(
        st.columns(3, gap="small"),
        (
            (pictures.enlarged(image, PICTURE), "the image", "The held-out image"),
            (
                drawn.repeat(factor, axis=0).repeat(factor, axis=1),
                "x: drawn as 0 or 1",
                "Its pixels as 0 or 1",
            ),
            (
                pictures.enlarged(networks.decode(mean)[0], PICTURE),
                "p(x|z), z at the mean",
                "What the posterior mean decodes to",
            ),
        ),
        strict=True,
    ):
        with column:
            png.show_png(pictures.png(picture), caption, alt)


def _table_of_sweep(run: Run, image: np.ndarray, seed: int, bounds_of_run: ImageBounds) -> None:
    runs = sweeps.sweep_of(run)
    if len(runs) < 2:
        st.caption("No run with this config and another β is trained yet. Train one to compare.")
        return
    st.markdown(
        "##### The same image through every β of the sweep\n"
        "β is not in the formula of the elbo, so the elbo can be compared across β."
    )
    rows = []
    for sibling in runs:
        result = (
            bounds_of_run
            if sibling.id == run.id
            else bounds(sibling, image, seed, (SWEEP_SAMPLES,))
        )
        best = result.bounds[SWEEP_SAMPLES]
        mark = "**" if sibling.id == run.id else ""
        values = (result.distortion, result.rate, result.elbo, best, max(best - result.elbo, 0))
        titles = ("distortion", "rate", "elbo", f"bound, k = {SWEEP_SAMPLES}", "gap at least")
        cells = {
            f"{title} (nats)": f"{mark}{value:z.2f}{mark}"
            for title, value in zip(titles, values, strict=True)
        }
        rows.append({"β": f"{mark}{sibling.config.beta:g}{mark}", **cells})
    st.table(rows, hide_index=True)
    st.caption(
        f"All bounds use k = {SWEEP_SAMPLES}, so they can be compared. The numbers of the chosen "
        f"run, in bold, use {SAMPLES[-1] * GROUPS:,} samples of its posterior, the others "
        f"{SWEEP_SAMPLES * GROUPS:,}."
    )
