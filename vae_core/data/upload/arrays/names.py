"""Tell from the names of arrays which are images, labels and names of labels, and their split."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from vae_core.data.upload.arrays.layout import can_be_images
from vae_core.data.upload.split_words import (
    FILLERS,
    TEST,
    TRAIN,
    VALIDATION,
    part_of_word,
    words_of,
)
from vae_core.sandbox import RefusedError, display_name

IMAGES, LABELS, NAMES = "images", "labels", "names of labels"
WHOLE = ""  # no part of a split
SPLITS = (TRAIN, VALIDATION, TEST)
ROLES = {
    IMAGES: (
        *("x", "image", "data", "img", "picture", "pixel", "feature", "input", "sample"),
        "dataset",
    ),
    LABELS: ("y", "label", "target", "class", "category", "categorie"),
}
# Words that stand for images and labels where no array has a name in `ROLES`.
RARE = {
    IMAGES: ("face", "fea", "pattern", "photo", "frame"),
    LABELS: ("gnd", "lbl", "truth"),
}
LABEL_NAMES = re.compile(
    r"(.+_)?((label|class|target|category)_?names?|(list_(of_)?)?(classes|categories)"
    r"|class_?labels?)|names?"
)


class Parts(NamedTuple):
    """The arrays of a file by what they hold.

    Attributes:
        images: split -> key of an array of images.
        labels: split -> key of the labels of these images.
        names: key of the names of labels; empty if there are none.
        unused: keys of all other arrays.
    """

    images: dict[str, str]
    labels: dict[str, str]
    names: str
    unused: list[str]


def parts_of(
    shown: str, shapes: Mapping[str, tuple[int, ...]], texts: set[str], label_like: set[str]
) -> Parts:
    """Tell what each array of a file holds.

    Args:
        shown: name of the file, for error messages.
        shapes: key of an array -> its shape.
        texts: keys of the arrays that hold texts.
        label_like: keys of the arrays that hold texts or whole numbers. If no name says which are
            the labels, the only one of these with an entry for each image is taken.

    Raises:
        RefusedError: no array holds images, two hold the same, or the split is not complete.
    """
    sorts: dict[tuple[str, str], list[str]] = {}
    arrays = any(len(shape) > 1 for shape in shapes.values())
    unused = [key for key, shape in shapes.items() if arrays and not shape]  # single values
    listed = {key: shape for key, shape in shapes.items() if key not in unused}
    rare = {
        role: () if any(s and s[1] == role for s in map(_sort_of, listed)) else words
        for role, words in RARE.items()
    }
    for key, shape in listed.items():
        sort = _sort_of(key, rare)
        holds_names = key in texts and LABEL_NAMES.fullmatch(_stem(key))
        if holds_names and not (sort and sort[1] == LABELS and _counts(shapes, shape, key)):
            sort = (WHOLE, NAMES)
        if sort is None:
            unused.append(key)
        else:
            sorts.setdefault(sort, []).append(key)
    for (_, role), keys in sorts.items():
        if role == IMAGES and len(keys) > 1:
            unfit = [key for key in keys if len(shapes[key]) < 2 or key in texts]
            unused += unfit
            keys[:] = [key for key in keys if key not in unfit] or unfit[:1]
            flat = [key for key in keys if _is_flat_copy(key, keys, shapes)]
            unused += flat
            keys[:] = [key for key in keys if key not in flat]
    for (split, role), keys in sorts.items():
        if len(keys) > 1:
            one, other = map(display_name, keys[:2])
            raise RefusedError(
                f"{shown} holds {role} twice{f' for {split}' if split else ''}, {one} and {other}: "
                "leave one of them out."
            )
    images = {split: keys[0] for (split, role), keys in sorts.items() if role == IMAGES}
    labels = {split: keys[0] for (split, role), keys in sorts.items() if role == LABELS}
    if not images:  # then one array must be the only one that can hold images
        images = {WHOLE: _only_images(shown, shapes, [key for key in unused if key not in texts])}
        unused.remove(images[WHOLE])
    if not labels and WHOLE in images:
        shape = shapes[images[WHOLE]]
        counts = [(n, *one) for n in {*shape[:1], *shape[-1:]} for one in ((), (1,))]
        fitting = [key for key in unused if shapes[key] in counts and key in label_like]
        if len(fitting) == 1:
            labels[WHOLE] = fitting[0]
            unused.remove(fitting[0])
    _check_split(shown, images, labels)
    names = next((keys[0] for (_, role), keys in sorts.items() if role == NAMES), "")
    if names and not labels:
        unused, names = [*unused, names], ""
    return Parts(images, labels, names, unused)


def _is_flat_copy(key: str, keys: list[str], shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether an array (n, h · w) may be another one (n, h, w) with flat rows."""
    shape = shapes[key]
    return len(shape) == 2 and any(
        shapes[other][:1] == shape[:1] and math.prod(shapes[other]) == math.prod(shape)
        for other in keys
        if other != key and len(shapes[other]) > 2
    )


def _stem(key: str) -> str:
    return display_name(key).lower().strip("_ ")


def _sort_of(key: str, rare: Mapping[str, tuple[str, ...]] | None = None) -> tuple[str, str] | None:
    """Return the split and the role of an array by its name; None if the name tells neither.

    Args:
        rare: role -> words that stand for it here, too.
    """
    names_of = {role: (*names, *(rare or {}).get(role, ())) for role, names in ROLES.items()}
    words = [part for word in words_of(key) for part in _unjoined(word)]
    singular = [word.removesuffix("s") if len(word) > 1 else word for word in words]
    roles = [role for role, names in names_of.items() if set(names) & {*words, *singular}]
    parts = {word: part_of_word(word) for word in words}
    splits = [split for split in SPLITS if split in parts.values()]
    if LABELS in roles and IMAGES in roles:  # such as image_labels
        roles = [LABELS]
    if not roles and splits and all(parts[word] or word in FILLERS for word in words):
        return splits[0], IMAGES  # such as train or train_set, beside train_labels
    if len(splits) > 1 or not roles:
        return None
    known = {
        *(name for names in names_of.values() for name in names),
        *("all", "array", "set", "fine", "raw", "id", "orig", "original"),
    }
    if any(
        word not in known and one not in known and not parts[word]
        for word, one in zip(words, singular, strict=True)
    ):
        return None  # such as image_mean
    return (splits or [WHOLE])[0], roles[0]


def _unjoined(word: str) -> list[str]:
    """Split names such as xtrain and trainimgs into their two words."""
    roles = {name for names in ROLES.values() for name in names}
    for i in range(1, len(word)):
        one, other = word[:i], word[i:]
        for split, role in ((one, other), (other, one)):
            if part_of_word(split) and {role, role.removesuffix("s")} & roles:
                return [one, other]
    return [word]


def _counts(shapes: Mapping[str, tuple[int, ...]], shape: tuple[int, ...], key: str) -> bool:
    """Whether an array has as many entries as another has along its first or last axis."""
    return any(
        len(other) > 1 and shape[:1] and shape[0] in (other[0], other[-1])
        for name, other in shapes.items()
        if name != key
    )


def _only_images(shown: str, shapes: Mapping[str, tuple[int, ...]], unused: list[str]) -> str:
    """Return the only array that can hold images.

    Args:
        unused: the arrays of numbers that have no role yet.
    """
    possible = [key for key in unused if len(shapes[key]) >= 2 and min(shapes[key][:2]) > 1]
    large = [key for key in possible if can_be_images(shapes[key])]
    like_one = {shapes[key][1:] for key in large}  # such as the few images of another part
    large += [key for key in possible if key not in large and shapes[key][1:] in like_one]
    if len(possible) == 1 or len(large) == 1:
        return (large or possible)[0]
    listed = (
        ", ".join(f"{display_name(key)} {shapes[key]}" for key in sorted(shapes)[:6]) or "nothing"
    )
    if possible:
        each = " If each holds one class, join them, and save labels y." if len(large) > 1 else ""
        raise RefusedError(
            f"{shown} holds several arrays that may be images: {listed}. Name the images x, or "
            f"x_train and x_test.{each}"
        )
    if shapes and all(len(shape) < 2 or min(shape) == 1 for shape in shapes.values()):
        raise RefusedError(
            f"{shown} holds {listed}: one value per item, such as labels, but no images. Save both "
            "in one file, as x and y."
        )
    raise RefusedError(
        f"{shown} must hold images named x, or x_train and x_test; it holds {listed}."
    )


def _check_split(shown: str, images: dict[str, str], labels: dict[str, str]) -> None:
    if WHOLE in images and len(images) > 1:
        others = ", ".join(display_name(key) for split, key in images.items() if split)
        raise RefusedError(
            f"{shown} holds both {display_name(images[WHOLE])} and {others}: keep the whole or the "
            "parts."
        )
    if WHOLE not in images and TRAIN not in images:
        held = ", ".join(map(display_name, images.values()))
        raise RefusedError(f"{shown} holds {held}, but no images to train on, such as x_train.")
    without = [images[split] for split in images if split not in labels]
    if labels and without:
        if WHOLE in labels and len(labels) == 1:
            raise RefusedError(
                f"{shown} holds {display_name(labels[WHOLE])} for images in {len(images)} parts: "
                "name the labels y_train and y_test."
            )
        raise RefusedError(
            f"{shown} has no labels for {', '.join(map(display_name, without))}: add them, or "
            "leave all labels out."
        )
    for split in labels:
        if split not in images:
            raise RefusedError(
                f"{shown} holds the labels {display_name(labels[split])} without their images: add "
                "the images, or leave these labels out."
            )
