"""Decide the labels and the split of pictures from their folders and the tables beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vae_core import sandbox
from vae_core.data.upload import label_tables
from vae_core.data.upload.folder_labels import read_folders
from vae_core.data.upload.folder_split import parts_without_labels, read_split
from vae_core.data.upload.label_tables import TableLabels
from vae_core.data.upload.limits import FEWEST_HELD_OUT, FEWEST_IMAGES
from vae_core.data.upload.picture_names import Parts


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


def find_labels(shown: str, paths: list[Parts], contents: Sequence[tuple[Parts, bytes]]) -> Found:
    """Find the labels and the split of pictures.

    Args:
        shown: the name of the archive or folder, for error messages.
        paths: of the pictures.
        contents: path and content of the files that may be tables.

    Raises:
        RefusedError: a table does not fit the pictures.
    """
    folders = read_folders(paths)
    in_folders = folders.labels is not None and len({*folders.labels}) > 1
    tables = label_tables.read_tables(shown, contents, paths, in_folders)
    if tables.labels is None:
        found = Found(
            folders.labels, True, folders.held_out, folders.left_out, tables.seen, folders.notes
        )
    else:
        found = _from_tables(shown, tables, paths, in_folders)
    if tables.held_out is not None:
        _use_split(found, tables, paths)
    found.notes[:0] = tables.notes
    return found


def _from_tables(shown: str, tables: TableLabels, paths: list[Parts], in_folders: bool) -> Found:
    assert tables.labels is not None
    notes = label_tables.used_tables(tables, in_folders)
    labelled = np.array([label is not None for label in tables.labels])
    without = parts_without_labels(paths, labelled)
    where = "of their folder"
    held_out = np.array([part or False for part in tables.held_out or [False] * len(paths)])
    if held_out.any() and not labelled[held_out].any():
        without |= held_out
        where = f"that {tables.split} holds out"
    if without.any():
        what = "1 image was" if without.sum() == 1 else f"{without.sum():,} images were"
        notes.append(f"{what} left out, because no image {where} has a label.")
    rest = np.flatnonzero(~without)
    notes += label_tables.check_missing(
        shown, [tables.labels[row] for row in rest], [paths[row] for row in rest], tables.used
    )
    split, said = read_split(paths, ~labelled)
    labels = [label or "" for label in tables.labels]
    return Found(labels, False, split, ~labelled, tables.seen, notes + said)


def _use_split(found: Found, tables: TableLabels, paths: list[Parts]) -> None:
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
    tested, trained = int((used & held_out).sum()), int((used & known & ~held_out).sum())
    if not tested:
        return  # the held-out images have no labels, which is said
    if tested < FEWEST_HELD_OUT or trained < FEWEST_IMAGES - FEWEST_HELD_OUT:
        found.notes.append(
            f"The split in {tables.split} was not used: with {tested:,} held-out images and "
            f"{trained:,} others it is too small."
        )
        return
    if len(unknown):
        what = "1 image was" if len(unknown) == 1 else f"{len(unknown):,} images were"
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
