"""Read the labels of the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.number_text import number
from vae_core.sandbox import RefusedError

# What programs write where nothing is known, in lower case.
_MISSING = {"", "nan", "-nan", "na", "n/a", "#n/a", "#na", "<na>", "null", "nat", "?", "(null)"}
_PERHAPS_MISSING = {"none", "-", "--", "."}  # a class of text may be called so


def says_nothing(label: str) -> bool:
    """Return whether a field holds no label."""
    return label.strip().lower() in _MISSING


def text_labels(
    shown: str, column: str, labels: Sequence[str], rows: Sequence[int]
) -> tuple[np.ndarray, list[str]]:
    """Return labels (n,) as whole numbers if all are whole numbers, else as text.

    Quotation marks around all of them, as OpenML writes them, are removed; 007 stays as it is.

    Args:
        shown: the file's name, for error messages.
        column: words for the column.
        labels: one per row.
        rows: the numbers of the rows.

    Returns:
        The labels, and sentences on them.

    Raises:
        RefusedError: a row has no label.
    """
    labels = [label.strip() for label in labels]
    known = {label: label.lower() in _MISSING for label in set(labels)}
    values = {label: number(label) for label, missing in known.items() if not missing}
    others = [label for label in values if label.lower() not in _PERHAPS_MISSING]
    notes = []
    are_numbers = bool(np.isfinite([values[label] for label in others]).all()) and bool(others)
    for label in values:
        if label.lower() in _PERHAPS_MISSING:
            known[label] = are_numbers
            if not are_numbers:
                notes.append(
                    f"{labels.count(label):,} rows hold {label} as their label, which was read as "
                    "a class: leave them out if it means that they have none."
                )
    missing = [i for i, label in enumerate(labels) if known[label]]
    if missing:
        held = repr(sandbox.display_text(labels[missing[0]])) if labels[missing[0]] else "nothing"
        more = len(missing) - 1
        also = f", and {more:,} more {'row' if more == 1 else 'rows'}" if more else ""
        raise RefusedError(
            f"{shown}: row {rows[missing[0]]:,} has no label: {column} holds {held} there{also}. "
            "Fill it in, or leave the row out."
        )
    if all(len(label) > 1 and label[0] == label[-1] == "'" for label in labels):
        labels = [label[1:-1] for label in labels]
        values = {label: number(label) for label in set(labels)}
    if np.isfinite(list(values.values())).all() and not any(
        re.match(r"[+-]?0\d", label) for label in values
    ):
        found = np.array([values[label] for label in labels], np.float64)
        if (found == np.rint(found)).all() and np.abs(found).max(initial=0) < 2**62:
            return found.astype(np.int64), notes
        return np.array([repr(float(v)).removesuffix(".0") for v in found]), notes
    return np.array([label[:1000] for label in labels]), notes
