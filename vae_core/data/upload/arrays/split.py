"""Find an array that says of each image whether it is for training or held out."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.arrays.stored import Stored
from vae_core.data.upload.split_words import SPLIT_NAMES, TRAIN, part_of_word, words_of

MASK_WORDS = {"is", "mask", "flag", "flags", "idx", "index", "in"}  # beside train or test
# Beside train or test.
PLACE_WORDS = {"idx", "idxs", "index", "indexes", "indices", "inds", "ids", "rows"}
LONGEST = 200_000  # entries of an array that is looked at


def split_array(
    arrays: Mapping[str, Stored], unused: list[str], count: int
) -> tuple[list[str], np.ndarray, str] | None:
    """Return the keys of such arrays, which images are held out (n,) bool, and a sentence.

    It is one of texts (`split`: train, train, test ...); of bools (`is_test`); or of numbers
    (`set`: 1, 1, 3 ...) that count the texts of another one (`sets`: train, val, test). Or there
    is one of the places of the images of each part (`train_idx`, `test_idx`).

    Args:
        arrays: name -> array.
        unused: keys of the arrays that are neither images nor labels.
        count: number of images.
    """
    fitting = [key for key in unused if math.prod(arrays[key].shape) == count <= LONGEST]
    names = [key for key in unused if arrays[key].dtype.kind in "US" and key not in fitting]
    for key in fitting:
        words, kind = words_of(key), arrays[key].dtype.kind
        says_split = bool(words) and words[-1].removesuffix("s") in SPLIT_NAMES
        if says_split and kind in "US":
            values = _texts(arrays[key])
            found = _held_out(values)
            if found is not None:
                return [key], found, _sentence(key, values, found)
        if says_split and kind in "iu":
            numbers = arrays[key].whole().reshape(-1)
            for other in names:
                values = _counted(numbers, arrays[other])
                found = _held_out(values)
                if found is not None:
                    return [key, other], found, _sentence(key, values, found)
        parts = {part for word in words if (part := part_of_word(word))}
        rest = {word for word in words if not part_of_word(word)}
        if kind == "b" and len(parts) == 1 and rest <= MASK_WORDS:
            flags = arrays[key].whole().reshape(-1)
            found = ~flags if parts == {TRAIN} else flags
            if found.any() and not found.all():
                shown = sandbox.display_name(key)
                return [key], found, f"The array {shown} was used as the split."
    return _by_places(arrays, unused, count)


def _by_places(
    arrays: Mapping[str, Stored], unused: list[str], count: int
) -> tuple[list[str], np.ndarray, str] | None:
    """Find arrays that list the places of the images of each part, each image once.

    Places count from 0, or from 1 if they do so in all parts together.
    """
    parts: dict[str, tuple[str, np.ndarray]] = {}
    for key in unused:
        words, array = words_of(key), arrays[key]
        found = {part for word in words if (part := part_of_word(word))}
        rest = {word for word in words if not part_of_word(word)}
        if len(found) != 1 or not rest or not rest <= PLACE_WORDS:
            continue
        if array.dtype.kind not in "iu" or math.prod(array.shape) > LONGEST:
            continue
        if (part := found.pop()) in parts:
            return None
        parts[part] = (key, array.whole().reshape(-1).astype(np.int64))
    if TRAIN not in parts or len(parts) < 2:
        return None
    places = np.sort(np.concatenate([one for _, one in parts.values()]))
    if len(places) != count or places[0] not in (0, 1) or (np.diff(places) != 1).any():
        return None
    held_out = np.ones(count, bool)
    held_out[parts[TRAIN][1] - places[0]] = False
    keys = [key for key, _ in parts.values()]
    shown = " and ".join(map(sandbox.display_name, keys))
    return keys, held_out, f"The arrays {shown} were used as the split."


def _texts(array: Stored) -> np.ndarray:
    if math.prod(array.shape) > LONGEST:
        return np.array([], str)
    values = array.whole().reshape(-1)
    return np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values


def _counted(numbers: np.ndarray, names: Stored) -> np.ndarray:
    """Return the texts that numbers count from 0 or from 1, if it is certain which."""
    values = _texts(names)
    first = 1 if numbers.max() == len(values) else 0
    fits = numbers.min() >= first and numbers.max() - first < len(values)
    certain = first == 1 or numbers.min() == 0
    return values[numbers - first] if fits and certain else np.array([], str)


def _held_out(values: np.ndarray) -> np.ndarray | None:
    """Return which of some texts are not `train`; None if one is no part of a split."""
    parts = {value: part_of_word(value.strip().lower()) for value in np.unique(values).tolist()}
    if None in parts.values() or len(parts) < 2 or TRAIN not in parts.values():
        return None
    return np.array([parts[value] != TRAIN for value in values.tolist()])


def _sentence(key: str, values: np.ndarray, held_out: np.ndarray) -> str:
    train = sorted({value.strip() for value in values[~held_out].tolist()})
    rest = sorted({value.strip() for value in values[held_out].tolist()})
    return (
        f"The array {sandbox.display_name(key)} was used as the split: {' and '.join(train)} for "
        f"training, {' and '.join(rest)} held out."
    )
