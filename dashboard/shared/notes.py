"""Notes above a run's pictures: imported, autoencoder, β = 0, or collapsed."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import kinds as shown_kinds
from dashboard.shared.run_cache import numbers
from dashboard.shared.run_list import imported
from vae_core.kinds.contents import Contents
from vae_core.runs.run import Run

COLLAPSED_RATE = 0.1  # nats; a run with less rate and no active unit has collapsed

BETA_ZERO = (
    "β = 0: the rate is not part of the loss, so nothing holds the posteriors near the prior. "
    "This is an autoencoder with noise; its rate is not optimised and can grow without limit."
)

AUTOENCODER = (
    "An autoencoder: the encoder gives a point of the latent space for each {item}, not a "
    "posterior, and no term of the loss holds the points near a prior. So it has no rate and no "
    "elbo. Pages sample latents from N(0, I) only to show what they decode to."
)


def notes(run: Run, at_present: Mapping[str, float] | None = None) -> None:
    """Show the notes that a reader of this run's pictures needs.

    Args:
        run: the run.
        at_present: active_units and rate of a run in training; None takes the final numbers.
    """
    if imported(run):
        st.caption(":material/move_to_inbox: An imported run: nobody has checked its numbers.")
    shown = Contents(run.config)
    if not shown.has_prior:
        st.info(AUTOENCODER.format(item=shown.kind.item), icon=":material/info:")
        return
    if run.config.beta == 0:
        st.info(BETA_ZERO, icon=":material/info:")
    current = at_present or numbers(run)
    if current.get("active_units") == 0 and current["rate"] < COLLAPSED_RATE:
        st.warning(
            f"Collapsed: no latent dimension varies with the {shown.kind.item} any more. The "
            "posterior is nearly the prior, the rate is near 0, and the decoder "
            f"{shown_kinds.of_run(run).collapsed} whatever z is.",
            icon=":material/warning:",
        )
