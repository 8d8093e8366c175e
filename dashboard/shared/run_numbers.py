"""The numbers of a run as the pages show them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.shared.item_words import an_item, items, kind
from dashboard.shared.run_cache import arrays, last_test, numbers
from vae_core.data import excerpts
from vae_core.latent import planes
from vae_core.metrics.catalogue import METRICS, NO_FACTORS
from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run


def seconds_left(run: Run) -> float | None:
    """How long a running run will still take, from the speed of its last steps and epochs."""
    records = run.records("start", "step", "epoch")
    starts = [i for i, record in enumerate(records) if record["kind"] == "start"]
    this_time = records[starts[-1] + 1 :] if starts else []
    recent = [r for r in this_time if r["step"] > 0][-20:]  # not the wait for the compiler
    if len(recent) < 2 or recent[-1]["epoch"] <= recent[0]["epoch"]:
        return None
    pace = (recent[-1]["seconds"] - recent[0]["seconds"]) / (
        recent[-1]["epoch"] - recent[0]["epoch"]
    )
    return float(pace * (run.config.epochs - recent[-1]["epoch"]))


def rate_per_dim(run: Run) -> np.ndarray:
    """Held-out rate of each latent dimension (d,), nats an image or text; nan of an autoencoder."""
    if not run.config.has_rate:
        return np.full(run.config.latent_dim, np.nan)
    test = last_test(run)
    return np.array(test["rate_per_dim"] if test else np.zeros(run.config.latent_dim))


def dims_by_use(run: Run) -> list[int]:
    """The latent dimensions, that of the largest rate first; an autoencoder's by variance."""
    if run.config.has_rate:
        return planes.dims_by_rate(rate_per_dim(run))
    return planes.dims_by_rate(arrays(run)["posterior_mean"].var(axis=0))


def metrics_row(run: Run) -> None:
    """Loss, distortion, rate and elbo, held out, as far as the run has them."""
    test = last_test(run)
    if test is None:
        return
    with st.container(horizontal=True):
        for name in (name for name in LOSSES if name in test):
            st.metric(
                name,
                f"{test[name]:.2f}",
                help=f"{METRICS[name].text} Held-out {items(run)}, nats {an_item(run)}.",
                border=True,
            )


def measured(run: Run) -> None:
    """All numbers of a finished run, with units and what they say."""
    found = numbers(run)
    if not found:
        return
    with st.expander("All held-out numbers", icon=":material/table:"):
        rows = [
            {
                "metric": metric.title,
                "value": f"{found[name]:z.{metric.decimals}f}",
                "unit": metric.unit,
                "what it says": metric.text,
            }
            for name, metric in METRICS.items()
            if name in found
        ]
        st.table(rows)
        if kind(run) == "images" and not excerpts.has_factors(run.config.dataset):
            st.caption(NO_FACTORS)


def top_dims(run: Run) -> tuple[int, int]:
    """The two latent dimensions to show first: of more than two, those of the largest rate."""
    d = run.config.latent_dim
    if d <= 2:
        return 0, d - 1
    first, second, *_ = dims_by_use(run)
    return first, second
