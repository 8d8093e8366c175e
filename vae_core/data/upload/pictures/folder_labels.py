"""Find the labels of pictures in the folders that they lie in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.limits import MOST_LABELS
from vae_core.data.upload.pictures.folder_split import (
    STRAY,
    Folders,
    Split,
    take_split,
    usable_split,
)
from vae_core.data.upload.pictures.picture_names import Parts
from vae_core.data.upload.split_words import is_filler
from vae_core.data.upload.wording import counted, some_names

# Folders that count up are persons or parts, and not classes, if another level does not count up.
# Folders with these names are classes even so.
CLASS_WORDS = {"class", "label", "category", "cat", "type", "grade", "stage", "level", "digit"}
MANY = 10  # images of a class; a folder with one image beside such classes is named


@dataclass(frozen=True)
class FolderLabels:
    """What the folders say of the pictures.

    Attributes:
        labels: one per picture; None if the folders are no classes.
        held_out: (n,) bool; None if there are no folders for training and testing.
        left_out: (n,) bool, pictures outside the folders of the classes.
        notes: sentences that say what was recognised.
    """

    labels: list[str] | None
    held_out: np.ndarray | None
    left_out: np.ndarray
    notes: list[str] = field(default_factory=list)


def read_folders(paths: Sequence[Parts], pages: np.ndarray) -> FolderLabels:
    """Find the labels and the split in the paths of pictures.

    Args:
        paths: of each picture.
        pages: (n,) int, images in each file.
    """
    folders = [path[:-1] for path in paths]
    one_folder = len({*folders}) == 1 and bool(folders[0])
    split = take_split(folders)
    if one_folder:
        labels: list[str] | None = [path[-1] for path in folders]
        left_out = np.zeros(len(paths), bool)
        notes = one_folder_note(labels)
    else:
        labels, left_out, notes = _classes(split, paths)
    if labels is not None and len(one := {*labels} - {""}) == 1 and all(map(is_filler, one)):
        labels, notes = None, [note for note in notes if note not in one_folder_note(labels)]
    held_out, said = usable_split(split.held_out, left_out, paths, pages)
    return FolderLabels(labels, held_out, left_out, notes + said)


def one_folder_note(labels: list[str] | None) -> list[str]:
    """Return a note on labels that are all the same."""
    one = {*(labels or [])} - {""}
    return (
        [f"All images have the label {some_names([*one])}, the name of their folder."]
        if len(one) == 1
        else []
    )


def _classes(
    split: Split, paths: Sequence[Parts]
) -> tuple[list[str] | None, np.ndarray, list[str]]:
    """Return the labels, which pictures are left out (n,), and notes."""
    beside = split.beside
    notes = []
    if beside.any():
        first_path = paths[int(np.flatnonzero(beside)[0])]
        what = counted(beside.sum(), "image was", "images were")
        notes.append(
            f"{what} left out, because a folder beside the parts of the split holds them: "
            f"{'/'.join(sandbox.display_name(part) for part in first_path[-3:])}."
        )
    folders = [() if out else path for path, out in zip(split.folders, beside, strict=True)]
    folders, outside, no_class = _strip_wrappers(folders, split.held_out, split.no_label | beside)
    if outside.all() or not any(folders):
        return None, beside, notes
    if (no_class & ~beside).any():
        first_path = paths[int(np.flatnonzero(no_class & ~beside)[0])]
        folder = "/".join(sandbox.display_name(part) for part in first_path[:-1][-3:])
        what = counted((no_class & ~beside).sum(), "image", "images")
        notes.append(f"No folder says the class of {what} in {folder}: left out.")
    strays = outside & ~no_class
    if strays.sum() > max(1, STRAY * len(folders)):
        said = (
            f"{strays.sum():,} of {len(folders):,} images lie outside the folders, so the folders "
            "are not labels: put every image into the folder of its class."
        )
        return None, beside, [said]
    inside = [path for path, out in zip(folders, outside, strict=True) if not out]
    level = _class_level(inside)
    strays |= ~no_class & np.array([len(path) <= level for path in folders])
    if strays.any():
        first = sandbox.display_name(paths[int(np.flatnonzero(strays)[0])][-1])
        notes.append(
            f"1 image was left out, because it lies outside the folders: {first}."
            if strays.sum() == 1
            else f"{strays.sum():,} images were left out, because they lie outside the folders; "
            f"the first is {first}."
        )
    left_out = strays | no_class
    notes += _what_labels_are(inside, level)
    counts = Counter(path[level] for path in inside if len(path) > level)
    single = sorted(name for name, count in counts.items() if count == 1)
    if single and len(inside) >= MANY * len(counts):
        notes.append(f"The folder {sandbox.display_name(single[0])} holds 1 image: is it a class?")
    labels = ["" if out else path[level] for path, out in zip(folders, left_out, strict=True)]
    return labels, left_out, notes


def _strip_wrappers(
    folders: list[Folders], held_out: np.ndarray | None, no_label: np.ndarray
) -> tuple[list[Folders], np.ndarray, np.ndarray]:
    """Remove folders that all pictures share, at the start or the end of their paths.

    Args:
        folders: of each picture.
        held_out: (n,) bool, the split, if there is one.
        no_label: (n,) bool, pictures in folders for pictures without labels.

    Returns:
        The other folders; which pictures lie outside of them (n,); and which of these are a whole
        part of the split (n,), such as a test set without labels.
    """
    no_class = no_label.copy()
    while True:
        empty = np.array([not path for path in folders])
        for part in () if held_out is None else (held_out, ~held_out):
            if empty[part & ~no_label].all() and not empty[~part].all():
                no_class |= part
        outside = empty | no_class
        inside = [path for path, out in zip(folders, outside, strict=True) if not out]
        if not inside or (outside & ~no_class).sum() > max(1, STRAY * len(folders)):
            return folders, outside, no_class
        for end, cut in ((0, slice(1, None)), (-1, slice(None, -1))):
            if len({path[end] for path in inside}) == 1 and any(len(path) > 1 for path in inside):
                folders = [path[cut] for path in folders]
                break
        else:
            return folders, outside, no_class


def _class_level(folders: list[Folders]) -> int:
    """Return the level of folders that are the classes.

    A level must have a folder for almost every picture. Levels whose folders count up come last.
    Of the others the outermost one is chosen, unless a deeper one has less than half of its
    folders. If the depths differ, such as in yes, no and all/yes, it may be the last one, -1.
    """
    levels = []
    for level in range(max(map(len, folders))):
        names = [path[level] for path in folders if len(path) > level]
        count = len({*names})
        if level and (len(names) < (1 - STRAY) * len(folders) or count == 1):
            continue
        levels.append((count > MOST_LABELS, _numbering({*names}), count, level))
    best = levels[0]
    for other in levels[1:]:
        if other[:2] < best[:2] or (other[:2] == best[:2] and 2 * other[2] < best[2]):
            best = other
    if len({*map(len, folders)}) > 1 and len({path[-1] for path in folders}) < best[2]:
        return -1
    return best[3]


def _numbering(names: set[str]) -> int:
    """Return how much names look like numbers of persons or parts, and not like classes.

    0: words, or numbers such as digits. 1: numbers such as 0017, or dates. 2: a word and a number,
    such as patient0 and patient1.
    """
    if all(re.fullmatch(r"\d+[\W_]+[\d\W_]*\d", name) for name in names):  # dates
        return 1
    if all(name.isdecimal() for name in names):
        return int(any(len(name) > 2 or (len(name) == 2 and name[0] == "0") for name in names))
    matches = [
        re.fullmatch(r"(.*?[^\W\d_])[\W_]*(?:\d+(?:[._-]\d+)*|[\W_][a-z])", n.casefold())
        for n in names
    ]
    stems = {match[1] if match else None for match in matches}
    return 2 * (len(stems) == 1 and None not in stems and not stems & CLASS_WORDS)


def _what_labels_are(folders: list[Folders], level: int) -> list[str]:
    """Return a note if other levels of folders are not labels, or the labels may be no classes."""
    depth = max(map(len, folders))
    names = sorted({path[level] for path in folders if len(path) > level})
    if depth == 1:
        if _numbering({*names}):
            return [f"The labels are the names of the folders: {some_names(names)}."]
        return []
    others = sorted(
        {part for path in folders for i, part in enumerate(path) if i != level % len(path)}
    )
    where = (
        "deepest"
        if level in (-1, depth - 1)
        else ("outermost", "second", "third", "fourth")[min(level, 3)]
    )
    labels, rest = some_names(names), some_names(others)
    return [f"The labels are the {where} level of folders ({labels}), not {rest}."]
