"""Texts on the pages: tables of them, what a run on texts reads and writes, and where it copies."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from plotly import graph_objects as go

from dashboard import controls, posteriors
from dashboard.figures import dim_name, latent
from dashboard.posteriors import Posteriors
from vae_core import analysis, melodies, text_metrics
from vae_core.datasets import DatasetError
from vae_core.runs import Run

ROWS = 10
CELL = (
    "padding:0.35rem 0.5rem;border:1px solid rgba(128,128,128,0.25);text-align:center;"
    "overflow-wrap:anywhere;line-height:1.2;vertical-align:middle"
)


def held_out(run: Run) -> list[str] | None:
    """The texts that its stored posteriors are of; None where the data set is not here."""
    return _of(run, "test", len(controls.arrays(run)["labels"]))


def training(run: Run) -> frozenset[str] | None:
    """The texts that it was trained on; None where the data set is not here."""
    found = _of(run, "train", None)
    return None if found is None else frozenset(found)


def _of(run: Run, part: str, count: int | None) -> list[str] | None:
    with contextlib.suppress(DatasetError):
        found = controls.texts(run.config.dataset, part)
        if count in (None, len(found)):  # else of another version of the file
            return found
    return None


def shown(run: Run, texts: Sequence[str]) -> list[str]:
    """Its texts as they are read: of melodies the names of their notes."""
    if controls.kind(run) == "melodies":
        return [melodies.spelt(one) for one in texts]
    return list(texts)


def table(
    rows: Sequence[Sequence[str]],
    across: Sequence[str] = (),
    down: Sequence[str] = (),
    marked: Collection[str] = (),
) -> str:
    """Texts as an HTML table.

    Args:
        rows: of texts; anybody may have written them.
        across, down: headings of columns and rows; empty for none.
        marked: texts that are set in bold.
    """

    def cell(written: str) -> str:
        shown = html.escape(written) if written else '<span style="opacity:0.5">(nothing)</span>'
        if written in marked:
            shown = f"<strong>{shown}</strong>"
        return f'<td style="{CELL}">{shown}</td>'

    def heading(name: str, more: str = "") -> str:
        return f'<th style="{CELL};font-weight:400;opacity:0.7{more}">{html.escape(name)}</th>'

    lines = []
    if across:
        corner = heading("", ";width:3.5rem") if down else ""
        lines.append(corner + "".join(map(heading, across)))
    for i, row in enumerate(rows):
        lines.append((heading(down[i]) if down else "") + "".join(map(cell, row)))
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
    networks = controls.text_inference(_run)
    return networks.texts(networks.decode(z, temperature, seed))


def show_point(run: Run, q: Posteriors, row: int) -> None:
    """Of a held-out text: itself, what its mean is decoded to, and samples of its posterior."""
    mean, std = q.mean[row], np.exp(0.5 * q.log_var[row])
    noise = np.random.default_rng(0).standard_normal((8, len(mean))).astype(np.float32)
    found = decode(run, np.concatenate([mean[None], mean + std * noise]))
    of_mean, *of_samples = shown(run, found)
    lines = [["its mean, decoded", of_mean]]
    if strings := held_out(run):
        lines.insert(0, [f"the {controls.item(run)}", *shown(run, [strings[row]])])
    st.html(table(lines))
    dims = analysis.dims_by_rate(controls.rate_per_dim(run))[:2]
    st.markdown(
        "\n".join(f"- {dim_name(i)}: mean {mean[i]:.2f}, σ {std[i]:.2f}" for i in sorted(dims))
    )
    st.html(table([[sample] for sample in of_samples]))
    st.caption("Eight samples of its posterior, each decoded with the likeliest tokens.")


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
        picked = analysis.spread_over_labels(labels, ROWS)
        strings = held_out(run)
        originals = [strings[i] for i in picked] if strings else ["not on this machine"] * ROWS
        columns = [originals, decode(run, controls.arrays(run)["posterior_mean"][picked])]
        samples = decode(run, analysis.prior_samples(ROWS, run.config.latent_dim))
    columns = [shown(run, column) for column in (*columns, samples)]
    st.html(
        table(
            list(zip(*columns, strict=False)),
            ("held out", "its posterior mean, decoded", "from the prior"),
        )
    )


def reconstructions(run: Run, first: int, count: int) -> list[dict[str, Any]] | None:
    """Held-out texts, what they come back as, and what each costs; a row a text.

    Returns:
        None where the data set is not on this machine.
    """
    strings = held_out(run)
    if strings is None:
        return None
    chosen = slice(first, first + count)
    networks, q = controls.text_inference(run), controls.arrays(run)
    mean = q["posterior_mean"][chosen]
    tokens = networks.tokens(strings[chosen])
    written = networks.decode(mean)
    costs = -networks.log_likelihood(tokens, mean)
    return [
        {
            "held out": source,
            "comes back as": found,
            "exact": "yes" if source == found else "",
            "tokens right": text_metrics.reconstruction(here[None], there[None]).token_accuracy,
            "-log p(x | mean), nats": float(cost),
        }
        for source, found, here, there, cost in zip(
            strings[chosen], networks.texts(written), tokens, written, costs, strict=True
        )
    ]


def readable(run: Run, typed: str) -> str:
    """What somebody typed as the run can read it: in the case of its letters where it has one."""
    known = controls.text_inference(run).vocabulary
    typed = " ".join(typed.split())
    return next(
        (other for other in (typed, typed.lower(), typed.upper()) if set(other) <= set(known)),
        typed,
    )


def walk(run: Run, path: np.ndarray, texts: Sequence[str]) -> go.Figure:
    """A path (n, d) and what it is decoded to, over the held-out texts."""
    q = posteriors.of_held_out(run)
    view = latent.dims_view(controls.top_dims(run), run.config.latent_dim)
    figure = latent.explorer(
        view, view.points(q.mean, q.labels), q.labels, q.label_names, None, True, held_out(run)
    )
    latent.path(figure, view.points(path, np.zeros(len(path))), texts)
    return figure


def copies(run: Run, texts: list[str]) -> text_metrics.Novelty | None:
    """Which of a run's texts are training texts; None where the data set is not here."""
    known = training(run)
    return None if known is None else text_metrics.novelty(texts, set(known))
