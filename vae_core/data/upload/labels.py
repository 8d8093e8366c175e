"""Turn the labels of a file into indices and names."""

from __future__ import annotations

import contextlib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data.text_characters import normalize_text
from vae_core.data.upload.limits import MOST_LABELS
from vae_core.sandbox import RefusedError

# How the labels of a file are used.
ALL, FREQUENT, NONE = LABEL_CHOICES = ("all", "frequent", "none")
OTHER = "other"
UNLABELLED = ("all",)  # the names if there are no labels


def index_labels(
    shown: str,
    values: Sequence[Any] | np.ndarray | None,
    given: tuple[str, ...] | None,
    count: int,
    use: str = ALL,
) -> tuple[np.ndarray, tuple[str, ...], list[str]]:
    """Turn labels into indices and names.

    Args:
        shown: name of the file, for error messages.
        values: one label per image, numbers or text, or one-hot rows (n, labels); None gives all
            images the label `all`.
        given: the names that numbers index, if the file has them.
        count: number of images.
        use: `all` of them, the 99 most `frequent` and one for all others, or `none`.

    Returns:
        Indices (n,) uint8, the names, and sentences on how the labels were read.

    Raises:
        RefusedError: the labels don't fit the images or the names, or there are too many.
    """
    if values is None:
        return np.zeros(count, np.uint8), UNLABELLED, ["The file has no labels."]
    if use == NONE:
        return np.zeros(count, np.uint8), UNLABELLED, ["The labels were left out, as asked."]
    if len(values) != count:
        raise RefusedError(
            f"{shown} has {count:,} images and {len(values):,} labels: one label per image is "
            "needed."
        )
    array, notes = _one_per_image(shown, np.asarray(values))
    distinct, labels = np.unique(array, return_inverse=True)
    unlabelled = array.dtype.kind == "i" and distinct[0] == -1 and 0 in distinct
    if unlabelled:
        notes.append(
            f"The label -1 (images: {np.count_nonzero(labels == 0):,}) often means that an image "
            "has no label: it was kept as a label of its own."
        )
    if array.dtype.kind == "U" and given is not None and {*distinct.tolist()} <= {*given}:
        given = None  # the labels are the names
    if given is not None:
        lowest = -1 if unlabelled else 0
        if array.dtype.kind == "U" or distinct[0] < lowest or distinct[-1] >= len(given):
            raise RefusedError(
                f"{shown}: with {len(given)} label_names the labels must be whole numbers from 0 "
                f"to {len(given) - 1}."
            )
        distinct = np.array([*given, str(lowest)])[distinct.astype(np.int64)]
    elif array.dtype.kind == "U":
        distinct, labels = _in_order(distinct, labels)
    texts = [str(value) for value in distinct]
    if len(distinct) > MOST_LABELS:
        if use != FREQUENT:
            raise RefusedError(
                f"{shown} has {len(distinct):,} different labels: at most {MOST_LABELS} are "
                f"accepted. Leave the labels out, or keep the {MOST_LABELS - 1} most frequent; on "
                f"the command line: --labels {NONE} or --labels {FREQUENT}."
            )
        labels, texts = _frequent(labels, texts)
        notes.append(
            f"The {MOST_LABELS - 1} most frequent of {len(distinct):,} labels were kept, and the "
            f"others joined as {OTHER!r}."
        )
    names = _distinct_names(shown, texts)
    notes += _what_changed(texts, names, np.bincount(labels, minlength=len(names)))
    return labels.astype(np.uint8), names, notes


def _distinct_names(shown: str, texts: list[str]) -> tuple[str, ...]:
    """Return the names of labels without what can't be shown.

    Raises:
        RefusedError: two of them read or look the same.
    """
    names = tuple(sandbox.clean_label(text) for text in texts)
    if len(set(names)) != len(names):
        twice = Counter(names).most_common(1)[0][0]
        cut = len(twice) == sandbox.LABEL_LENGTH
        raise RefusedError(
            f"{shown} has two labels that both read {sandbox.display_name(twice)!r}"
            f"{f', after a cut to {sandbox.LABEL_LENGTH} characters' if cut else ''}: rename one."
        )
    seen = Counter(normalize_text(name) or name for name in names)
    if len(seen) != len(names):
        raise RefusedError(
            f"{shown} has two labels that look the same, {seen.most_common(1)[0][0]!r}: one of "
            "them holds characters that can't be seen. Remove them."
        )
    return names


def _what_changed(texts: list[str], names: tuple[str, ...], counts: np.ndarray) -> list[str]:
    """Return sentences on the names that are not what the file holds, apart from blanks.

    Args:
        counts: images of each label.
    """
    notes = []
    for text, name, count in zip(texts, names, counts, strict=True):
        if name == sandbox.INVISIBLE != text.strip():
            what = "holds nothing that can be seen" if text.strip() else "is empty"
            notes.append(f"A label (images: {count:,}) {what}: it is named {name}.")
        elif len(text.strip()) > len(name) == sandbox.LABEL_LENGTH:
            notes.append(
                f"The label {sandbox.display_name(name)} was cut to {sandbox.LABEL_LENGTH} "
                "characters."
            )
        elif unicodedata.normalize("NFC", "".join(text.split())) != "".join(name.split()):
            notes.append(
                f"Control characters were left out of the label {sandbox.display_name(name)}."
            )
    more = [f"{len(notes) - 4:,} more labels were changed in such a way."] if len(notes) > 5 else []
    return [*notes[:4], *more] if more else notes


def _one_per_image(shown: str, array: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return labels (n,), whole numbers or texts, and sentences on how they were read."""
    notes = []
    if array.ndim == 2 and array.shape[1] == 1:  # some libraries save labels as a column
        array = array[:, 0]
    if array.ndim == 2 and array.dtype.kind in "biuf":
        high = _highest_of_one_hot(array)
        if high is None:
            raise RefusedError(
                f"{shown} has {array.shape[1]} labels for each image: keep one label each, or one "
                "column per label with a single 1 in each row; or leave the labels out (on the "
                f"command line: --labels {NONE})."
            )
        notes.append(
            f"The labels were one-hot: of {array.shape[1]} columns, the one that holds {high:.3g} "
            "is the label."
        )
        array = array.argmax(axis=1)
    if array.ndim != 1:
        raise RefusedError(
            f"{shown} has labels of shape {array.shape}: one label per image is needed."
        )
    if array.dtype.kind == "S":
        array = _decoded(shown, array)
    if array.dtype.kind == "b" or (
        array.dtype.kind == "f"
        and (np.abs(array) < 2**53).all()
        and (array == np.rint(array)).all()
    ):
        array = array.astype(np.int64)
    if array.dtype.kind == "f":
        missing = ~(np.abs(array) < 2**53)  # also those that are too large to be told apart
        odd = missing if missing.any() else array != np.rint(array)
        first = int(odd.argmax())
        raise RefusedError(
            f"{shown} has labels that are neither whole numbers nor text: that of image "
            f"{first + 1:,} is {array[first]:.6g}. Correct them, or leave the labels out (on the "
            f"command line: --labels {NONE})."
        )
    if array.dtype.kind not in "iuU":
        raise RefusedError(
            f"{shown} has labels that are neither whole numbers nor text: convert them."
        )
    return array, notes


def _highest_of_one_hot(array: np.ndarray) -> float | None:
    """Return the number that marks the label in one-hot rows (n, labels); None if they are not.

    Rows hold a single 1 beside 0 or -1. Smoothed ones add up to 1 and have two values, of which the
    higher one is there once.
    """
    if not np.isfinite(array).all():
        return None
    numbers = array.astype(np.float64)
    low, high = float(numbers.min()), float(numbers.max())
    near = np.abs(numbers - high) < 1e-3
    if not ((near | (np.abs(numbers - low) < 1e-3)).all() and (near.sum(axis=1) == 1).all()):
        return None
    smoothed = 0 < low < high < 1 and np.allclose(numbers.sum(axis=1), 1, atol=1e-2)
    return high if (low, high) in ((0, 1), (-1, 1)) or smoothed else None


def _decoded(shown: str, array: np.ndarray) -> np.ndarray:
    """Decode labels that are bytes, (n,)."""
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        text = sandbox.display_name(error.object.decode("latin-1"))
        raise RefusedError(
            f"{shown} has a label of bytes that are not UTF-8 (as Latin-1: {text!r}): save the "
            "labels as text."
        ) from None


def _in_order(distinct: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put texts that are all whole numbers in the order of the numbers: 10 comes after 9."""
    with contextlib.suppress(ValueError, OverflowError):
        order = np.argsort(distinct.astype(np.int64), kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return distinct[order], place[labels]
    return distinct, labels


def _frequent(labels: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Keep the most frequent labels, in their order, and join the others."""
    counts = np.bincount(labels, minlength=len(names))
    kept = np.sort(np.argsort(-counts, kind="stable")[: MOST_LABELS - 1])
    place = np.full(len(names), len(kept))
    place[kept] = np.arange(len(kept))
    return place[labels], [*(names[i] for i in kept), OTHER]
