"""Choose the runs that the Compare page sets side by side."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import streamlit as st

from dashboard.figures import comparison
from dashboard.shared import vanished
from dashboard.shared.run_cache import arrays, last_test, numbers
from dashboard.shared.run_list import ANY_KIND, all_runs, imported, run_label
from dashboard.shared.run_picker import NothingToShowError, labels_of
from dashboard.shared.sweeps import MOST_RUNS
from dashboard.shell import link
from vae_core.config import RunConfig
from vae_core.kinds import KINDS
from vae_core.kinds.contents import Contents
from vae_core.latent.alignment import Alignment, align
from vae_core.runs.run import Run
from vae_core.runs.sweeps import seeds_id, sweep_id

# Field of the config -> its name in titles, empty if the value is clear without one.
NAMES = {"dataset": "", "architecture": "", "latent_dim": "d", "schedule": ""}


def comparable(kind: str) -> list[Run]:
    """Return the runs on a kind of data that can be compared.

    These are all runs that the pages can show. Runs that differ only in the seed form a group. If
    the pages can show no run of a group, one finished run with its numbers stands for the group.
    """
    candidates = all_runs(viewable=False, of_kinds=(kind,))
    represented = {seeds_id(run.config) for run in candidates if run.viewable}
    runs = []
    for run in candidates:
        if run.viewable:
            runs.append(run)
        elif (
            group := seeds_id(run.config)
        ) not in represented and run.status().state == "finished":
            represented.add(group)
            runs.append(run)
    return runs


def choose_kind() -> list[Run]:
    """Show a choice of the kind of data, and return its comparable runs.

    At first it is the kind of the first run that the link names, if there is one.

    Raises:
        NothingToShowError: all runs on the chosen kind were deleted.
    """
    runs_on = {KINDS[kind].items: runs for kind in ANY_KIND if (runs := comparable(kind))}
    if len(runs_on) < 2:
        return next(iter(runs_on.values()), [])
    key = "runs_on"
    if key not in st.session_state and not link.asks(key) and link.asks("run"):
        named = link.values("run")[0]
        for items, runs in runs_on.items():
            if labels_of(named, {run_label(run): run for run in runs}):
                st.session_state[key] = items
    gone = vanished.empty_if_vanished(key, runs_on, "Runs on")
    chosen = st.segmented_control(
        "Runs on",
        list(runs_on),
        default=None if gone else next(iter(runs_on)),
        required=not gone,
        key=key,
        bind="query-params",
        help="Nats per image and nats per text can't be compared, so choose one kind of data.",
    )
    if chosen is None:
        raise NothingToShowError(gone or "Choose a kind of data.")
    return runs_on[chosen]


def choose_runs(runs: dict[str, Run], key: str) -> list[str]:
    """Show a choice of several runs, and return their labels; a note names those that are gone.

    Args:
        runs: label -> run.
        key: of the box. A link names runs under this key, or one under `run`, by label, id or a
            part of the id.
    """
    if key not in st.session_state and (asked := link.take(key, "run")):
        found = [label for text in asked for label in labels_of(text, runs)[:MOST_RUNS]]
        missing = [text for text in asked if not labels_of(text, runs)]
        st.session_state[key] = list(dict.fromkeys(found))[:MOST_RUNS]
        if missing:
            what = "The run" if len(missing) == 1 else "The runs"
            said = vanished.sentence(what, missing)
            vanished.note(key, missing, said, st.session_state[key])
    gone = vanished.drop_vanished(key, runs, "The run")
    chosen: list[str] = st.multiselect(
        "Runs",
        list(runs),
        default=[run_label(run) for run in default_sweep([*runs.values()])],
        max_selections=MOST_RUNS,
        key=key,
        bind="query-params",
        help=f"At most {MOST_RUNS}. Each gets a column; the columns are in order of β.",
    )
    if gone:
        st.warning(gone, icon=":material/delete:")
    return chosen


def default_sweep(among: list[Run] | None = None) -> list[Run]:
    """Return the runs that Compare shows at first: at most `MOST_RUNS` runs of a sweep, by β.

    A sweep is all finished runs that differ only in β. The sweep with the most runs that can be
    shown is chosen; of several such sweeps the one with the most runs, and of these the newest.
    Imported runs are left out, because their numbers can't be checked. An autoencoder is in no
    sweep.

    Args:
        among: the runs to choose from; by default all runs on images that can be shown.
    """
    sweeps: dict[str, list[Run]] = {}
    for run in all_runs() if among is None else among:
        if Contents(run.config).has_rate and run.status().state == "finished" and not imported(run):
            sweeps.setdefault(sweep_id(run.config), []).append(run)
    widest: list[Run] = max(
        sweeps.values(),
        key=lambda runs: (
            sum(run.viewable for run in runs),
            len(runs),
            max(run.status().submitted for run in runs),
        ),
        default=[],
    )
    runs = sorted(widest, key=lambda run: run.config.beta)
    if len(runs) > MOST_RUNS:  # evenly over the range of β
        runs = [runs[i] for i in np.linspace(0, len(runs) - 1, MOST_RUNS).astype(int)]
    return runs


def numbers_over_seeds(runs: list[Run]) -> list[list[dict[str, float]]]:
    """Return for each run the numbers of all finished runs that differ from it only in the seed.

    Runs that ship only as numbers count too. A run gets only its own numbers if it is unfinished or
    imported, or if several seeds of its config are compared with each other.

    Returns:
        For each run, one dict per seed, see `Run.metrics`.
    """
    groups = [seeds_id(run.config) for run in runs]
    numbers_of: dict[str, list[dict[str, float]]] = {}
    for run in all_runs(viewable=False, of_kinds=ANY_KIND):
        if (group := seeds_id(run.config)) not in groups or imported(run):
            continue
        if run_numbers := numbers(run):
            numbers_of.setdefault(group, []).append(dict(run_numbers))
    return [
        numbers_of[group]
        if numbers(run) and groups.count(group) == 1 and not imported(run)
        else [dict(numbers(run)) or (last_test(run) or {})]
        for run, group in zip(runs, groups, strict=True)
    ]


def viewable_columns(
    runs: list[Run], columns: list[comparison.Column]
) -> tuple[list[Run], list[comparison.Column]]:
    """Return the runs that can be shown and their columns; a note names the others.

    Raises:
        NothingToShowError: none of the runs can be shown.
    """
    without_networks = [run for run in runs if not run.viewable]
    if without_networks:
        st.info(
            f"Only the numbers of {', '.join(map(run_label, without_networks))} are here. The "
            "figures below leave out these runs. Train the same config to get the networks, too.",
            icon=":material/info:",
        )
    if len(without_networks) == len(runs):
        raise NothingToShowError(
            "Pick a run that has its networks, to see its latent space and pictures."
        )
    shown = [i for i, run in enumerate(runs) if run.viewable]
    return [runs[i] for i in shown], [columns[i] for i in shown]


def empty_arrays(run: Run) -> dict[str, np.ndarray]:
    """Return the arrays of a run that has only numbers, with 0 rows."""
    no_rows = np.zeros((0, run.config.latent_dim), np.float32)
    return {"posterior_mean": no_rows, "labels": np.zeros(0, int), "label_names": np.zeros(0, str)}


def differing(runs: list[Run]) -> list[str]:
    """Return the config's fields in which these runs differ, other than β."""
    return [
        field.name
        for field in fields(RunConfig)
        if field.name != "beta" and len({getattr(run.config, field.name) for run in runs}) > 1
    ]


def alignments(runs: list[Run], reference: Run | None) -> list[Alignment | None]:
    """Return each run's alignment to a reference run.

    An alignment is None if there is no reference, and for the reference itself. For a run with
    other data or dimensions it is None, too, and a warning names the run.
    """
    if reference is None:
        return [None] * len(runs)
    target = arrays(reference)["posterior_mean"]
    aligned: list[Alignment | None] = []
    for run in runs:
        embedding = arrays(run)["posterior_mean"]
        same = run.config.dataset == reference.config.dataset and embedding.shape == target.shape
        if not same:
            st.warning(
                f"{run_label(run)} is not aligned: it has other "
                f"{Contents(run.config).kind.items} or dimensions than the chosen run.",
                icon=":material/warning:",
            )
        needs_alignment = same and run.id != reference.id
        aligned.append(align(embedding, target) if needs_alignment else None)
    return aligned
