"""Find the split of pictures, such as train and test, in the folders that they lie in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.limits import FEWEST_HELD_OUT, FEWEST_IMAGES
from vae_core.data.upload.split_words import TEST, TRAIN, VALIDATION, part_of
from vae_core.graphemes import shortened

Folders = tuple[str, ...]  # the folders that a picture lies in, from the outermost one
Path = tuple[str, ...]  # its folders and its file

STRAY = 0.05  # share of pictures outside the folders that may be left out
HELD_OUT = {TEST, VALIDATION}
NOT_LABELLED = "not labelled"
# Words for parts that only folders have: SVHN's further training images, and images to predict.
FOLDERS_ONLY = {
    "extra": TRAIN,
    **dict.fromkeys(("pred", "prediction", "unlabeled", "unlabelled"), NOT_LABELLED),
}
NAMED, LONGEST_NAME = 3, 24  # names in a list of a note, and characters of each


def read_split(paths: Sequence[Path], left_out: np.ndarray) -> tuple[np.ndarray | None, list[str]]:
    """Find only the split, for pictures whose labels are known.

    Args:
        paths: of each picture.
        left_out: (n,) bool, pictures that won't be used.

    Returns:
        Which pictures are held out (n,), None without a split; and notes.
    """
    _, held_out, _ = take_split([path[:-1] for path in paths])
    return usable_split(held_out, left_out, paths)


def parts_without_labels(paths: Sequence[Path], labelled: np.ndarray) -> np.ndarray:
    """Return which pictures lie in a part of the split where no picture has a label (n,).

    Args:
        paths: of each picture.
        labelled: (n,) bool.
    """
    _, held_out, no_label = take_split([path[:-1] for path in paths])
    without = no_label & ~labelled
    if held_out is not None and not labelled[held_out].any():
        without |= held_out
    return without


def _split_name(name: str) -> tuple[str, str | None]:
    """Return the rest of a folder's name, and the part of a split that the name means."""
    part, rest = part_of(name)
    only = [word for word in rest if word in FOLDERS_ONLY]
    if len(only) == 1 and part is None:
        part = FOLDERS_ONLY[only[0]]
        rest.remove(only[0])
    return " ".join(rest), part


def take_split(folders: list[Folders]) -> tuple[list[Folders], np.ndarray | None, np.ndarray]:
    """Remove the folders of a split, such as train and test.

    They are a level where every folder's name holds the word of a part, and the rest of the names
    is the same, such as in seg_train and seg_test.

    Returns:
        The other folders of each picture; which pictures are held out (n,), None without a split;
        and which lie in a folder for pictures without labels (n,).
    """
    held_out, no_label = None, np.zeros(len(folders), bool)
    level = 0
    while any(len(path) > level for path in folders):
        names = {path[level] for path in folders if len(path) > level}
        words = {name: _split_name(name) for name in names}
        found = {word for _, word in words.values()}
        covered = sum(len(path) > level for path in folders)
        if (
            len(names) == 1
            or None in found
            or len({rest for rest, _ in words.values()}) > 1
            or covered < (1 - STRAY) * len(folders)
        ):
            level += 1
            continue
        part = [words[path[level]][1] if len(path) > level else None for path in folders]
        if held_out is None and found & HELD_OUT and TRAIN in found:
            held_out = np.array([word in HELD_OUT for word in part])
        no_label |= np.array([word == NOT_LABELLED for word in part])
        folders = [(*path[:level], *path[level + 1 :]) for path in folders]
    return folders, held_out, no_label


def usable_split(
    held_out: np.ndarray | None, left_out: np.ndarray, paths: Sequence[Path]
) -> tuple[np.ndarray | None, list[str]]:
    """Return the split, or None if it is too small, and a note on it."""
    if held_out is None:
        return None, []
    used = held_out[~left_out]
    if not used.any():
        return None, []
    tested, trained = int(used.sum()), int((~used).sum())
    parts = sorted({part for path in {path[:-1] for path in paths} for part in path})
    words = {part.casefold(): part for part in parts if _split_name(part)[1] in HELD_OUT}
    names = some_names(sorted(words.values()))
    if tested < FEWEST_HELD_OUT or trained < FEWEST_IMAGES - FEWEST_HELD_OUT:
        return None, [
            f"The folders' own split was not used: with {tested:,} held-out images in {names} and "
            f"{trained:,} others it is too small."
        ]
    return held_out, [f"The images in {names} are held out: {tested:,} of {len(used):,}."]


def some_names(names: Sequence[str]) -> str:
    """Return the first names for a sentence, and how many more there are."""
    shown = [shortened(sandbox.display_name(name), LONGEST_NAME) for name in names[:NAMED]]
    if len(names) > NAMED:
        return f"{', '.join(shown)} and {len(names) - NAMED:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
