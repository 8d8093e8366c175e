"""Decide the labels and the split of pictures from their folders and the tables beside them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.hidden_files import is_hidden
from vae_core.data.upload.limits import FEWEST_HELD_OUT, FEWEST_IMAGES
from vae_core.data.upload.pictures.folder_labels import one_folder_note, read_folders
from vae_core.data.upload.pictures.folder_split import parts_without_labels, read_split
from vae_core.data.upload.pictures.masks import find_masks
from vae_core.data.upload.pictures.name_labels import labels_of_names
from vae_core.data.upload.pictures.picture_names import Parts
from vae_core.data.upload.pictures.table_labels import (
    TableLabels,
    check_missing,
    read_tables,
    used_tables,
)
from vae_core.data.upload.wording import counted, some_names


@dataclass
class Found:
    """What folders and tables say of the pictures.

    Attributes:
        labels: one per picture; None without labels.
        by_folder: whether the labels are names of folders.
        held_out: (n,) bool; None without a split.
        left_out: (n,) bool, pictures that are not used.
        seen: the tables that the notes name, and those that were used.
        notes: sentences that say what was recognised.
    """

    labels: list[str] | None
    by_folder: bool
    held_out: np.ndarray | None
    left_out: np.ndarray
    seen: set[Parts]
    notes: list[str]


def find_labels(
    shown: str,
    paths: list[Parts],
    contents: Sequence[tuple[Parts, bytes]],
    all_folders: Sequence[Parts],
    pages: np.ndarray,
) -> Found:
    """Find the labels and the split of pictures.

    Args:
        shown: the name of the archive or folder, for error messages.
        paths: of the pictures.
        contents: path and content of the files that may be tables.
        all_folders: all folders, also those without files.
        pages: (n,) int, images in each file, more than one in some TIFF files.

    Raises:
        RefusedError: a table does not fit the pictures.
    """
    masks, notes = find_masks(paths)
    rows = np.flatnonzero(~masks)
    with_masks = {path[:i] for path in _at(paths, masks) for i in range(1, len(path))}
    others = [folder for folder in all_folders if folder not in with_masks]
    found = _find_labels(shown, _at(paths, ~masks), contents, others, pages[~masks])
    found.notes[:0] = notes
    if not masks.any():
        return found
    if found.labels is not None:
        by_row = dict(zip(rows.tolist(), found.labels, strict=True))
        found.labels = [by_row.get(row, "") for row in range(len(paths))]
    left_out, held_out = masks.copy(), np.zeros(len(paths), bool)
    left_out[rows] = found.left_out
    if found.held_out is not None:
        held_out[rows] = found.held_out
        found.held_out = held_out
    found.left_out = left_out
    return found


def _at(paths: list[Parts], chosen: np.ndarray) -> list[Parts]:
    return [path for path, one in zip(paths, chosen, strict=True) if one]


def _find_labels(
    shown: str,
    paths: list[Parts],
    contents: Sequence[tuple[Parts, bytes]],
    all_folders: Sequence[Parts],
    pages: np.ndarray,
) -> Found:
    """Do what `find_labels` does, for pictures without masks."""
    folders = read_folders(paths, pages)
    in_folders = folders.labels is not None and len({*folders.labels}) > 1
    tables = read_tables(shown, contents, paths, in_folders)
    if tables.labels is None:
        found = Found(
            folders.labels, True, folders.held_out, folders.left_out, tables.seen, folders.notes
        )
        found.notes += _empty_classes(found, paths, all_folders)
    else:
        found = _from_tables(shown, tables, paths, pages, in_folders)
    if len({*(found.labels or [])} - {""}) < 2:
        _use_names(found, paths)
    if tables.held_out is not None:
        _use_split(found, tables, paths, pages)
    found.notes += _unlike_classes(found)
    found.notes[:0] = tables.notes
    return found


def _use_names(found: Found, paths: list[Parts]) -> None:
    """Use the names of the pictures as labels, if they begin with those of classes."""
    rows = np.flatnonzero(~found.left_out)
    labels = labels_of_names([paths[row] for row in rows])
    if labels is None and found.held_out is not None:  # perhaps only the training images say it
        held_out = ~found.left_out & found.held_out
        rows = np.flatnonzero(~found.left_out & ~found.held_out)
        labels = labels_of_names([paths[row] for row in rows])
        if labels:
            found.left_out, found.held_out = found.left_out | held_out, None
            what = counted(held_out.sum(), "image was", "images were")
            found.notes = [f"{what} left out, because the names of held-out images say no class."]
    if labels is None:
        return
    found.notes = [note for note in found.notes if note not in one_folder_note(found.labels)]
    found.labels, found.by_folder = [""] * len(paths), False
    for row, label in zip(rows, labels, strict=True):
        found.labels[row] = label
    found.notes.append(
        f"The labels are the words at the start of the names: {some_names(sorted({*labels}))}."
    )


def _from_tables(
    shown: str, tables: TableLabels, paths: list[Parts], pages: np.ndarray, in_folders: bool
) -> Found:
    assert tables.labels is not None
    notes = used_tables(tables, in_folders)
    labelled = np.array([label is not None for label in tables.labels])
    without = parts_without_labels(paths, labelled)
    labelled &= ~without
    where = "of their folder"
    held_out = np.array([part or False for part in tables.held_out or [False] * len(paths)])
    if held_out.any() and not labelled[held_out].any():
        without |= held_out
        where = f"that {tables.split} holds out"
    if without.any():
        what = counted(without.sum(), "image was", "images were")
        notes.append(f"{what} left out, because no image {where} has a label.")
    rest = np.flatnonzero(~without)
    notes += check_missing(
        shown, [tables.labels[row] for row in rest], [paths[row] for row in rest], tables.used
    )
    split, said = read_split(paths, pages, ~labelled)
    labels = [label or "" for label in tables.labels]
    return Found(labels, False, split, ~labelled, tables.seen, notes + said)


def _use_split(found: Found, tables: TableLabels, paths: list[Parts], pages: np.ndarray) -> None:
    """Use the split of the tables, if the folders have none."""
    assert tables.held_out is not None
    known = np.array([part is not None for part in tables.held_out])
    held_out = np.array([part or False for part in tables.held_out])
    used = ~found.left_out
    if found.held_out is not None:
        differ = int((used & known & (held_out != found.held_out)).sum())
        if differ:
            found.notes.append(
                f"The split in {tables.split} was not used: for {differ:,} images it says "
                "something else than the folders."
            )
        return
    unknown = np.flatnonzero(used & ~known)
    tested = int(pages[used & held_out].sum())
    trained = int(pages[used & known & ~held_out].sum())
    if not tested:
        return  # the held-out images have no labels, which is said
    if tested < FEWEST_HELD_OUT or trained < FEWEST_IMAGES - FEWEST_HELD_OUT:
        found.notes.append(
            f"The split in {tables.split} was not used: with {tested:,} held-out images and "
            f"{trained:,} others it is too small."
        )
        return
    if len(unknown):
        what = counted(len(unknown), "image was", "images were")
        first = sandbox.display_name(paths[unknown[0]][-1])
        found.notes.append(
            f"{what} left out, because {tables.split} doesn't say its part of the split: {first}."
        )
        found.left_out = found.left_out | ~known
    found.held_out = held_out
    found.notes.append(
        f"The split is that of {tables.split}: {tested:,} of {tested + trained:,} images are held "
        "out."
    )


def _empty_classes(found: Found, paths: list[Parts], all_folders: Sequence[Parts]) -> list[str]:
    """Return a note on folders beside the classes that hold no pictures."""
    labels = {*(found.labels or [])} - {""}
    parents = {path[:i] for path in paths for i in range(len(path) - 1) if path[i] in labels}
    filled = {path[: i + 1] for path in paths for i in range(len(path) - 1)}
    empty = {
        folder[-1]
        for folder in all_folders
        if folder and folder[:-1] in parents and folder not in filled
    }
    empty = {name for name in empty - labels if not is_hidden(name)}
    if not empty:
        return []
    what = "The folder {} holds" if len(empty) == 1 else "The folders {} hold"
    return [f"{what.format(some_names(sorted(empty)))} no image that can be read."]


def _unlike_classes(found: Found) -> list[str]:
    """Return notes on classes without training images, and on names that hardly differ."""
    used = [
        (label, row)
        for row, (label, out) in enumerate(zip(found.labels or [], found.left_out, strict=False))
        if not out
    ]
    labels = {label for label, _ in used}
    notes = []
    if found.held_out is not None:
        trained = {label for label, row in used if not found.held_out[row]}
        if only := sorted(labels - trained):
            verb = "is" if len(only) == 1 else "are"
            notes.append(f"{some_names(only)} {verb} only among the held-out images.")
    spelled: dict[str, list[str]] = {}
    for label in sorted(labels):
        seen = "".join(c for c in label.casefold() if unicodedata.category(c) != "Cf")
        spelled.setdefault(" ".join(seen.split()), []).append(label)
    if alike := [names for names in spelled.values() if len(names) > 1 and len(names[0]) > 1]:
        notes.append(
            f"{some_names(alike[0])} differ only in capital letters, blanks or invisible signs, "
            f"and were read as {len(alike[0])} labels."
        )
    return notes
