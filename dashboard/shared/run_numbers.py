"""Show the numbers of a run."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.shared.run_cache import arrays, last_test, numbers
from vae_core.kinds.contents import Contents
from vae_core.latent import planes
from vae_core.metrics.catalogue import METRICS, NO_FACTORS
from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run


def seconds_left(run: Run) -> float | None:
    """Estimate how long a running run will still take, from the speed of its last records."""
    records = run.records("start", "step", "epoch")
    starts = [i for i, record in enumerate(records) if record["kind"] == "start"]
    since_start = records[starts[-1] + 1 :] if starts else []
    recent = [r for r in since_start if r["step"] > 0][-20:]  # step 0 includes compiling
    if len(recent) < 2 or recent[-1]["epoch"] <= recent[0]["epoch"]:
        return None
    pace = (recent[-1]["seconds"] - recent[0]["seconds"]) / (
        recent[-1]["epoch"] - recent[0]["epoch"]
    )
    return float(pace * (run.config.epochs - recent[-1]["epoch"]))


def rate_per_dim(run: Run) -> np.ndarray:
    """Return the held-out rate per dimension (d,), nats per item; nan where it is not known.

    An autoencoder has no rate, and some priors give only the sum over the dimensions.
    """
    unknown = np.full(run.config.latent_dim, np.nan)
    if not Contents(run.config).has_rate:
        return unknown
    test = last_test(run)
    return np.array(test.get("rate_per_dim", unknown) if test else np.zeros(run.config.latent_dim))


def dims_by_use(run: Run) -> list[int]:
    """Return the latent dimensions, the largest rate first; by variance if the rate is unknown."""
    rates = rate_per_dim(run)
    if not np.isnan(rates).any():
        return planes.dims_by_rate(rates)
    return planes.dims_by_rate(arrays(run)["posterior_mean"].var(axis=0))


def metrics_row(run: Run) -> None:
    """Show the held-out loss, distortion, rate and elbo, if the run has them."""
    test = last_test(run)
    if test is None:
        return
    kind = Contents(run.config).kind
    with st.container(horizontal=True):
        for name in (name for name in LOSSES if name in test):
            st.metric(
                name,
                f"{test[name]:.2f}",
                help=f"{METRICS[name].text} Held-out {kind.items}, nats per {kind.item}.",
                border=True,
            )


def show_all_numbers(run: Run) -> None:
    """Show a foldable table of all numbers of a finished run, with units and explanations."""
    values = numbers(run)
    if not values:
        return
    with st.expander("All held-out numbers", icon=":material/table:"):
        rows = [
            {
                "metric": metric.title,
                "value": f"{values[name]:z.{metric.decimals}f}",
                "unit": metric.unit,
                "what it says": metric.text,
            }
            for name, metric in METRICS.items()
            if name in values
        ]
        st.table(rows)
        if Contents(run.config).lacks_factors:
            st.caption(NO_FACTORS)


def top_dims(run: Run) -> tuple[int, int]:
    """Return the two latent dimensions to show first: those with the largest rates."""
    d = run.config.latent_dim
    if d <= 2:
        return 0, d - 1
    first, second, *_ = dims_by_use(run)
    return first, second
