"""What is read of a run once for all viewers: records, arrays, networks, pictures."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dashboard.figures import pictures
from vae_core.data import excerpts, melodies
from vae_core.inference.images import Inference
from vae_core.inference.texts import TextInference
from vae_core.latent import picture_sheet
from vae_core.runs.run import Run


def open_shared(run: Run) -> Run:
    """The same Run for all visitors and at every tick, which reads new lines of metrics alone."""
    with _opening:
        found = _opened.pop(str(run.path), run)
        _opened[str(run.path)] = found
        while len(_opened) > MOST_OPENED:
            del _opened[next(iter(_opened))]
    return found


_opened: dict[str, Run] = {}  # the one used last is the last


_opening = threading.Lock()


MOST_OPENED = 24


def last_test(run: Run) -> dict[str, Any] | None:
    """Held-out numbers after the last epoch, see `vae_core.model.vae.Evaluation.record`."""
    return _summary(run)[0]


def numbers(run: Run) -> Mapping[str, float]:
    """`Run.metrics`, kept for the next viewer."""
    return _summary(run)[1]


def _summary(run: Run) -> tuple[dict[str, Any] | None, dict[str, float]]:
    if not run.status().active:
        with contextlib.suppress(FileNotFoundError):
            return _summary_of(str(run.path), *metrics_version(run))
    return _summarised(open_shared(run))


def metrics_version(run: Run) -> tuple[int, ...]:
    """What tells a run's records from others and from later ones: a part of keys of caches.

    Raises:
        FileNotFoundError: it has none yet.
    """
    found = run.metrics_path.stat()
    return found.st_ino, found.st_size, found.st_ctime_ns


@functools.lru_cache(maxsize=4096)
def _summary_of(path: str, *_version: int) -> tuple[dict[str, Any] | None, dict[str, float]]:
    return _summarised(Run(Path(path)))


def _summarised(run: Run) -> tuple[dict[str, Any] | None, dict[str, float]]:
    epochs = run.records("epoch")
    return epochs[-1]["test"] if epochs else None, run.metrics()


def version(run: Run, name: str = "arrays") -> tuple[str, int]:
    """What tells a run's arrays from others and from later ones: a part of keys of caches."""
    try:
        return str(run.path), (run.path / f"{name}.npz").stat().st_mtime_ns
    except FileNotFoundError:
        return str(run.path), 0


def arrays(run: Run, name: str = "arrays") -> dict[str, np.ndarray]:
    """`Run.arrays`, read once for all viewers; not to be written to."""
    path, written = version(run, name)
    # By name: for what comes by place Streamlit asks for the signature each time.
    return _arrays(path=path, written=written, name=name)


@st.cache_resource(max_entries=48, show_spinner=False)  # more than ship: half a megabyte each
def _arrays(path: str, written: int, name: str) -> dict[str, np.ndarray]:
    del written
    return Run(Path(path)).arrays(name)


def inference(run: Run) -> Inference:
    """The run's networks, loaded once for all viewers and again when its files change."""
    return _inference(str(run.path), run.decoder_path.stat().st_mtime_ns)


@st.cache_resource(max_entries=32, show_spinner=False)
def _inference(path: str, written: int) -> Inference:
    del written  # a part of the key; Streamlit would leave out a name that starts with _
    return Inference(Run(Path(path)))


def text_inference(run: Run) -> TextInference:
    """`inference` of a run on texts."""
    return _text_inference(str(run.path), run.decoder_path.stat().st_mtime_ns)


@st.cache_resource(max_entries=16, show_spinner=False)
def _text_inference(path: str, written: int) -> TextInference:
    del written
    return TextInference(Run(Path(path)))


@st.cache_resource(max_entries=4, show_spinner=False)
def melody_sources(part: str) -> list[str]:
    """`vae_core.data.melodies.melody_sources`, kept for the next viewer; not to be written to."""
    return melodies.melody_sources(part)


@st.cache_resource(max_entries=8, show_spinner=False)
def texts(dataset: str, part: str, sha256: str) -> list[str]:
    """`vae_core.data.excerpts.texts`, kept for the next viewer; not to be written to."""
    return excerpts.texts(dataset, part, sha256)


def trained_on(run: Run) -> str:
    """SHA-256 of the content of its data set, as it was when training began."""
    starts = open_shared(run).records("start")
    return str(starts[-1]["dataset"]["sha256"]) if starts else ""


def decoded(run: Run, z: np.ndarray, columns: int, side: int = 400) -> bytes:
    """What latents z (n, d) decode to, side by side, as PNG; kept for the next viewer.

    Args:
        columns: pictures a row.
        side: pixels across at least.
    """
    return _decoded(str(run.path), run.decoder_path.stat().st_mtime_ns, z, columns, side)


@st.cache_data(max_entries=200, show_spinner=False)
def _decoded(path: str, written: int, z: np.ndarray, columns: int, side: int) -> bytes:
    del written  # a part of the key: with other weights there are other pictures
    images = inference(Run(Path(path))).decode(z)
    return pictures.png(pictures.enlarged(picture_sheet.sheet(images, columns, gap=1), side))


@st.cache_data(max_entries=16, show_spinner=False)
def held_out(dataset: str, indices: tuple[int, ...]) -> np.ndarray:
    """`vae_core.data.excerpts.held_out`, kept for the next viewer."""
    return excerpts.held_out(dataset, indices)
