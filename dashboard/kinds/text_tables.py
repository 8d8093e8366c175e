"""Show texts on the pages: tables, reconstructions, samples and paths of a run on texts."""

from __future__ import annotations

import contextlib
import html
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import streamlit as st
from plotly import graph_objects as go

from dashboard.figures import latent, latent_overlays
from dashboard.shared import posteriors, run_cache, run_list, run_numbers
from vae_core.config import VaeLabError
from vae_core.data import registry, text_characters
from vae_core.data.dataset import DatasetError
from vae_core.kinds.contents import Contents
from vae_core.metrics import texts as metrics_texts
from vae_core.metrics.catalogue import METRICS
from vae_core.metrics.texts import reconstruction
from vae_core.runs.run import Run

ROWS = 10
MOST_TRIED = 3  # of the newest runs, to find one whose texts show something

CELL = (
    "padding:0.35rem 0.5rem;border:1px solid rgba(128,128,128,0.25);text-align:center;"
    "overflow-wrap:anywhere;line-height:1.2;vertical-align:middle"
)


def held_out_texts(run: Run) -> list[str] | None:
    """Return the run's held-out texts; None if the data set is not on this machine."""
    return texts_of_run(run, "test")


def training_texts(run: Run) -> frozenset[str] | None:
    """Return the run's training texts; None if the data set is not on this machine."""
    texts = texts_of_run(run, "train")
    return None if texts is None else frozenset(texts)


def texts_of_run(run: Run, part: str) -> list[str] | None:
    """Return the texts of the part `train` or `test`; None if they are not on this machine."""
    with contextlib.suppress(DatasetError):
        return run_cache.texts(run.config.dataset, part, run_cache.dataset_sha256(run))
    return None


def table(
    rows: Sequence[Sequence[str]],
    across: Sequence[str] = (),
    down: Sequence[str] = (),
    marked: Collection[str] = (),
    first_again: bool = False,
) -> str:
    """Return texts as an HTML table.

    Args:
        rows: texts; they are escaped, because they can come from anybody.
        across, down: headings of columns and rows; empty for none.
        marked: texts in bold.
        first_again: whether to tick texts that equal the first text of their row.
    """

    def cell(text: str, tick: bool) -> str:
        content = '<span style="opacity:0.5">(nothing)</span>'
        if text:  # isolated, so that a right-to-left text does not move the tick
            content = f"<bdi>{html.escape(text)}</bdi>"
        if text in marked:
            content = f"<strong>{content}</strong>"
        if tick:
            content = f"<strong>✓ {content}</strong>"
        return f'<td style="{CELL}">{content}</td>'

    def heading(name: str, more: str = "") -> str:
        return f'<th style="{CELL};font-weight:400;opacity:0.7{more}">{html.escape(name)}</th>'

    lines = []
    if across:
        corner = heading("", ";width:3.5rem") if down else ""
        lines.append(corner + "".join(map(heading, across)))
    for i, row in enumerate(rows):
        ticks = [first_again and j > 0 and text == row[0] for j, text in enumerate(row)]
        lines.append((heading(down[i]) if down else "") + "".join(map(cell, row, ticks)))
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return (
        '<div style="overflow-x:auto"><table style="width:100%;table-layout:fixed;'
        f'border-collapse:collapse;font-size:0.85rem">{body}</table></div>'
    )


def decode(run: Run, z: np.ndarray, temperature: float = 0.0, seed: int = 0) -> list[str]:
    """Decode latents z (n, d) to n texts, through the cache."""
    return _decode(
        str(run.path), run.decoder_path.stat().st_mtime_ns, run, z, float(temperature), seed
    )


@st.cache_data(max_entries=100, show_spinner=False)
def _decode(
    path: str, written: int, _run: Run, z: np.ndarray, temperature: float, seed: int
) -> list[str]:
    del path, written  # parts of the cache's key
    networks = run_cache.text_inference(_run)
    return networks.texts(networks.decode(z, temperature, seed))


def path_ends(run: Run) -> list[str]:
    """Return the texts at the ends of the path that the Words page shows first.

    They are decoded at ∓1.5 in the dimension that is used most. A run that has learnt little
    decodes to nothing there.
    """
    ends = np.zeros((2, run.config.latent_dim), np.float32)
    ends[:, run_numbers.dims_by_use(run)[0]] = -1.5, 1.5
    return decode(run, ends)


def first_run(runs: Sequence[Run]) -> Run:
    """Return the run that the Words page opens on: one whose texts show something.

    It is the newest run of the visitor's own that decodes to two different texts. If there is none,
    it is the run that ships which gives the most held-out texts back.

    Args:
        runs: the newest first, those that ship last.
    """
    own = [run for run in runs if not run_list.pretrained(run)]
    for run in own[:MOST_TRIED]:
        with contextlib.suppress(VaeLabError, OSError):  # damaged, or deleted meanwhile
            first, last = path_ends(run)
            if first and last and first != last:
                return run
    shipped = [run for run in runs if run_list.pretrained(run)]
    return max(shipped or own, key=lambda run: run_cache.numbers(run).get("exact_match", 0.0))


def show_reconstruction_scores(run: Run) -> None:
    """Show the shares of held-out texts and of their tokens that are reconstructed exactly."""
    numbers = run_cache.numbers(run)
    with st.container(horizontal=True):
        for name in ("exact_match", "token_accuracy"):
            if name in numbers:
                metric = METRICS[name]
                st.metric(metric.title, f"{numbers[name]:.1%}", help=metric.text, border=True)


def show_novelty(run: Run, texts: list[str], training: frozenset[str] | None) -> None:
    """Show how many generated texts are new, copy a training text, or repeat another.

    Args:
        run: the run.
        texts: generated by it.
        training: see `training_texts`.
    """
    counts = metrics_texts.novelty(texts, training or frozenset())
    with st.container(horizontal=True):
        if training:
            st.metric("new", f"{counts.new:,} of {counts.texts:,}", border=True)
            copies = f"copies of training {Contents(run.config).kind.items}"
            st.metric(copies, f"{counts.copies:,}", border=True)
        st.metric("repeat another", f"{counts.repeats:,}", border=True)


def reconstructions(run: Run, first: int, count: int) -> list[dict[str, Any]] | None:
    """Reconstruct held-out texts, with the share of right tokens and the cost in nats.

    Args:
        run: the run.
        first: index of the first text.
        count: number of texts.

    Returns:
        One row per text; None if the data set is not on this machine.
    """
    strings = held_out_texts(run)
    if strings is None:
        return None
    chosen = slice(first, first + count)
    networks, q = run_cache.text_inference(run), run_cache.arrays(run)
    mean = q["posterior_mean"][chosen]
    tokens = networks.tokens(strings[chosen])
    decoded = networks.decode(mean)
    costs = -networks.log_likelihood(tokens, mean)
    return [
        {
            "held out": text,
            "reconstruction": decoded_text,
            "exact": "yes" if text == decoded_text else "",
            "tokens right": reconstruction(row[None], decoded_row[None]).token_accuracy,
            "-log p(x | mean), nats": float(cost),
        }
        for text, decoded_text, row, decoded_row, cost in zip(
            strings[chosen], networks.texts(decoded), tokens, decoded, costs, strict=True
        )
    ]


def missing_data_message(run: Run) -> str:
    """Say that the run's data set is not on this machine, and what to do."""
    name = run.config.dataset
    with contextlib.suppress(DatasetError):
        if missing := registry.source(name).missing():
            return missing[0].upper() + missing[1:]
    return (
        f"The data set {name}, which the run was trained on, is not on this machine: put its file "
        "into a folder and name that folder in VAE_LAB_DATA."
    )


def normalize_typed(run: Run, typed: str) -> str:
    """Normalise a typed text, and change its case if the run's vocabulary has only one case."""
    vocabulary = set(run_cache.text_inference(run).vocabulary)
    typed = text_characters.normalize_text(typed)
    # Format characters that the run doesn't know are left out: nobody would miss them.
    typed = "".join(c for c in typed if c in vocabulary or unicodedata.category(c) != "Cf")
    return next(
        (text for text in (typed, typed.lower(), typed.upper()) if set(text) <= vocabulary),
        typed,
    )


def path_figure(run: Run, path: np.ndarray, texts: Sequence[str]) -> go.Figure:
    """Draw a path (n, d) and its decoded texts (n,) over the held-out texts."""
    q = posteriors.held_out_posteriors(run)
    view = latent.dims_view(run_numbers.top_dims(run), run.config.latent_dim)
    figure = latent.explorer(
        view,
        view.points(q.mean, q.labels),
        q.labels,
        q.label_names,
        None,
        True,
        held_out_texts(run),
    )
    latent_overlays.path(figure, view.points(path, np.zeros(len(path))), texts)
    return figure
