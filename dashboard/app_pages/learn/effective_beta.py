"""Learn: convert the β of a loss with means to the β of our loss, which has sums."""

from __future__ import annotations

import streamlit as st

from dashboard.shared import markdown, sweeps
from dashboard.shared.choice import choose_one
from vae_core.model import effective_beta

# title -> written β, reduction of KL, reduction of the reconstruction, d, D
PRESETS = {
    "mean BCE · 784 + sum KL": (1.0, "sum", "sum", 2, 784),
    "mean BCE + mean KL": (1.0, "mean", "mean", 2, 784),
    "mean BCE + sum KL": (1.0, "sum", "mean", 2, 784),
}

KEYS = ("learn_written", "learn_kl", "learn_reconstruction", "learn_d", "learn_pixels")

EXPLANATION = r"""
Our loss is $\text{distortion} + \beta \cdot \text{rate}$, summed over the $D$ pixels and the $d$
latent dimensions, and averaged only over images, as in the ELBO. A *mean* over pixels divides the
distortion by $D$, a *mean* over latents the rate by $d$. A factor before the whole loss does not
change its minimum, so

$$
\beta = \beta_\text{written} \cdot
\begin{cases} 1 & \text{KL summed} \\ 1/d & \text{KL averaged} \end{cases} \;\cdot\;
\begin{cases} 1 & \text{reconstruction summed} \\ D & \text{reconstruction averaged.} \end{cases}
$$

This is the **effective β**. If a loss multiplies the mean over pixels by $D$, choose *sum*. A
factor before the whole loss scales the gradients; the steps of Adam hardly depend on it. $D$ counts
every channel of every pixel: $28 \cdot 28 = 784$ for MNIST.

A squared error instead of the cross-entropy means a Gaussian decoder. The β of such a loss also
sets the variance of the decoder, so it can't be compared with the β above.

The $\beta_\text{norm} = \beta\, d / D$ that Higgins et al. (2017) report is the written β of a loss
that averages both terms.

Sources: Kingma & Welling (2014), *Auto-Encoding Variational Bayes*, eq. 10; Higgins et al. (2017),
*beta-VAE*.
"""


def section() -> None:
    st.markdown(
        "Many published scripts take the **mean** over pixels or latent dimensions where the ELBO "
        "has a **sum**. Their β then differs from ours, often by a factor of hundreds. Choose how "
        "a loss is written, and read its **effective β**: the β with which our loss has the same "
        "minimum."
    )
    with st.container(key="form"):
        with st.container(horizontal=True, gap="small"):
            for title, values in PRESETS.items():
                st.button(title, on_click=_fill_boxes, args=values, key=f"learn_beta_{title}")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kl = choose_one(
                "KL over the latent dimensions", effective_beta.REDUCTIONS, "learn_kl", "mean"
            )
            reconstruction = choose_one(
                "Reconstruction over the pixels",
                effective_beta.REDUCTIONS,
                "learn_reconstruction",
                "mean",
            )
            d = st.number_input("Latents d", 1, 100_000, 2, key="learn_d", bind="query-params")
            pixels = st.number_input(
                "Pixels D", 1, 10**9, 784, key="learn_pixels", bind="query-params"
            )
            written = st.number_input(
                "Written β",
                0.0,
                1e9,
                1.0,
                format="%g",
                step=0.1,
                key="learn_written",
                bind="query-params",
            )
            wanted = st.number_input(
                "Wanted β",
                0.0,
                1e9,
                1.0,
                format="%g",
                step=0.1,
                key="learn_wanted",
                bind="query-params",
                help="The effective β that you want. The page shows which β to write for it.",
            )
    factor = effective_beta.effective_beta(1.0, kl, reconstruction, d, pixels)
    beta = effective_beta.effective_beta(written, kl, reconstruction, d, pixels)
    with st.container(horizontal=True):
        st.metric("Effective β", f"{beta:.6g}", border=True)
        st.metric(
            f"For an effective β = {wanted:g}, write",
            f"{wanted / factor:.4g}",
            help="The β to write into the loss that you chose. At an effective β of 1, the loss is "
            "the negative ELBO times a factor.",
            border=True,
        )
    written_loss = (
        f"{reconstruction}(reconstruction over {pixels:,} pixels) + "
        f"{written:g} · {kl}(KL over {d:,} latents)"
    )
    st.markdown(
        f"The loss **{markdown.escape_markdown(written_loss)}** has the same minimum as "
        f"**distortion + {beta:.6g} · rate**."
    )
    if factor == 1:
        st.caption("For this loss, the written β is the effective β.")
    elif beta > max(sweeps.BETAS):
        st.caption(
            f"This is larger than β = {max(sweeps.BETAS):g}, the largest on Home, at which "
            "little rate is left."
        )
    nearest = min(sweeps.BETAS, key=lambda option: abs(option - beta))
    exactly = abs(nearest - beta) <= 1e-9 * max(beta, 1)
    st.page_link(
        "app_pages/train/page.py",
        label=f"Train with β = {nearest:g}"
        + ("" if exactly else f", the choice nearest to {beta:.4g}"),
        icon=":material/play_circle:",
        query_params={"train_beta": f"{nearest:g}", "train_latent_dim": str(min(d, 64))},
    )
    markdown.explain("Sums, means and β", EXPLANATION)


def _fill_boxes(*values: float | str) -> None:
    for key, value in zip(KEYS, values, strict=True):
        st.session_state[key] = value
