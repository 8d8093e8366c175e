"""Find the split of pictures, such as train and test, in the folders that they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vae_core.data.upload.limits import FEWEST_HELD_OUT, FEWEST_IMAGES
from vae_core.data.upload.pictures.picture_names import Parts
from vae_core.data.upload.split_words import TEST, TRAIN, VALIDATION, part_of, without_part
from vae_core.data.upload.wording import some_names
from vae_core.sandbox import RefusedError

Folders = tuple[str, ...]  # the folders that a picture lies in, from the outermost one

SHORT = 2  # letters: beside other folders, tr and te may be languages
STRAY = 0.05  # share of pictures outside the folders that may be left out
HELD_OUT = {TEST, VALIDATION}
NOT_LABELLED = "not labelled"
# Words for parts that only folders have: SVHN's further training images, images with labels, and
# those to predict.
FOLDERS_ONLY = {
    **dict.fromkeys(("extra", "labeled", "labelled"), TRAIN),
    **dict.fromkeys(("pred", "prediction", "unlabeled", "unlabelled"), NOT_LABELLED),
}


def read_split(
    paths: Sequence[Parts], pages: np.ndarray, left_out: np.ndarray
) -> tuple[np.ndarray | None, list[str]]:
    """Find only the split, for pictures whose labels are known.

    Args:
        paths: of each picture.
        pages: (n,) int, images in each file.
        left_out: (n,) bool, pictures that won't be used.

    Returns:
        Which pictures are held out (n,), None without a split; and notes.
    """
    split = take_split([path[:-1] for path in paths])
    return usable_split(split.held_out, left_out, paths, pages)


def parts_without_labels(paths: Sequence[Parts], labelled: np.ndarray) -> np.ndarray:
    """Return which pictures lie in a part of the split where no picture has a label (n,).

    Args:
        paths: of each picture.
        labelled: (n,) bool.
    """
    _, held_out, no_label, beside = take_split([path[:-1] for path in paths])
    without = (no_label & ~labelled) | beside
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


class Split(NamedTuple):
    """The split of pictures in their folders.

    Attributes:
        folders: of each picture, without those of the split.
        held_out: (n,) bool; None without a split.
        no_label: (n,) bool, pictures in a folder for pictures without labels.
        beside: (n,) bool, a few pictures in other folders beside those of the split.
    """

    folders: list[Folders]
    held_out: np.ndarray | None
    no_label: np.ndarray
    beside: np.ndarray


def take_split(folders: list[Folders]) -> Split:
    """Remove the folders of a split, such as train and test.

    They are a level where every folder's name holds the word of a part. The rest of the names is
    the same, such as in seg_train and seg_test, or is the class, such as in cat_train and cat_test.

    Raises:
        RefusedError: folders beside those of the split hold more than a few pictures.
    """
    held_out, no_label = None, np.zeros(len(folders), bool)
    beside = no_label.copy()
    level = 0
    while any(len(path) > level for path in folders):
        names = {path[level] for path in folders if len(path) > level}
        words = {name: _split_name(name) for name in names}
        found = {part for _, part in words.values()}
        is_split = bool(found & HELD_OUT) and TRAIN in found
        if None in found and is_split and held_out is None:
            others = {name for name, (_, part) in words.items() if part is None}
            if max(map(len, names - others)) <= SHORT:
                level += 1
                continue
            beside = np.array([len(path) > level and path[level] in others for path in folders])
            _check_beside(beside, others, names - others)
            words = {name: word for name, word in words.items() if name not in others}
            found.remove(None)
        rests = {rest for rest, _ in words.values()}
        covered = sum(len(path) > level for path in folders)
        if len(words) < 2 or None in found or covered < (1 - STRAY) * len(folders):
            level += 1
            continue
        is_new = is_split and held_out is None
        is_class = len(rests) > 1 or (is_new and _are_numbered_classes(words))
        if len(rests) > 1 and not (is_new and "" not in rests and len(rests) < len(words)):
            level += 1
            continue
        names_here = ["".join(path[level : level + 1]) for path in folders]
        part = [words.get(name, ("", None))[1] for name in names_here]
        if is_new:
            held_out = np.array([one in HELD_OUT for one in part])
            inside = [path for path, out in zip(folders, beside, strict=True) if not out]
            if len({path[:level] for path in inside}) == 1:
                folders = [path[level:] for path in folders]  # a wrapper is no class
                level = 0
        no_label |= np.array([one == NOT_LABELLED for one in part])
        classes = [(without_part(name),) if is_class and name else () for name in names_here]
        folders = [
            (*path[:level], *name, *path[level + 1 :])
            for path, name in zip(folders, classes, strict=True)
        ]
    return Split(folders, held_out, no_label, beside)


def _are_numbered_classes(words: dict[str, tuple[str, str | None]]) -> bool:
    """Return whether names such as train_0, train_1, test_0 and test_1 name classes by numbers."""
    numbers = [
        {without_part(name) for name, (_, part) in words.items() if (part == TRAIN) == is_training}
        for is_training in (True, False)
    ]
    return len(numbers[0] & numbers[1]) > 1


def _check_beside(beside: np.ndarray, others: set[str], parts: set[str]) -> None:
    """Refuse folders beside those of a split that hold more than a few pictures."""
    if beside.sum() > max(1, STRAY * len(beside)):
        raise RefusedError(
            f"The folders {some_names(sorted(parts))} are the parts of a split, but beside them "
            f"{beside.sum():,} of {len(beside):,} images lie in {some_names(sorted(others))}: put "
            "these into the parts, or take them out."
        )


def usable_split(
    held_out: np.ndarray | None, left_out: np.ndarray, paths: Sequence[Parts], pages: np.ndarray
) -> tuple[np.ndarray | None, list[str]]:
    """Return the split, or None if it is too small, and a note on it."""
    if held_out is None:
        return None, []
    tested = int(pages[held_out & ~left_out].sum())
    trained = int(pages[~held_out & ~left_out].sum())
    if not tested:
        return None, []
    parts = sorted({part for path in {path[:-1] for path in paths} for part in path})
    words = {part.casefold(): part for part in parts if _split_name(part)[1] in HELD_OUT}
    names = some_names(sorted(words.values()))
    if tested < FEWEST_HELD_OUT or trained < FEWEST_IMAGES - FEWEST_HELD_OUT:
        return None, [
            f"The folders' own split was not used: with {tested:,} held-out images in {names} and "
            f"{trained:,} others it is too small."
        ]
    return held_out, [f"The images in {names} are held out: {tested:,} of {tested + trained:,}."]
