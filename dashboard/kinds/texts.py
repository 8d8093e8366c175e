"""Show texts on the pages: tables, reconstructions, samples and paths of a run on texts."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from plotly import graph_objects as go

from dashboard.figures import dim_name, latent, latent_overlays
from dashboard.shared import item_words, posteriors, run_cache, run_numbers
from dashboard.shared.posteriors import Posteriors
from vae_core.data import notation, registry, text_items
from vae_core.data.dataset import DatasetError
from vae_core.kinds.contents import Contents
from vae_core.latent.samples import prior_samples, spread_over_labels
from vae_core.metrics import texts as metrics_texts
from vae_core.metrics.catalogue import METRICS
from vae_core.metrics.texts import reconstruction
from vae_core.runs.run import Run

ROWS = 10

CELL = (
    "padding:0.35rem 0.5rem;border:1px solid rgba(128,128,128,0.25);text-align:center;"
    "overflow-wrap:anywhere;line-height:1.2;vertical-align:middle"
)


def held_out_texts(run: Run) -> list[str] | None:
    """Return the run's held-out texts; None if the data set is not on this machine."""
    return _dataset_texts(run, "test")


def training_texts(run: Run) -> frozenset[str] | None:
    """Return the run's training texts; None if the data set is not on this machine."""
    texts = _dataset_texts(run, "train")
    return None if texts is None else frozenset(texts)


def posterior_texts(run: Run, q: Posteriors) -> list[str] | None:
    """Return the text of each posterior as shown; None if the data set is not on this machine."""
    texts = held_out_texts(run)
    if texts is not None and len(q.labels) > q.held_out:
        texts = texts + (_dataset_texts(run, "train") or [])
    return None if texts is None else display_texts(run, texts)


def _dataset_texts(run: Run, part: str) -> list[str] | None:
    with contextlib.suppress(DatasetError):
        return run_cache.texts(run.config.dataset, part, run_cache.trained_on(run))
    return None


def display_texts(run: Run, texts: Sequence[str]) -> list[str]:
    """Return texts as they are shown: melodies become the names of their notes."""
    if item_words.kind(run) == "melodies":
        return [notation.note_names(text) for text in texts]
    return list(texts)


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
        content = html.escape(text) if text else '<span style="opacity:0.5">(nothing)</span>'
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
    """Return the texts that latents z (n, d) decode to, from the cache."""
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


def show_point(run: Run, q: Posteriors, row: int) -> None:
    """Show one text, its decoded mean, and decoded samples of its posterior if it has one."""
    mean, std = q.mean[row], np.exp(0.5 * q.log_var[row])
    noise = np.random.default_rng(0).standard_normal((8, len(mean))).astype(np.float32)
    decoded = decode(run, np.concatenate([mean[None], mean + std * noise]))
    decoded_mean, *decoded_samples = display_texts(run, decoded)
    shown = Contents(run.config)
    lines = [[f"its {shown.mean}, decoded", decoded_mean]]
    if strings := posterior_texts(run, q):
        lines.insert(0, [q.item_name(row), strings[row]])
    st.html(table(lines))
    dims = sorted(run_numbers.dims_by_use(run)[:2])
    if not shown.has_spread:
        st.markdown("\n".join(f"- {dim_name(i)}: {mean[i]:.2f}" for i in dims))
        return
    st.markdown("\n".join(f"- {dim_name(i)}: mean {mean[i]:.2f}, σ {std[i]:.2f}" for i in dims))
    st.html(table([[sample] for sample in decoded_samples]))
    st.caption("Eight samples of its posterior, each decoded with the likeliest tokens.")


def show_members(run: Run, q: Posteriors, chosen: np.ndarray) -> None:
    """Show chosen texts, if they are on this machine, and what each is decoded to.

    Args:
        run: whose decoder is used.
        q: posteriors of the texts.
        chosen: (k,), rows of the texts.
    """
    strings, decoded = posterior_texts(run, q), display_texts(run, decode(run, q.mean[chosen]))
    lines = [[text] for text in decoded]
    if strings:
        lines = [[strings[row], text] for row, text in zip(chosen, decoded, strict=True)]
    half = -(-len(lines) // 2)
    for place, part in zip(st.columns(2), (lines[:half], lines[half:]), strict=True):
        if part:
            place.html(table(part, ("selected", "decoded")[-len(part[0]) :]))


def show_rows(run: Run, snapshot: Mapping[str, np.ndarray] | None, labels: np.ndarray) -> None:
    """Show held-out texts, their reconstructions, and samples of the prior.

    Args:
        run: in training, or trained.
        snapshot: the snapshot of a run in training; None for a trained run.
        labels: (n,), labels of the held-out texts.
    """
    if snapshot is not None:
        columns = [list(map(str, snapshot[k])) for k in ("texts", "reconstructions")]
        samples = list(map(str, snapshot["prior_samples"]))
    else:
        chosen = spread_over_labels(labels, ROWS)
        strings = held_out_texts(run)
        originals = [strings[i] for i in chosen] if strings else ["not on this machine"] * ROWS
        columns = [originals, decode(run, run_cache.arrays(run)["posterior_mean"][chosen])]
        samples = decode(run, prior_samples(ROWS, run.config.latent_dim))
    columns = [display_texts(run, column) for column in (*columns, samples)]
    shown = Contents(run.config)
    st.html(
        table(
            list(zip(*columns, strict=False)),
            ("held out", f"its {shown.point}, decoded", f"from {shown.origin}"),
        )
    )


def show_reconstruction_scores(run: Run) -> None:
    """Show the shares of texts and of tokens that the run reconstructs, of all held-out texts."""
    numbers = run_cache.numbers(run)
    with st.container(horizontal=True):
        for name in ("exact_match", "token_accuracy"):
            if name in numbers:
                metric = METRICS[name]
                st.metric(metric.title, f"{numbers[name]:.1%}", help=metric.text, border=True)


def show_novelty(run: Run, texts: list[str], training: frozenset[str] | None) -> None:
    """Show how many of a run's texts are new, are copies, or repeat another.

    Args:
        run: the run.
        texts: its texts.
        training: see `training_texts`.
    """
    counts = metrics_texts.novelty(texts, training or frozenset())
    with st.container(horizontal=True):
        if training:
            st.metric("new", f"{counts.new:,} of {counts.texts:,}", border=True)
            copies = f"copies of training {item_words.items(run)}"
            st.metric(copies, f"{counts.copies:,}", border=True)
        st.metric("repeat another", f"{counts.repeats:,}", border=True)


def reconstructions(run: Run, first: int, count: int) -> list[dict[str, Any]] | None:
    """Return a table of held-out texts: reconstruction, share of right tokens, and cost in nats.

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
            "comes back as": decoded_text,
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
        f"The data set {name} that the run was trained on is not on this machine: put its file "
        "into a folder and name that in VAE_LAB_DATA."
    )


def normalize_typed(run: Run, typed: str) -> str:
    """Normalise a typed text, and change its case if the run knows only one case of letters."""
    vocabulary = set(run_cache.text_inference(run).vocabulary)
    typed = text_items.normalize_text(typed)
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
