"""Find the masks beside pictures, as sets for segmentation have them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from vae_core import sandbox
from vae_core.data.upload.pictures.picture_names import Parts
from vae_core.data.upload.split_words import is_filler, words_of
from vae_core.data.upload.wording import counted, some_names

MASKS = {
    *("mask", "masks", "segmentation", "segmentations", "annotation", "annotations", "gt"),
    *("groundtruth", "trimap", "trimaps", "label", "labels"),
}
BESIDE = {"class", "object", "instance", "semantic", "binary", "ground", "truth", "colour", "color"}
PAIRED = 0.9  # share of the files called masks that have a picture
_SUFFIX = re.compile(
    r"(.+?)[\W_]+(?:masks?|seg|segmentation|gt|groundtruth|labels?|annotation)", re.IGNORECASE
)


def find_masks(paths: Sequence[Parts]) -> tuple[np.ndarray, list[str]]:
    """Return which pictures are masks of others, (n,) bool, and notes.

    They lie in a folder such as masks, whose neighbours are called images or train; or their names
    are those of pictures with _mask at the end.
    """
    masks = np.zeros(len(paths), bool)
    folders: set[str] = set()
    for level in range(max(len(path) for path in paths) - 1):
        names = {path[level] for path in paths if len(path) > level + 1}
        found = {name for name in names if _is_mask(name)}
        if found and found < names and all(map(is_filler, names - found)):
            folders |= found
            masks |= np.array([len(path) > level + 1 and path[level] in found for path in paths])
    notes = []
    if folders:
        notes.append(f"{masks.sum():,} masks in {some_names(sorted(folders))} were left out.")
    places = [(path[:-1], path[-1].rpartition(".")[0] or path[-1]) for path in paths]
    pictures = {place for place, mask in zip(places, masks, strict=True) if not mask}
    named, paired = np.zeros(len(paths), bool), np.zeros(len(paths), bool)
    for row, (folder, stem) in enumerate(places):
        if not masks[row] and (match := _SUFFIX.fullmatch(stem)):
            named[row], paired[row] = True, (folder, match[1]) in pictures
    if paired.any() and paired.sum() >= PAIRED * named.sum():
        first = sandbox.display_name(paths[int(np.flatnonzero(paired)[0])][-1])
        what = counted(paired.sum(), "mask was", "masks were")
        notes.append(f"{what} left out, such as {first}.")
        masks |= paired
    return masks, notes


def _is_mask(name: str) -> bool:
    words = {*words_of(name)}
    named = bool(words & MASKS) or {"ground", "truth"} <= words
    return named and all(word in MASKS | BESIDE or is_filler(word) for word in words)
