"""Show runs side by side: their columns, a table of numbers, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import streamlit as st
from pandas.io.formats.style import Styler

from dashboard.figures import comparison
from dashboard.figures.numbers import title
from dashboard.shared.comparable_runs import (
    NAMES,
    differing,
    empty_arrays,
    numbers_over_seeds,
)
from dashboard.shared.run_cache import arrays
from dashboard.shared.run_numbers import rate_per_dim, top_dims
from dashboard.shared.run_picker import NothingToShowError
from vae_core.kinds.contents import Contents
from vae_core.metrics.catalogue import METRICS
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.sweeps import sweep_id


def comparison_columns(runs: list[Run]) -> tuple[list[Run], list[comparison.Column]]:
    """Return the readable runs and their columns for the comparison figures.

    A column's title is β and the other fields in which the runs differ. A run that has only
    numbers gets a column without points. Warnings name runs that can't be read.

    Raises:
        NothingToShowError: none of the runs can be read.
    """
    differ = [(name, NAMES.get(name, name)) for name in differing(runs) if name != "model"]
    readable, columns = [], []
    for run, seed_numbers in zip(runs, numbers_over_seeds(runs), strict=True):
        try:
            q = arrays(run) if run.viewable else empty_arrays(run)
        except RunError as error:
            st.warning(str(error), icon=":material/warning:")
            continue
        if seed_numbers[0]:
            others = [f"{letter} {getattr(run.config, name)}".strip() for name, letter in differ]
            readable.append(run)
            shown = Contents(run.config)
            columns.append(
                comparison.Column(
                    title="<br>".join([shown.title, *others[:2]]),
                    posterior_mean=q["posterior_mean"],
                    labels=q["labels"],
                    label_names=[str(name) for name in q["label_names"]],
                    dims=top_dims(run) if run.viewable else (0, 0),
                    beta=shown.beta,
                    sweep=sweep_id(run.config),
                    rate_per_dim=rate_per_dim(run),
                    numbers=seed_numbers,
                    sloped=run.config.schedule != "capacity",
                    prior_circles=shown.prior_circles(q) if run.viewable else (),
                )
            )
    if not columns:
        raise NothingToShowError("None of these runs can be read: pick others.")
    return readable, columns


def show_table(make: Callable[[], Styler], *key: Hashable) -> None:
    """Show a table of held-out numbers, which is made once for all viewers.

    Args:
        make: makes the table, see `metrics_table`.
        key: identifies its content in the cache.
    """
    _show_table(key, make)


@st.cache_data(max_entries=50, show_spinner=False)  # Streamlit replays the element on later calls
def _show_table(key: tuple[Hashable, ...], _make: Callable[[], Styler]) -> None:
    del key
    st.dataframe(
        _make(),
        hide_index=True,
        alt="Held-out metrics of the runs, mean and standard deviation over the seeds",
        column_config={
            "β": st.column_config.NumberColumn(format="%g", pinned=True),
            **{title(name): st.column_config.Column(help=METRICS[name].text) for name in METRICS},
        },
    )
