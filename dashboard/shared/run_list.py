"""Which runs there are: those of the store, and those that ship."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator

import streamlit as st

from dashboard.shared.item_words import IMAGES, kind
from dashboard.shared.markdown import escape_markdown
from vae_core.data import registry
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, default_store, pretrained_store


def all_runs(viewable: bool = True, kinds: tuple[str, ...] = IMAGES) -> list[Run]:
    """Runs of the store, newest first, then the pretrained ones; damaged ones are left out.

    Args:
        viewable: only those that the pages can show, see `Run.viewable`.
        kinds: of the data that they were trained on; most pages show pictures.
    """
    found: dict[str, Run] = {}
    for store in (default_store(), pretrained_store()):
        runs = scan(store)[0][::-1]
        if store == pretrained_store():
            runs.sort(key=_shown_first)
        for run in runs:
            found.setdefault(run.id, run)
    return [run for run in found.values() if kind(run) in kinds and (run.viewable or not viewable)]


@contextlib.contextmanager
def cached_scan() -> Iterator[None]:
    """While a page runs once: each store is scanned once, though several parts ask what is there.

    To look through the 87 folders that ship takes 4 ms, and pages asked up to eight times.
    """
    _scan_cache.found = {}
    try:
        yield
    finally:
        _scan_cache.found = None


def forget_scan() -> None:
    """There are other runs now than when the page began."""
    if getattr(_scan_cache, "found", None):
        _scan_cache.found = {}


def scan(store: RunStore) -> tuple[list[Run], dict[str, str]]:
    """`RunStore.scan`, within `cached_scan` the same each time; not to be written to."""
    found: dict[RunStore, tuple[list[Run], dict[str, str]]] | None = getattr(
        _scan_cache, "found", None
    )
    if found is None:
        return store.scan()
    if store not in found:
        found[store] = store.scan()
    return found[store]


_scan_cache = threading.local()  # a page runs in a thread


def warn_of_damage() -> None:
    """Name the run folders that can't be read."""
    for store in (default_store(), pretrained_store()):
        for reason in store.scan()[1].values():  # with what the page has just found
            st.warning(f"Not shown: {escape_markdown(reason)}", icon=":material/warning:")


def _shown_first(run: Run) -> tuple[bool, float, int]:
    """Of those that ship: whole ones, β = 1, the VAE proper, and the largest data set."""
    source = registry.DATASETS.get(run.config.dataset)
    return not run.viewable, from_beta_one(run), -source.train_images if source else 0


def from_beta_one(run: Run) -> float:
    """How far its β is from that of the VAE proper, as a ratio; an autoencoder is none."""
    if not run.config.has_rate:
        return math.inf
    return abs(math.log(max(run.config.beta, 1e-3)))


def pretrained(run: Run) -> bool:
    return run.path.parent == pretrained_store().root


def imported(run: Run) -> bool:
    """Did somebody else train it? Then nobody here has seen where its numbers come from."""
    try:
        return run.status().imported
    except RunError:  # damaged, or deleted meanwhile
        return False


def find(run_id: str) -> Run | None:
    """The run of that id, of the store or pretrained; None where there is none."""
    for store in (default_store(), pretrained_store()):
        if store.has(run_id):
            return store.get(run_id)
    return None


def run_label(run: Run) -> str:
    """What a run is, in one line; unique, as every field that can differ is in the id."""
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
