"""Texts on the pages: tables of them, what a run on texts reads and writes, and where it copies."""

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


def held_out(run: Run) -> list[str] | None:
    """The texts that its stored posteriors are of; None where the data set is not here."""
    return _of(run, "test")


def training(run: Run) -> frozenset[str] | None:
    """The texts that it was trained on; None where the data set is not here."""
    found = _of(run, "train")
    return None if found is None else frozenset(found)


def of_posteriors(run: Run, q: Posteriors) -> list[str] | None:
    """The texts that these posteriors are of, legible; None where the data set is not here."""
    found = held_out(run)
    if found is not None and len(q.labels) > q.held_out:
        found = found + (_of(run, "train") or [])
    return None if found is None else legible(run, found)


def _of(run: Run, part: str) -> list[str] | None:
    with contextlib.suppress(DatasetError):
        return run_cache.texts(run.config.dataset, part, run_cache.trained_on(run))
    return None


def legible(run: Run, texts: Sequence[str]) -> list[str]:
    """Its texts as they are read: of melodies the names of their notes."""
    if item_words.kind(run) == "melodies":
        return [notation.note_names(one) for one in texts]
    return list(texts)


def table(
    rows: Sequence[Sequence[str]],
    across: Sequence[str] = (),
    down: Sequence[str] = (),
    marked: Collection[str] = (),
    first_again: bool = False,
) -> str:
    """Texts as an HTML table.

    Args:
        rows: of texts; anybody may have written them.
        across, down: headings of columns and rows; empty for none.
        marked: texts that are set in bold.
        first_again: are the others of a row to say what its first says? Those that do are ticked.
    """

    def cell(written: str, tick: bool) -> str:
        shown = html.escape(written) if written else '<span style="opacity:0.5">(nothing)</span>'
        if written in marked:
            shown = f"<strong>{shown}</strong>"
        if tick:
            shown = f"<strong>✓ {shown}</strong>"
        return f'<td style="{CELL}">{shown}</td>'

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
    """What latents z (n, d) are decoded to; kept for the next viewer."""
    return _decode(
        str(run.path), run.decoder_path.stat().st_mtime_ns, run, z, float(temperature), seed
    )


@st.cache_data(max_entries=100, show_spinner=False)
def _decode(
    path: str, written: int, _run: Run, z: np.ndarray, temperature: float, seed: int
) -> list[str]:
    del path, written  # parts of the key
    networks = run_cache.text_inference(_run)
    return networks.texts(networks.decode(z, temperature, seed))


def show_point(run: Run, q: Posteriors, row: int) -> None:
    """Of a text: itself, what its mean is decoded to, and samples of its posterior, if it has
    one.
    """
    mean, std = q.mean[row], np.exp(0.5 * q.log_var[row])
    noise = np.random.default_rng(0).standard_normal((8, len(mean))).astype(np.float32)
    found = decode(run, np.concatenate([mean[None], mean + std * noise]))
    of_mean, *of_samples = legible(run, found)
    has_rate = run.config.has_rate
    lines = [["its mean, decoded" if has_rate else "its latents, decoded", of_mean]]
    if strings := of_posteriors(run, q):
        lines.insert(0, [q.item_name(row), strings[row]])
    st.html(table(lines))
    dims = sorted(run_numbers.dims_by_use(run)[:2])
    if not has_rate:
        st.markdown("\n".join(f"- {dim_name(i)}: {mean[i]:.2f}" for i in dims))
        return
    st.markdown("\n".join(f"- {dim_name(i)}: mean {mean[i]:.2f}, σ {std[i]:.2f}" for i in dims))
    st.html(table([[sample] for sample in of_samples]))
    st.caption("Eight samples of its posterior, each decoded with the likeliest tokens.")


def members(run: Run, q: Posteriors, chosen: np.ndarray) -> None:
    """Some of the texts (k,), as far as they are here, and what each is decoded to."""
    strings, found = of_posteriors(run, q), legible(run, decode(run, q.mean[chosen]))
    lines = [[text] for text in found]
    if strings:
        lines = [[strings[row], text] for row, text in zip(chosen, found, strict=True)]
    half = -(-len(lines) // 2)
    for place, part in zip(st.columns(2), (lines[:half], lines[half:]), strict=True):
        if part:
            place.html(table(part, ("selected", "decoded")[-len(part[0]) :]))


def rows(run: Run, snapshot: Mapping[str, np.ndarray] | None, labels: np.ndarray) -> None:
    """Held-out texts beside what became of them, and samples of the prior, as pictures are shown.

    Args:
        run: that trains, or is trained.
        snapshot: of a run that trains; None of one that trains no more.
        labels: of the held-out texts.
    """
    if snapshot is not None:
        columns = [list(map(str, snapshot[k])) for k in ("texts", "reconstructions")]
        samples = list(map(str, snapshot["prior_samples"]))
    else:
        picked = spread_over_labels(labels, ROWS)
        strings = held_out(run)
        originals = [strings[i] for i in picked] if strings else ["not on this machine"] * ROWS
        columns = [originals, decode(run, run_cache.arrays(run)["posterior_mean"][picked])]
        samples = decode(run, prior_samples(ROWS, run.config.latent_dim))
    columns = [legible(run, column) for column in (*columns, samples)]
    st.html(
        table(
            list(zip(*columns, strict=False)),
            ("held out", "its posterior mean, decoded", "from the prior")
            if run.config.has_rate
            else ("held out", "its latents, decoded", "from N(0, I)"),
        )
    )


def shares_that_come_back(run: Run) -> None:
    """Measured on all held-out texts when training ended."""
    numbers = run_cache.numbers(run)
    with st.container(horizontal=True):
        for name in ("exact_match", "token_accuracy"):
            if name in numbers:
                metric = METRICS[name]
                st.metric(metric.title, f"{numbers[name]:.1%}", help=metric.text, border=True)


def novelty(run: Run, texts: list[str], known: frozenset[str] | None) -> None:
    """How many of these texts of the run are new, copies, and repeat another.

    Args:
        known: see `training`.
    """
    counted = metrics_texts.novelty(texts, known or frozenset())
    with st.container(horizontal=True):
        if known:
            st.metric("new", f"{counted.new:,} of {counted.texts:,}", border=True)
            copies = f"copies of training {item_words.items(run)}"
            st.metric(copies, f"{counted.copies:,}", border=True)
        st.metric("repeat another", f"{counted.repeats:,}", border=True)


def reconstructions(run: Run, first: int, count: int) -> list[dict[str, Any]] | None:
    """Held-out texts, what they come back as, and what each costs; a row a text.

    Returns:
        None where the data set is not on this machine.
    """
    strings = held_out(run)
    if strings is None:
        return None
    chosen = slice(first, first + count)
    networks, q = run_cache.text_inference(run), run_cache.arrays(run)
    mean = q["posterior_mean"][chosen]
    tokens = networks.tokens(strings[chosen])
    written = networks.decode(mean)
    costs = -networks.log_likelihood(tokens, mean)
    return [
        {
            "held out": source,
            "comes back as": found,
            "exact": "yes" if source == found else "",
            "tokens right": reconstruction(here[None], there[None]).token_accuracy,
            "-log p(x | mean), nats": float(cost),
        }
        for source, found, here, there, cost in zip(
            strings[chosen], networks.texts(written), tokens, written, costs, strict=True
        )
    ]


def side_by_side(runs: list[Run], names: list[str]) -> None:
    """What runs make of the same held-out texts, and of the same z: a column a run.

    Args:
        runs: of any data sets; each has tables of its own.
        names: what tells the runs from each other.
    """
    by_data: dict[str, list[int]] = {}
    for i, run in enumerate(runs):
        by_data.setdefault(run.config.dataset, []).append(i)
    groups = [([runs[i] for i in row], [names[i] for i in row]) for row in by_data.values()]

    item, items = item_words.item(runs[0]), item_words.items(runs[0])
    st.markdown(f"##### The same {items} through every run")
    fewest = min(len(run_cache.arrays(run)["labels"]) for run in runs)
    first = int(
        st.number_input(
            f"From held-out {item}",
            *(0, fewest - 1, 0, ROWS),
            width=240,
            key="compare_first",
            bind="query-params",
        )
    )
    for some, titles in groups:
        strings = held_out(some[0])
        if strings is None:
            st.info(not_here(some[0]), icon=":material/info:")
            continue
        rows = slice(first, first + ROWS)
        found = [decode(run, run_cache.arrays(run)["posterior_mean"][rows]) for run in some]
        columns = [legible(some[0], column) for column in (strings[rows], *found)]
        st.html(table(list(zip(*columns, strict=True)), ("held out", *titles), first_again=True))
    st.caption(
        f"Held-out {items}, and what their posterior means (of an autoencoder: their latents) are "
        "decoded to with the likeliest character each time. ✓: the same."
    )

    st.markdown("##### The same z through every run")
    temperature = st.slider(
        "Temperature", 0.0, 2.0, 0.0, 0.1, width=240, key="compare_temperature", bind="query-params"
    )
    marking = True
    for some, titles in groups:
        found = [
            decode(run, prior_samples(ROWS, run.config.latent_dim), temperature) for run in some
        ]
        known = training(some[0])
        marking &= known is not None
        copies = legible(
            some[0], sorted({one for column in found for one in column} & (known or set()))
        )
        columns = [legible(some[0], column) for column in found]
        st.html(table(list(zip(*columns, strict=True)), titles, marked=copies))
    st.caption(
        "Samples of the prior, the same in a row for runs of as many latent dimensions, decoded "
        + ("with the likeliest character each time" if temperature == 0 else "by drawing")
        + (f"; in bold: a training {item}." if marking else ".")
    )


def not_here(run: Run) -> str:
    """That what it was trained on is not on this machine, and what to do."""
    name = run.config.dataset
    with contextlib.suppress(DatasetError):
        if missing := registry.source(name).missing():
            return missing[0].upper() + missing[1:]
    return (
        f"The data set {name} that the run was trained on is not on this machine: put its file "
        "into a folder and name that in VAE_LAB_DATA."
    )


def readable(run: Run, typed: str) -> str:
    """What somebody typed as the run can read it: in the case of its letters where it has one."""
    known = run_cache.text_inference(run).vocabulary
    typed = text_items.normalize_text(typed)
    return next(
        (other for other in (typed, typed.lower(), typed.upper()) if set(other) <= set(known)),
        typed,
    )


def walk(run: Run, path: np.ndarray, texts: Sequence[str]) -> go.Figure:
    """A path (n, d) and what it is decoded to, over the held-out texts."""
    q = posteriors.of_held_out(run)
    view = latent.dims_view(run_numbers.top_dims(run), run.config.latent_dim)
    figure = latent.explorer(
        view, view.points(q.mean, q.labels), q.labels, q.label_names, None, True, held_out(run)
    )
    latent_overlays.path(figure, view.points(path, np.zeros(len(path))), texts)
    return figure
