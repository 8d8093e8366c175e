"""Read the labels of the rows of a table."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.tables.number_text import number
from vae_core.data.upload.wording import counted
from vae_core.sandbox import RefusedError

# What programs write where nothing is known, in lower case.
_MISSING = {"", "nan", "-nan", "na", "n/a", "#n/a", "#na", "<na>", "null", "nat", "?", "(null)"}
# What spreadsheets write beside sums and means below a table.
_SUMMARY = {
    *("total", "totals", "grand total", "sum", "sums", "mean", "average", "avg", "count", "min"),
    *("max", "std", "summe", "gesamt", "gesamtergebnis", "mittelwert", "somme", "moyenne"),
    *("suma", "promedio", "soma", "totale", "media"),
}
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
                    "a class: leave these rows out if they have no label."
                )
    missing = [i for i, label in enumerate(labels) if known[label]]
    if missing:
        held = repr(sandbox.display_text(labels[missing[0]])) if labels[missing[0]] else "nothing"
        more = len(missing) - 1
        also = f", and {counted(more, 'more row', 'more rows')}" if more else ""
        raise RefusedError(
            f"{shown}: row {rows[missing[0]]:,} has no label: {column} holds {held} there{also}. "
            "Fill it in, or leave the row out."
        )
    if labels and labels[-1].lower() in _SUMMARY and labels.count(labels[-1]) == 1:
        raise RefusedError(
            f"{shown}: row {rows[-1]:,} seems to sum the others up, because {column} holds "
            f"{sandbox.display_text(labels[-1])!r} there: leave it out."
        )
    if (places := _one_hot(set(labels))) is not None:
        notes.append("The labels were one-hot lists: the place of the 1 is the label.")
        return np.array([places[label] for label in labels], np.int64), notes
    if all(len(label) > 1 and label[0] == label[-1] == "'" for label in labels):
        labels = [label[1:-1] for label in labels]
        values = {label: number(label) for label in set(labels)}
    if np.isfinite(list(values.values())).all() and not _are_codes(values):
        found = np.array([values[label] for label in labels], np.float64)
        if np.abs(found).max(initial=0) < 2**53:  # floats can tell larger ones no longer apart
            if (found == np.rint(found)).all():
                return found.astype(np.int64), notes
            return np.array([repr(float(v)).removesuffix(".0") for v in found]), notes
    return np.array([label[:1000] for label in labels]), [*notes, *_alike(list(values))]


def _are_codes(values: dict[str, float]) -> bool:
    """Return whether labels only look like numbers, such as 007, or the wells 1E1 and 1E2.

    Args:
        values: label -> the number that it looks like.
    """
    if any(re.match(r"[+-]?0\d", label) for label in values):
        return True
    powers = [label for label in values if re.fullmatch(r"\d+e\d+", label, re.IGNORECASE)]
    merged = len({*values.values()}) < len(values)
    return bool(powers) and (merged or len(powers) == len(values))


def _one_hot(labels: set[str]) -> dict[str, int] | None:
    """Return the place of the 1 in each label, if all are lists of 0 with one 1."""
    places = {}
    lists = {label: label.strip("[]() ").replace(",", " ").split() for label in labels}
    for label, fields in lists.items():
        values = [number(field) for field in fields]
        if len(values) < 2 or sorted(values) != [0] * (len(values) - 1) + [1]:
            return None
        places[label] = values.index(1)
    return places if len(set(map(len, lists.values()))) == 1 else None


def _alike(labels: list[str]) -> list[str]:
    """Return a sentence on labels of several letters that differ only in capital letters."""
    groups = defaultdict(list)
    for label in sorted(labels):
        groups[label.casefold()].append(label)
    several = [group for key, group in groups.items() if len(group) > 1 and len(key) > 1]
    if not several:
        return []
    names = " and ".join(sandbox.display_text(label) for label in several[0][:2])
    return [f"The labels {names} differ only in capital letters, and are two classes."]
