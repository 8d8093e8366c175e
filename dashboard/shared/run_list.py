"""List the runs of the store and the pretrained runs."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st

from dashboard.shared.markdown import escape_markdown
from vae_core import kinds
from vae_core.data import registry
from vae_core.kinds.contents import Contents
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, default_store, pretrained_store

IMAGES, ANY_KIND = ("images",), tuple(kinds.KINDS)


def all_runs(viewable: bool = True, of_kinds: tuple[str, ...] = IMAGES) -> list[Run]:
    """Return the store's runs, newest first, then the pretrained and the imported ones.

    Damaged runs are left out. Imported ones are last, so that none is what a page opens on.

    Args:
        viewable: whether to return only runs that the pages can show, see `Run.viewable`.
        of_kinds: the kinds of data; most pages show only images.
    """
    return [
        run
        for run in _once("listed", _listed)
        if kinds.of_run(run.config).name in of_kinds and (run.viewable or not viewable)
    ]


def _listed() -> list[Run]:
    """Return the runs of both stores, in the order of `all_runs`."""
    runs_by_id: dict[str, Run] = {}
    for store in (default_store(), pretrained_store()):
        runs = scan(store)[0][::-1]
        if store == pretrained_store():
            runs.sort(key=_pretrained_order)
        for run in runs:
            runs_by_id.setdefault(run.id, run)
    return sorted(runs_by_id.values(), key=imported)


@contextlib.contextmanager
def cached_scan() -> Iterator[None]:
    """Scan each store only once during a page run, although several parts list the runs.

    A scan of the 87 folders that ship takes 4 ms, and a page needs the list up to eight times.
    """
    _scan_cache.scans = {}
    try:
        yield
    finally:
        _scan_cache.scans = None


def clear_scan() -> None:
    """Discard the cached scan, because runs were added or deleted."""
    if getattr(_scan_cache, "scans", None):
        _scan_cache.scans = {}


def scan(store: RunStore) -> tuple[list[Run], dict[str, str]]:
    """Return `RunStore.scan`, from the cache within `cached_scan`; don't write to it."""
    found: tuple[list[Run], dict[str, str]] = _once(store, store.scan)
    return found


def _once(key: RunStore | str, compute: Callable[[], Any]) -> Any:
    """Return what `compute` returns, computed once within `cached_scan`."""
    scans: dict[RunStore | str, Any] | None = getattr(_scan_cache, "scans", None)
    if scans is None:
        return compute()
    if key not in scans:
        scans[key] = compute()
    return scans[key]


_scan_cache = threading.local()  # every page runs in a thread of its own


def warn_of_damage() -> None:
    """Show a warning for each run folder that can't be read."""
    for store in (default_store(), pretrained_store()):
        # Not the cached `scan`: a run may have been damaged while the page ran.
        for reason in store.scan()[1].values():
            st.warning(f"Not shown: {escape_markdown(reason)}", icon=":material/warning:")


def _pretrained_order(run: Run) -> tuple[bool, float, int]:
    """Return a sort key: runs with networks first, then β nearest 1, then the largest data set."""
    source = registry.DATASETS.get(run.config.dataset)
    return not run.viewable, distance_from_beta_one(run), -source.train_images if source else 0


def distance_from_beta_one(run: Run) -> float:
    """Return |log β|, the distance from the usual VAE, β = 1; infinite for an autoencoder."""
    beta = Contents(run.config).beta
    return math.inf if beta is None else abs(math.log(max(beta, 1e-3)))


def pretrained(run: Run) -> bool:
    """Return whether the run ships with the project."""
    return run.path.parent == pretrained_store().root


def imported(run: Run) -> bool:
    """Return whether the run was imported; its numbers then can't be checked."""
    try:
        return run.status().imported
    except RunError:  # damaged, or deleted meanwhile
        return False


def find(run_id: str) -> Run | None:
    """Return the run with an id, from the store or the pretrained ones; None if there is none."""
    for store in (default_store(), pretrained_store()):
        if store.has(run_id):
            return store.get(run_id)
    return None


def run_label(run: Run) -> str:
    """Describe a run in one line that is unique, because it ends in the id."""
    c = run.config
    parts = [c.dataset, c.architecture, c.model_label, f"d {c.latent_dim}", f"seed {c.seed}"]
    if c.schedule != "constant" and c.reads("schedule"):
        parts.append(c.schedule)
    parts.append(f"{c.epochs} epochs")
    tail = c.id.rsplit("-", 1)[-1]
    if pretrained(run):
        tail = f"pretrained {tail}"
    elif imported(run):
        tail = f"imported {tail}"
    return " · ".join([*parts, tail])
