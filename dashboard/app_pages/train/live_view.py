"""The live view: progress, numbers and pictures of one run, read from its folder."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import numpy as np
import streamlit as st

from dashboard import kinds as shown_kinds
from dashboard.components.plot.plot import drawn, plot
from dashboard.figures import curves, latent
from dashboard.shared import (
    markdown,
    notes,
    run_cache,
    run_numbers,
    run_queue,
    state_badge,
)
from vae_core.kinds.contents import Contents
from vae_core.metrics.units import active_units
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run

VIEW_SECONDS = 0.5  # between two refreshes

# A run may look collapsed early, because it doesn't use z yet: `conv` does so until step 220.
# So a collapse is shown only after this many epochs and steps.
SETTLED_EPOCHS, SETTLED_STEPS = 3, 300


def show(run: Run) -> None:
    """Show everything about a run; it is called at every refresh while the run trains."""
    status = run.status()
    records = run.records("step", "epoch")
    with st.container(horizontal=True, vertical_alignment="center"):
        state_badge.badge(status.state)
        with st.container(horizontal=True, width="content", key="form-actions"):
            run_queue.buttons(run_queue.Entry(run, status))
    st.progress(*run_queue.progress(run, status))
    if status.error:
        st.error(markdown.escape_markdown(status.error), icon=":material/error:")
    ended = run.viewable and not status.active
    try:
        arrays = run_cache.arrays(run, "arrays" if ended else "snapshot")
    except RunError as error:
        arrays = {}
        if ended:  # the file exists and is damaged
            st.error(str(error), icon=":material/error:")
    notes.notes(run, None if ended or not arrays else _collapse_numbers(run, records, arrays))
    run_numbers.metrics_row(run)
    if not records:
        return
    _curves(run, records)
    if arrays:
        _latent(run, arrays, ended)
        shown_kinds.of_run(run).show_snapshot(run, arrays, ended)
    elif status.state == "finished" and not run.viewable:
        st.info(
            "Only the numbers of this run are here. Train the same config to get the networks, "
            "too.",
            icon=":material/info:",
        )
    if not np.isnan(run_numbers.rate_per_dim(run)).any():
        _rates(run, records)
    run_numbers.show_all_numbers(run)


def _collapse_numbers(
    run: Run, records: list[dict[str, Any]], arrays: dict[str, np.ndarray]
) -> dict[str, float] | None:
    """Return the numbers that show a collapse during training; None if it is too early.

    It is too early in the first epochs and steps. It is also too early while the C of the capacity
    schedule grows, because training then aims at a rate near 0. A warm-up of β makes the rate large
    at first, so it needs no wait.
    """
    config, last = run.config, records[-1]
    warming_up = config.schedule == "capacity" and last["epoch"] < config.warmup * config.epochs
    if last["epoch"] < SETTLED_EPOCHS or last["step"] < SETTLED_STEPS or warming_up:
        return None
    rates = (last["test"] if last["kind"] == "epoch" else last).get("rate_per_dim")
    if not rates:
        return None
    return {"active_units": active_units(arrays["posterior_mean"]), "rate": sum(rates)}


def _chart_key(run: Run, records: list[dict[str, Any]]) -> tuple[object, ...]:
    """Return a key for cached charts that changes with the run's records.

    While a run trains, the key changes at most every `VIEW_SECONDS`. The charts are then drawn once
    for all viewers; drawing is most of the cost of a refresh.
    """
    last = records[-1]
    key = str(run.path), len(records), last["step"], last["seconds"]
    now = time.monotonic()
    with _chart_keys_lock:
        since, last_key = _chart_keys.get(run.id, (-math.inf, key))
        if run.status().active and now - since < VIEW_SECONDS:
            return last_key
        _chart_keys[run.id] = now, key
        while len(_chart_keys) > MOST_CHART_KEYS:
            del _chart_keys[next(iter(_chart_keys))]
    return key


_chart_keys: dict[str, tuple[float, tuple[object, ...]]] = {}  # run id -> time and key
_chart_keys_lock = threading.Lock()
MOST_CHART_KEYS = 50


def _curves(run: Run, records: list[dict[str, Any]]) -> None:
    shown = Contents(run.config)
    plot(
        drawn(
            lambda: curves.training(records, shown.kind.item),
            "curves",
            *_chart_key(run, records),
        ),
        key=f"curves-{run.id}",
        height=300,
        alt=f"{shown.losses.capitalize()} over the epochs, on training batches and held out",
    )
    sampled = " with z sampled" if shown.has_spread else ""
    st.caption(
        f"Held out: the mean over all test {shown.kind.items}{sampled}. Training: the training "
        "batches, while the weights change"
        + shown_kinds.of_run(run).training_note
        + ". After a few epochs the axes leave out the steep fall at the start; double-click a "
        "chart to see it."
    )


def _latent(run: Run, arrays: dict[str, np.ndarray], ended: bool) -> None:
    shown, dims = Contents(run.config), run_numbers.top_dims(run)
    radii = shown.prior_circles(arrays)
    plot(
        drawn(
            lambda: latent.scatter(
                arrays["posterior_mean"],
                arrays["labels"],
                [str(name) for name in arrays["label_names"]],
                dims,
                radii=radii,
            ),
            *("latent", dims, run_cache.version(run, "arrays" if ended else "snapshot")),
        ),
        key=f"latent-{run.id}",
        height=480,
        alt=f"Posterior means of held-out {shown.kind.items} in latent space, one colour per label",
    )
    # A run that was stopped while measuring has networks, but no `end` record.
    last = run.records("epoch", "end")[-1]
    at = last["epoch"] if ended else round(float(arrays["epoch"]), 1)
    has_circles = radii and run.config.latent_dim > 1
    circles = "; dotted: 1 and 2 σ of the prior" if has_circles else ""
    st.caption(
        f"{shown.points.capitalize()} of {len(arrays['labels']):,} held-out "
        f"{shown.kind.items} at epoch {at:g}{circles}."
    )


def _rates(run: Run, records: list[dict[str, Any]]) -> None:
    plot(
        drawn(lambda: curves.rate_per_dim(records), "rates", *_chart_key(run, records)),
        key=f"rates-{run.id}",
        height=150 + 12 * min(run.config.latent_dim, 16),
        alt="Held-out rate of each latent dimension over the epochs",
    )
    st.caption(
        "Rate of each latent dimension, held out. A dark row is a dimension that carries no "
        f"information about the {Contents(run.config).kind.item}."
    )
