"""Latent space: encode the training data, whose posteriors are not stored with a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from dashboard import kinds
from dashboard.shared import run_cache
from dashboard.shared.posteriors import Posteriors
from vae_core.runs.run import Run


def with_training(run: Run, held_out: Posteriors) -> Posteriors:
    """Return the held-out posteriors followed by those of the training data.

    Raises:
        DatasetError: the data set is not on this machine, or damaged.
    """
    modified = run.weights_path.stat().st_mtime_ns
    return _with_training(run, modified, run_cache.version(run), held_out)


@st.cache_resource(
    max_entries=4,
    show_spinner="Encoding the training data…",
    hash_funcs={Run: lambda run: str(run.path)},
)
def _with_training(
    run: Run, modified: int, version: tuple[str, int], _held_out: Posteriors
) -> Posteriors:
    """Encode the training data in chunks, and keep only the posteriors, for all viewers.

    Args:
        run: whose encoder is used.
        modified: when the weights file changed; part of the cache's key.
        version: of the held-out posteriors; part of the cache's key.
        _held_out: the held-out posteriors; not part of the cache's key.
    """
    del modified, version
    chunks = kinds.of_run(run).encode_training(run)
    first = (_held_out.mean, _held_out.log_var, _held_out.labels)
    mean, log_var, labels = (np.concatenate(parts) for parts in zip(first, *chunks, strict=True))
    return replace(_held_out, mean=mean, log_var=log_var, labels=labels)
