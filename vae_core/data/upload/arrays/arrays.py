"""Read images and labels from named arrays, whatever file they are in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from vae_core.data.upload.arrays.layout import Layout, layout_of
from vae_core.data.upload.arrays.names import NAMES, WHOLE, Parts, parts_of
from vae_core.data.upload.arrays.ranges import Range, check_ranges
from vae_core.data.upload.arrays.split import split_array
from vae_core.data.upload.arrays.stored import Stored
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import CHUNK_BYTES, LARGEST_IMAGE, LARGEST_SIDE
from vae_core.data.upload.split_words import TEST, TRAIN, VALIDATION
from vae_core.data.upload.wording import listed
from vae_core.sandbox import RefusedError, display_name

USUAL = ("x", "y", "x_train", "y_train", "x_test", "y_test")  # these names need no note
# NumPy's kinds: bool, integers and floats; texts and bytes; dates.
NUMBERS, TEXTS, DATES = "biuf", "US", "M"


def read_arrays(arrays: Mapping[str, Stored], images: Images, columns_first: bool = False) -> Raw:
    """Add the images among some arrays to `images`, and return their labels.

    Args:
        arrays: name -> array.
        images: collects the images.
        columns_first: whether the program that wrote the file counts pixels column by column; then
            a sentence says how flat rows were read.

    Raises:
        RefusedError: the arrays hold no images, or can be read in two ways.
    """
    shown = images.shown
    texts = {name for name, array in arrays.items() if array.dtype.kind in TEXTS}
    shapes = {name: array.shape for name, array in arrays.items()}
    label_like = {
        name
        for name, array in arrays.items()
        if array.dtype.kind in "biuUSM" and not _numbers_rows(array)
    }
    parts = parts_of(shown, shapes, texts, label_like)
    notes = _what_was_read(parts)
    layouts, layout_notes = _layouts(shown, arrays, parts)
    notes += layout_notes
    splits = list(layouts)
    images.expect(sum(layout.count for layout in layouts.values()))
    ranges = []
    for split in splits:
        name = parts.images[split]
        ranges.append((display_name(name), _add_images(arrays[name], layouts[split], images)))
    check_ranges(shown, ranges)
    flat = next((key for key in parts.images.values() if len(arrays[key].shape) == 2), "")
    if columns_first and flat:
        notes.append(
            f"The pixels of an image in {display_name(flat)} were read row by row. If the images "
            "lie on their side, they were saved column by column: transpose each, and save them "
            "again."
        )
    held_out, split_notes = _split(splits, layouts)
    notes += split_notes
    unused = parts.unused
    if splits == [WHOLE] and (split_by := split_array(arrays, unused, layouts[WHOLE].count)):
        used, held_out, note = split_by
        notes.append(note)
        unused = [key for key in unused if key not in used]
    if unused:
        left_out = [_unused(key, arrays[key]) for key in unused]
        notes.append(f"Left out: {listed(left_out, 5)}.")
    return Raw(
        _labels(
            shown,
            arrays,
            [(parts.labels[split], layouts[split].count) for split in splits if parts.labels],
        ),
        _names(shown, arrays[parts.names]) if parts.names and parts.labels else None,
        held_out,
        tuple(notes),
    )


def _layouts(
    shown: str, arrays: Mapping[str, Stored], parts: Parts
) -> tuple[dict[str, Layout], list[str]]:
    """Return the layout of the images of each part of the split, and sentences on them.

    Raises:
        RefusedError: they are no images, or those of two parts differ in shape.
    """
    layouts: dict[str, Layout] = {}
    notes = []
    axes = None
    for split in (split for split in (WHOLE, TRAIN, VALIDATION, TEST) if split in parts.images):
        name = parts.images[split]
        _check_kind(shown, name, arrays[name], NUMBERS, "numbers")
        labels = parts.labels.get(split)
        counts = _label_counts(arrays[labels].shape) if labels else ()
        layouts[split], note = layout_of(
            shown, display_name(name), arrays[name].shape, counts, arrays[name].whole, axes
        )
        axes = layouts[split].axes
        _check_size(shown, layouts[split])
        notes += [note] if note else []
    if len({layout.image_shape for layout in layouts.values()}) > 1:
        keys = " and ".join(display_name(parts.images[split]) for split in layouts)
        raise RefusedError(f"{shown}: the images of {keys} differ in shape: save them alike.")
    return layouts, notes


def _add_images(array: Stored, layout: Layout, images: Images) -> Range:
    """Add the images of an array to `images`, and return the range of their pixels."""
    found = Range(array.dtype)
    for chunk in _chunks(array, layout):
        some = layout.images(chunk)
        images.add(some)
        found.add(some)
    return found


def _numbers_rows(array: Stored) -> bool:
    """Whether an array counts up by one, as numbers of rows do, not labels."""
    if array.dtype.kind not in "iu" or not 2 < math.prod(array.shape) == max(array.shape) < 10**6:
        return False
    return bool((np.diff(array.whole().reshape(-1).astype(np.int64)) == 1).all())


def _what_was_read(parts: Parts) -> list[str]:
    """Return a sentence on which arrays were taken, unless they have the usual names."""
    if all(key in USUAL for key in (*parts.images.values(), *parts.labels.values())):
        return []
    roles = [
        f"{listed(list(map(display_name, keys)))} as {what}"
        for what, keys in (("images", parts.images.values()), ("labels", parts.labels.values()))
        if keys
    ]
    return [f"Arrays were read by their names: {', '.join(roles)}."]


def _unused(key: str, array: Stored) -> str:
    """Return a name for the list of what was left out, and why if its name says labels or names."""
    if not array.shape:
        return f"{display_name(key)} (a single value)"
    return f"{display_name(key)} (pickled objects)" if array.dtype.hasobject else display_name(key)


def _label_counts(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many labels there may be: MATLAB saves them as a row, and one-hot as columns."""
    long = [length for length in shape if length > 1]
    return (math.prod(shape),) if len(long) < 2 else tuple(long[:2])


def _check_kind(shown: str, name: str, array: Stored, kinds: str, needed: str) -> None:
    if array.dtype.hasobject:
        how = "y.astype(str) of labels" if kinds != NUMBERS else "numpy.stack(list(x)) of images"
        raise RefusedError(
            f"{shown}: {display_name(name)} holds pickled objects: save plain {needed} instead, "
            f"such as {how}."
        )
    if 0 in array.shape:
        raise RefusedError(f"{shown}: {display_name(name)} is empty: save it again.")
    if array.dtype.kind == "c":
        raise RefusedError(
            f"{shown}: {display_name(name)} holds complex numbers: save their real part, or their "
            "size with numpy.abs."
        )
    if array.dtype.kind not in kinds:
        raise RefusedError(
            f"{shown}: {display_name(name)} must hold {needed}, but holds "
            f"{array.dtype.name}: convert it."
        )


def _check_size(shown: str, layout: Layout) -> None:
    height, width = layout.image_shape[:2]
    if max(height, width) > LARGEST_SIDE or math.prod(layout.image_shape) > LARGEST_IMAGE:
        raise RefusedError(
            f"{shown}: images of {width}x{height} pixels are too large: make them smaller."
        )


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


def _labels(
    shown: str, arrays: Mapping[str, Stored], names: list[tuple[str, int]]
) -> np.ndarray | None:
    """Return the labels (n,) or (n, labels) of all splits; None if there are none.

    Args:
        names: key of the labels of a split, and its number of images.
    """
    if not names:
        return None
    read = []
    for name, count in names:
        array = arrays[name]
        _check_kind(shown, name, array, NUMBERS + TEXTS + DATES, "numbers or texts")
        if len([length for length in array.shape if length > 1]) > 2:
            raise RefusedError(
                f"{shown}: {display_name(name)} has the shape {array.shape}: one label per image "
                "is needed."
            )
        labels = array.whole()
        if 1 in labels.shape:
            labels = labels.reshape([length for length in labels.shape if length > 1] or [-1])
        if labels.ndim == 2 and len(labels) != count == labels.shape[1]:  # an image per column
            labels = labels.T
        dates = labels.dtype.kind in DATES
        read.append(np.datetime_as_string(labels, unit="auto") if dates else labels)
    keys = " and ".join(display_name(name) for name, _ in names)
    if len({array.dtype.kind in TEXTS for array in read}) > 1:
        raise RefusedError(f"{shown}: {keys} must both be numbers or both be texts.")
    if len({array.shape[1:] for array in read}) > 1:
        raise RefusedError(f"{shown}: {keys} have different numbers of columns: save them alike.")
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
            raise RefusedError(
                f"{shown}: the {NAMES} are not in UTF-8: save them as texts."
            ) from None
    return tuple(str(name).strip() for name in names)
