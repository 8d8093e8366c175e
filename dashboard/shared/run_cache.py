"""Read a run's records, arrays, networks and pictures once for all viewers."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cachetools
import numpy as np
import streamlit as st

from dashboard.figures import pictures
from vae_core.data import excerpts, melodies
from vae_core.inference.images import Inference
from vae_core.inference.texts import TextInference
from vae_core.latent import picture_sheet
from vae_core.runs.run import Run

MOST_ARRAYS = 100 << 20  # bytes of all runs


def open_shared(run: Run) -> Run:
    """Return one Run object for all visitors; it reads only the new lines of metrics.jsonl."""
    with _open_runs_lock:
        shared = _open_runs.pop(str(run.path), run)
        _open_runs[str(run.path)] = shared
        while len(_open_runs) > MOST_OPEN_RUNS:
            del _open_runs[next(iter(_open_runs))]
    return shared


_open_runs: dict[str, Run] = {}  # by path; the most recently used one is last
_open_runs_lock = threading.Lock()
MOST_OPEN_RUNS = 24


def last_test(run: Run) -> dict[str, Any] | None:
    """Return the held-out numbers after the last epoch, see `vae_core.runs.records.Losses`.

    None if no epoch has ended yet.
    """
    return _summary(run)[0]


def numbers(run: Run) -> Mapping[str, float]:
    """Return `Run.metrics` from the cache."""
    return _summary(run)[1]


def _summary(run: Run) -> tuple[dict[str, Any] | None, dict[str, float]]:
    if not run.status().active:
        with contextlib.suppress(FileNotFoundError):
            return _cached_summary(str(run.path), *metrics_version(run))
    return _read_summary(open_shared(run))


def metrics_version(run: Run) -> tuple[int, ...]:
    """Return numbers that change when the run's records change, for keys of caches.

    Raises:
        FileNotFoundError: the run has no records yet.
    """
    stat = run.metrics_path.stat()
    return stat.st_ino, stat.st_size, stat.st_ctime_ns


@functools.lru_cache(maxsize=4096)
def _cached_summary(path: str, *_version: int) -> tuple[dict[str, Any] | None, dict[str, float]]:
    return _read_summary(Run(Path(path)))


def _read_summary(run: Run) -> tuple[dict[str, Any] | None, dict[str, float]]:
    epochs = run.records("epoch")
    return epochs[-1]["test"] if epochs else None, run.metrics()


def version(run: Run, name: str = "arrays") -> tuple[str, int]:
    """Return the run's path and the time of its arrays' file, for keys of caches."""
    try:
        return str(run.path), (run.path / f"{name}.npz").stat().st_mtime_ns
    except FileNotFoundError:
        return str(run.path), 0


def arrays(run: Run, name: str = "arrays") -> dict[str, np.ndarray]:
    """Return `Run.arrays` from the cache; don't write to it."""
    return _arrays(*version(run, name), name)


def _bytes(arrays: dict[str, np.ndarray]) -> int:
    return sum(array.nbytes for array in arrays.values())


# A run that ships has half a megabyte of arrays, and a large one 30.
@cachetools.cached(cachetools.LRUCache(MOST_ARRAYS, _bytes), lock=threading.RLock())
def _arrays(path: str, modified: int, name: str) -> dict[str, np.ndarray]:
    del modified
    return Run(Path(path)).arrays(name)


def inference(run: Run) -> Inference:
    """Return the run's networks, loaded once for all viewers and again when its files change."""
    return _inference(str(run.path), run.decoder_path.stat().st_mtime_ns)


@st.cache_resource(max_entries=32, show_spinner=False)
def _inference(path: str, modified: int) -> Inference:
    del modified  # part of the cache's key: Streamlit leaves out only arguments that start with _
    return Inference(Run(Path(path)))


def text_inference(run: Run) -> TextInference:
    """Return the networks of a run on texts, like `inference`."""
    return _text_inference(str(run.path), run.decoder_path.stat().st_mtime_ns)


@st.cache_resource(max_entries=16, show_spinner=False)
def _text_inference(path: str, modified: int) -> TextInference:
    del modified
    return TextInference(Run(Path(path)))


@st.cache_resource(max_entries=4, show_spinner=False)
def melody_sources(part: str) -> list[str]:
    """Return `vae_core.data.melodies.melody_sources` from the cache; don't write to it."""
    return melodies.melody_sources(part)


@st.cache_resource(max_entries=8, show_spinner=False)
def texts(dataset: str, part: str, sha256: str) -> list[str]:
    """Return `vae_core.data.excerpts.texts` from the cache; don't write to it."""
    return excerpts.texts(dataset, part, sha256)


def dataset_sha256(run: Run) -> str:
    """Return the SHA-256 of the run's data set when training began."""
    starts = open_shared(run).records("start")
    return str(starts[-1]["dataset"]["sha256"]) if starts else ""


def decoded(run: Run, z: np.ndarray, columns: int, side: int = 400) -> bytes:
    """Return the decoded latents as one PNG, from the cache.

    Args:
        run: whose decoder is used.
        z: (n, d).
        columns: pictures per row.
        side: least width in pixels.
    """
    return _decoded(str(run.path), run.decoder_path.stat().st_mtime_ns, z, columns, side)


@st.cache_data(max_entries=200, show_spinner=False)
def _decoded(path: str, modified: int, z: np.ndarray, columns: int, side: int) -> bytes:
    del modified  # part of the cache's key: new weights give new pictures
    images = inference(Run(Path(path))).decode(z)
    return pictures.png(pictures.enlarged(picture_sheet.sheet(images, columns, gap=1), side))


@st.cache_data(max_entries=16, show_spinner=False)
def held_out(dataset: str, indices: tuple[int, ...]) -> np.ndarray:
    """Return `vae_core.data.excerpts.held_out` from the cache."""
    return excerpts.held_out(dataset, indices)
