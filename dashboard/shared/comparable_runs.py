"""Which runs can stand side by side, and which do at first."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import streamlit as st

from dashboard.figures import comparison
from dashboard.shared.item_words import ANY_KIND, items
from dashboard.shared.run_cache import arrays, last_test, numbers
from dashboard.shared.run_list import all_runs, imported, run_label
from dashboard.shared.run_picker import NothingToShowError
from dashboard.shared.sweeps import MOST_RUNS
from vae_core.config import RunConfig
from vae_core.latent.alignment import Alignment, align
from vae_core.runs.run import Run
from vae_core.runs.sweeps import seeds_id, sweep_id

NAMES = {"dataset": "", "architecture": "", "latent_dim": "d", "schedule": ""}  # in titles


def comparable(kind: str) -> list[Run]:
    """Runs on data of that kind: those that the pages can show, and of finished ones of which
    there are only the numbers those of one seed, unless another of their seeds can be shown.
    """
    every = all_runs(viewable=False, kinds=(kind,))
    told = {seeds_id(run.config) for run in every if run.viewable}
    found = []
    for run in every:
        if run.viewable:
            found.append(run)
        elif (group := seeds_id(run.config)) not in told and run.status().state == "finished":
            told.add(group)
            found.append(run)
    return found


def choose_kind() -> list[Run]:
    """The runs to choose from, all on data of one kind: see `comparable`."""
    found = {items(runs[0]): runs for kind in ANY_KIND if (runs := comparable(kind))}
    if len(found) < 2:
        return next(iter(found.values()), [])
    chosen = st.segmented_control(
        "Runs on",
        list(found),
        default=next(iter(found)),
        required=True,
        key="runs_on",
        bind="query-params",
        help="A nat an image and a nat a text don't compare, so these never stand side by side.",
    )
    return found[chosen]


def default_sweep(among: list[Run] | None = None) -> list[Run]:
    """The sweep with the most β that can be shown, of those the one with the most, the newest,
    ordered by β; at most `MOST_RUNS` runs. An autoencoder is in no sweep.

    A sweep is all finished runs that differ in β alone; none that was imported, as its numbers
    are its sender's.

    Args:
        among: these runs; by default all on images that can be shown.
    """
    sweeps: dict[str, list[Run]] = {}
    for run in all_runs() if among is None else among:
        if run.config.has_rate and run.status().state == "finished" and not imported(run):
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
    if len(runs) > MOST_RUNS:  # spread over the range
        runs = [runs[i] for i in np.linspace(0, len(runs) - 1, MOST_RUNS).astype(int)]
    return runs


def over_seeds(runs: list[Run]) -> list[list[dict[str, float]]]:
    """Of each run the numbers (see `Run.metrics`) of all finished runs that differ in the seed.

    Runs that ship as config and metrics alone count like any other. An unfinished run stands for
    itself, and so do several seeds of one config that are compared with each other, and a run that
    was imported.
    """
    alone = [seeds_id(run.config) for run in runs]
    siblings: dict[str, list[dict[str, float]]] = {}
    for run in all_runs(viewable=False, kinds=ANY_KIND):
        if (group := seeds_id(run.config)) not in alone or imported(run):
            continue
        if found := numbers(run):
            siblings.setdefault(group, []).append(dict(found))
    return [
        siblings[group]
        if numbers(run) and alone.count(group) == 1 and not imported(run)
        else [dict(numbers(run)) or (last_test(run) or {})]
        for run, group in zip(runs, alone, strict=True)
    ]


def with_networks(
    runs: list[Run], columns: list[comparison.Column]
) -> tuple[list[Run], list[comparison.Column]]:
    """Those that can be shown; of the others it is said that there are only the numbers.

    Raises:
        NothingToShowError: none can.
    """
    bare = [run for run in runs if not run.viewable]
    if bare:
        st.info(
            f"Only the numbers of {', '.join(map(run_label, bare))} are here, so the figures below "
            "do without; training the same config gives the networks, too.",
            icon=":material/info:",
        )
    if len(bare) == len(runs):
        raise NothingToShowError("Pick a run that has its networks, to see what it does.")
    shown = [i for i, run in enumerate(runs) if run.viewable]
    return [runs[i] for i in shown], [columns[i] for i in shown]


def no_points(run: Run) -> dict[str, np.ndarray]:
    none = np.zeros((0, run.config.latent_dim), np.float32)
    return {"posterior_mean": none, "labels": np.zeros(0, int), "label_names": np.zeros(0, str)}


def kind_title(run: Run) -> str:
    """What stands above its column."""
    return f"β = {run.config.beta:g}" if run.config.has_rate else "autoencoder"


def differing(runs: list[Run]) -> list[str]:
    """The config's fields other than β that are not the same in all of these runs."""
    return [
        field.name
        for field in fields(RunConfig)
        if field.name != "beta" and len({getattr(run.config, field.name) for run in runs}) > 1
    ]


def alignments(runs: list[Run], reference: Run | None) -> list[Alignment | None]:
    """Of each run its alignment to the reference; None without one, for the reference itself, and
    where the data or the number of dimensions are others, which is said.
    """
    if reference is None:
        return [None] * len(runs)
    target = arrays(reference)["posterior_mean"]
    found: list[Alignment | None] = []
    for run in runs:
        embedding = arrays(run)["posterior_mean"]
        same = run.config.dataset == reference.config.dataset and embedding.shape == target.shape
        if not same:
            st.warning(
                f"{run_label(run)} has other {items(run)} or dimensions and stays as it is.",
                icon=":material/warning:",
            )
        turned = same and run.id != reference.id
        found.append(align(embedding, target) if turned else None)
    return found
