"""Tables of numbers: mean and spread over the seeds, in units, the best ones marked."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from pandas.io.formats.style import Styler

from vae_core.metrics.catalogue import METRICS

BEST = "background-color: rgba(46, 160, 67, 0.28)"


def title(name: str) -> str:
    """The heading of a metric, with its unit."""
    metric = METRICS[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def metrics_table(
    fixed: Mapping[str, Sequence[object]],
    numbers: Sequence[Sequence[Mapping[str, float]]],
    comparable: bool = True,
) -> Styler:
    """A row a run, a column a metric: what is sorted and saved is the mean over the seeds.

    Args:
        fixed: columns that stand before the metrics, by heading.
        numbers: of each run the numbers of each seed, see `vae_core.runs.run.Run.metrics`.
        comparable: are all runs of one data set, so that a best one can be marked?

    Returns:
        Cells show `mean ± standard deviation` where there are several seeds; the best mean of a
        metric that has a better direction is marked.
    """
    names = [name for name in METRICS if any(name in n for row in numbers for n in row)]
    means: dict[str, list[float | None]] = {}
    shown: dict[str, list[str]] = {}
    for name in names:
        cells = [[n[name] for n in row if name in n] for row in numbers]
        means[title(name)] = [statistics.mean(cell) if cell else None for cell in cells]
        shown[title(name)] = [_cell(cell, METRICS[name].decimals) for cell in cells]
    frame = pd.DataFrame({**fixed, **means})
    style = frame.style
    for heading, texts in shown.items():
        # A call for a whole column: one for each cell takes 150 ms for a table of 8 runs.
        by_mean: dict[object, str] = dict(zip(means[heading], texts, strict=True))
        style = style.format(_looked_up(by_mean), subset=[heading], na_rep="")
        for row, (mean, text) in enumerate(zip(means[heading], texts, strict=True)):
            if by_mean[mean] != text:  # the same mean as another, and another spread
                style = style.format(_looked_up({mean: text}), subset=([row], [heading]))
    for name in names:
        mark = {"higher": style.highlight_max, "lower": style.highlight_min}.get(
            METRICS[name].better
        )
        if mark and comparable and len(frame) > 1:
            style = mark(subset=[title(name)], props=BEST)
    return style


def _looked_up(texts: dict[object, str]) -> Callable[[object], str]:
    return lambda value: texts[value]


def _cell(values: Sequence[float], decimals: int) -> str:
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:z.{decimals}f}"
    if len(set(values)) == 1:
        return f"{values[0]:z.{decimals}f} ± 0"
    shown = max(decimals, 1)  # counts that differ are no whole number in the mean
    return f"{statistics.mean(values):z.{shown}f} ± {statistics.stdev(values):.{shown}f}"
