"""The words for the parts of a split, such as train and test, in names of any kind.

Names of arrays, files and folders, and the fields of a column hold them, alone (`Testing`), with
words that add nothing (`test_set`, `valImages`, `train2017`) or with others (`seg_train`).
"""

from __future__ import annotations

import re
import unicodedata

TRAIN, VALIDATION, TEST = "train", "validation", "test"
# In English, and in Spanish, French, Portuguese, Italian and German where the words differ.
PARTS = {
    TRAIN: (
        *("train", "training", "tr", "trn", "trainval", "entrenamiento", "entrainement"),
        *("apprentissage", "treino", "treinamento", "addestramento"),
    ),
    VALIDATION: (
        *("val", "valid", "validation", "dev", "devel", "development", "validacion"),
        *("validacao", "validazione", "validierung"),
    ),
    TEST: (
        *("test", "testing", "te", "tst", "t10k", "heldout", "holdout", "eval", "evaluation"),
        *("evaluate", "prueba", "teste"),
    ),
}
WORDS = {word: part for part, words in PARTS.items() for word in words}
# Words beside the one of the part that add nothing.
FILLERS = {
    *("set", "sets", "subset", "split", "part", "data", "dataset", "image", "images", "img"),
    *("imgs", "picture", "pictures", "sample", "samples", "file", "files", "public", "private"),
    *("jpeg", "jpg", "png"),
}
# Names of columns, and words at the end of names of arrays, that say the part of each item.
SPLIT_NAMES = {"usage", "split", "set", "subset", "partition", "dataset", "fold", "phase"}
NO_PLURAL = {"trains"}  # a class of vehicles

_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HELD_OUT = re.compile(r"(?<![^\W\d_])h(el|ol)d[\W_]?out(?![^\W\d_])", re.IGNORECASE)
_BETWEEN = re.compile(rf"[\W_]+|{_CAMEL_CASE.pattern}")
_WORD = re.compile(r"(?<![^\W_])t10k|[^\W\d_]+|\d+", re.IGNORECASE)


def part_of_word(word: str) -> str | None:
    """Return the part that one word in small letters means; None if it means none."""
    if word not in WORDS and len(word) > 4 and word not in NO_PLURAL:
        word = word.removesuffix("s")
    return WORDS.get(word)


def words_of(name: str) -> list[str]:
    """Split a name into words in small letters and numbers: `TestSet_2` gives test, set and 2.

    A word of a part and one that adds nothing are two words, even if they are written as one.
    """
    name = unicodedata.normalize("NFKD", _CAMEL_CASE.sub(" ", name))
    name = _HELD_OUT.sub(" heldout ", "".join(c for c in name if not unicodedata.combining(c)))
    return [part for word in _WORD.findall(name) for part in _unjoined(word.casefold())]


def _unjoined(word: str) -> list[str]:
    for i in range(2, len(word) - 1):
        one, other = word[:i], word[i:]
        if (part_of_word(one) and other in FILLERS) or (one in FILLERS and part_of_word(other)):
            return [one, other]
    return [word]


def part_of(name: str) -> tuple[str | None, list[str]]:
    """Return the part that a name means, and its other words without numbers and fillers.

    The part is None if the name holds no word of a part, or several.
    """
    words = words_of(name)
    found = [part for word in words if (part := part_of_word(word))]
    rest = [
        word
        for word in words
        if not (word.isdecimal() or word in FILLERS or (len(found) == 1 and part_of_word(word)))
    ]
    return (found[0] if len(found) == 1 else None), rest


def without_part(name: str) -> str:
    """Return a name without the word of a part at its start or end: `cat_train` gives cat."""
    gaps = [match.span() for match in _BETWEEN.finditer(name)]
    if gaps and part_of(name[: gaps[0][0]])[0]:
        return name[gaps[0][1] :]
    if gaps and part_of(name[gaps[-1][1] :])[0]:
        return name[: gaps[-1][0]]
    return name


def is_filler(name: str) -> bool:
    """Return whether a name only says that it holds images, or the images of a part."""
    words = [word for word in words_of(name) if not word.isdecimal()]
    return bool(words) and all(word in FILLERS or part_of_word(word) for word in words)
