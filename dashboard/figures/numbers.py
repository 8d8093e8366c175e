"""Tables of metrics: mean and spread over the seeds, with the best ones marked."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from pandas.io.formats.style import Styler

from vae_core.metrics.catalogue import METRICS

BEST = "background-color: rgba(46, 160, 67, 0.28)"


def title(name: str) -> str:
    """Return the heading of a metric, with its unit."""
    metric = METRICS[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def metrics_table(
    fixed: Mapping[str, Sequence[object]],
    numbers: Sequence[Sequence[Mapping[str, float]]],
    comparable: bool = True,
) -> Styler:
    """Make a table with a row per run and a column per metric.

    Cells hold the mean over the seeds, for sorting and saving. They show `mean ± standard
    deviation` if there are several seeds. The best mean is marked in columns where higher or lower
    is better.

    Args:
        fixed: heading -> cells, for columns before the metrics.
        numbers: for each run the numbers of each seed, see `vae_core.runs.run.Run.metrics`.
        comparable: whether all runs are of one data set and one likelihood, so that the best can be
            marked.
    """
    names = [name for name in METRICS if any(name in n for row in numbers for n in row)]
    means: dict[str, list[float | None]] = {}
    cell_texts: dict[str, list[str]] = {}
    for name in names:
        cells = [[n[name] for n in row if name in n] for row in numbers]
        means[title(name)] = [statistics.mean(cell) if cell else None for cell in cells]
        cell_texts[title(name)] = [_cell(cell, METRICS[name].decimals) for cell in cells]
    frame = pd.DataFrame({**fixed, **means})
    style = frame.style
    for heading, texts in cell_texts.items():
        # One call per column: one per cell would take 150 ms for a table of 8 runs.
        by_mean: dict[object, str] = dict(zip(means[heading], texts, strict=True))
        style = style.format(_formatter(by_mean), subset=[heading], na_rep="")
        for row, (mean, text) in enumerate(zip(means[heading], texts, strict=True)):
            if by_mean[mean] != text:  # another run has the same mean but a different spread
                style = style.format(_formatter({mean: text}), subset=([row], [heading]))
    for name in names:
        mark = {"higher": style.highlight_max, "lower": style.highlight_min}.get(
            METRICS[name].better
        )
        if mark and comparable and len(frame) > 1:
            style = mark(subset=[title(name)], props=BEST)
    return style


def _formatter(texts: dict[object, str]) -> Callable[[object], str]:
    return lambda value: texts[value]


def _cell(values: Sequence[float], decimals: int) -> str:
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:z.{decimals}f}"
    if len(set(values)) == 1:
        return f"{values[0]:z.{decimals}f} ± 0"
    decimals = max(decimals, 1)  # the mean of different counts is no whole number
    return f"{statistics.mean(values):z.{decimals}f} ± {statistics.stdev(values):.{decimals}f}"
