"""Find the labels of pictures in their own names, such as cat.0.jpg and dog.12.jpg."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from vae_core.data.upload.limits import MOST_LABELS
from vae_core.data.upload.pictures.picture_names import Parts
from vae_core.data.upload.split_words import FILLERS, part_of_word, words_of

FEWEST_EACH = 2  # pictures of a class
FEWEST_ON_AVERAGE = 5
# Words that cameras and programs begin names with.
NO_CLASSES = FILLERS | {
    *("dsc", "dscn", "dscf", "imag", "pic", "pics", "photo", "photos", "foto", "bild", "scan"),
    *("screenshot", "frame", "frames", "page", "fig", "figure", "untitled", "unnamed", "download"),
    *("new", "copy", "crop", "cropped", "patch", "tile", "slice", "id", "no", "nr", "p", "mvi"),
}
_NUMBERED = re.compile(r"(.*?[^\W\d_]\d*)[\s._(#-]+\d+\)?|(.*[^\W\d_])\d+\)?")


def labels_of_names(paths: Sequence[Parts]) -> list[str] | None:
    """Return the words before the numbers in names of pictures; None if they are no classes."""
    matches = [_NUMBERED.fullmatch(path[-1].rpartition(".")[0] or path[-1]) for path in paths]
    labels = [match[1] or match[2] for match in matches if match]
    counts = Counter(labels)
    if (
        len(labels) < len(paths)
        or not 2 <= len(counts) <= MOST_LABELS
        or min(counts.values()) < FEWEST_EACH
        or len(labels) < FEWEST_ON_AVERAGE * len(counts)
        or any(map(_is_no_class, counts))
    ):
        return None
    return labels


def _is_no_class(name: str) -> bool:
    words = [word for word in words_of(name) if not word.isdecimal()]
    return all(word in NO_CLASSES or part_of_word(word) for word in words)
