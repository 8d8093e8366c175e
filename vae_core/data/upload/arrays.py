"""Read images and labels from named arrays, whatever file they are in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.array_names import NAMES, WHOLE, Parts, parts_of
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.layout import Layout, layout_of
from vae_core.data.upload.limits import CHUNK_BYTES, LARGEST_IMAGE, LARGEST_SIDE
from vae_core.data.upload.split_words import TEST, TRAIN, VALIDATION
from vae_core.sandbox import RefusedError

USUAL = ("x", "y", "x_train", "y_train", "x_test", "y_test")  # these names need no note
NUMBERS, TEXTS = "biuf", "US"  # NumPy's kinds: bool, integers and floats; texts and bytes


@dataclass(frozen=True)
class Stored:
    """An array in a file, read when it is used.

    Attributes:
        shape, dtype: of the array.
        whole: reads all of it.
        chunks: reads some rows at a time, in order; None if it can only be read whole.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    whole: Callable[[], np.ndarray]
    chunks: Callable[[], Iterator[np.ndarray]] | None = None


def in_memory(array: np.ndarray) -> Stored:
    """Return an array that was already read."""
    return Stored(array.shape, array.dtype, lambda: array)


def read_arrays(arrays: Mapping[str, Stored], images: Images) -> Raw:
    """Add the images among some arrays to `images`, and return their labels.

    Args:
        arrays: name -> array.
        images: collects the images.

    Raises:
        RefusedError: the arrays hold no images, or can be read in two ways.
    """
    shown = images.shown
    texts = {name for name, array in arrays.items() if array.dtype.kind in TEXTS}
    shapes = {name: array.shape for name, array in arrays.items()}
    label_like = {name for name, array in arrays.items() if array.dtype.kind in "biuUS"}
    parts = parts_of(shown, shapes, texts, label_like)
    notes = _what_was_read(parts)
    splits = [split for split in (WHOLE, TRAIN, VALIDATION, TEST) if split in parts.images]
    layouts: dict[str, Layout] = {}
    axes = None
    for split in splits:
        name = parts.images[split]
        _check_kind(shown, name, arrays[name], NUMBERS, "numbers")
        labels = parts.labels.get(split)
        count = _label_count(arrays[labels].shape) if labels else None
        layouts[split], note = layout_of(
            shown, _shown(name), arrays[name].shape, count, arrays[name].whole, axes
        )
        axes = layouts[split].axes
        _check_size(shown, layouts[split])
        notes += [note] if note else []
    if len({layout.image_shape for layout in layouts.values()}) > 1:
        keys = " and ".join(_shown(parts.images[split]) for split in splits)
        raise RefusedError(f"{shown}: the images of {keys} differ in shape.")
    images.expect(sum(layout.count for layout in layouts.values()))
    for split in splits:
        for chunk in _chunks(arrays[parts.images[split]], layouts[split]):
            images.add(layouts[split].images(chunk))
    held_out, split_notes = _split(splits, layouts)
    notes += split_notes
    if parts.unused:
        some = ", ".join(_shown(key) for key in parts.unused[:5])
        more = f" and {len(parts.unused) - 5} more" if len(parts.unused) > 5 else ""
        notes.append(f"Left out: {some}{more}.")
    return Raw(
        _labels(shown, arrays, [parts.labels[split] for split in splits if parts.labels]),
        _names(shown, arrays[parts.names]) if parts.names and parts.labels else None,
        held_out,
        tuple(notes),
    )


def _what_was_read(parts: Parts) -> list[str]:
    """Return a sentence on which arrays were taken, unless they have the usual names."""
    if all(key in USUAL for key in (*parts.images.values(), *parts.labels.values())):
        return []
    listed = [
        f"{' and '.join(map(_shown, keys))} as {what}"
        for what, keys in (("images", parts.images.values()), ("labels", parts.labels.values()))
        if keys
    ]
    return [f"Arrays were read by their names: {', '.join(listed)}."]


def _shown(name: str) -> str:
    return sandbox.display_name(name)


def _label_count(shape: tuple[int, ...]) -> int:
    """Return the number of labels; MATLAB saves them as a row."""
    return math.prod(shape) if 1 in shape or len(shape) == 1 else shape[0]


def _check_kind(shown: str, name: str, array: Stored, kinds: str, needed: str) -> None:
    if array.dtype.hasobject:
        raise RefusedError(
            f"{shown}: {_shown(name)} holds pickled objects: save plain {needed} instead."
        )
    if 0 in array.shape:
        raise RefusedError(f"{shown}: {_shown(name)} is empty.")
    if array.dtype.kind not in kinds:
        raise RefusedError(f"{shown}: {_shown(name)} must hold {needed}, got {array.dtype.name}.")


def _check_size(shown: str, layout: Layout) -> None:
    height, width = layout.image_shape[:2]
    if max(height, width) > LARGEST_SIDE or math.prod(layout.image_shape) > LARGEST_IMAGE:
        raise RefusedError(f"{shown}: images of {width}x{height} pixels are too large.")


def _chunks(array: Stored, layout: Layout) -> Iterator[np.ndarray]:
    """Yield an array in parts along the axis that counts the images, in its own layout."""
    if array.chunks is not None and layout.first_counts:
        yield from array.chunks()
        return
    whole = array.whole()
    axis = layout.axes[0]
    step = max(1, CHUNK_BYTES // max(1, whole.nbytes // layout.count))
    for start in range(0, layout.count, step):
        yield whole.take(range(start, min(start + step, layout.count)), axis=axis)


def _split(splits: list[str], layouts: Mapping[str, Layout]) -> tuple[np.ndarray | None, list[str]]:
    """Return which images are held out, (n,) bool, and sentences on the split."""
    if splits in ([WHOLE], [TRAIN]):
        return None, []
    counts = {split: layouts[split].count for split in splits}
    notes = []
    if VALIDATION in splits:
        both = "validation and test" if TEST in splits else "validation"
        notes.append(f"The {both} images are held out.")
    return np.repeat([split != TRAIN for split in splits], list(counts.values())), notes


def _labels(shown: str, arrays: Mapping[str, Stored], names: list[str]) -> np.ndarray | None:
    """Return the labels (n,) or (n, labels) of all splits; None if there are none."""
    if not names:
        return None
    read = []
    for name in names:
        array = arrays[name]
        _check_kind(shown, name, array, NUMBERS + TEXTS, "numbers or texts")
        if len(array.shape) > 2:
            raise RefusedError(
                f"{shown}: {_shown(name)} has the shape {array.shape}: one label per image is "
                "needed."
            )
        labels = array.whole()
        read.append(labels.reshape(-1) if 1 in labels.shape else labels)
    if len({array.dtype.kind in TEXTS for array in read}) > 1:
        raise RefusedError(
            f"{shown}: {' and '.join(map(_shown, names))} must both be numbers or both be texts."
        )
    if len({array.shape[1:] for array in read}) > 1:
        raise RefusedError(f"{shown}: {' and '.join(map(_shown, names))} differ in their columns.")
    return np.concatenate(read)


def _names(shown: str, array: Stored) -> tuple[str, ...]:
    """Return the names that labels index."""
    if not 1 <= math.prod(array.shape) <= 10_000:
        raise RefusedError(f"{shown}: the {NAMES} must be at most 10,000 texts.")
    names = array.whole().reshape(-1)
    if names.dtype.kind == "S":
        try:
            names = np.char.decode(names, "utf-8")
        except UnicodeDecodeError:
            raise RefusedError(f"{shown}: the {NAMES} are not in UTF-8.") from None
    return tuple(str(name).strip() for name in names)
