"""All readers know the same words for the parts of a split."""

from __future__ import annotations

import pytest

from vae_core.data.upload.arrays.idx import part_of_file
from vae_core.data.upload.arrays.names import parts_of
from vae_core.data.upload.pictures.folder_split import take_split
from vae_core.data.upload.split_words import (
    FILLERS,
    TEST,
    TRAIN,
    VALIDATION,
    WORDS,
    is_filler,
    part_of,
    without_part,
    words_of,
)
from vae_core.data.upload.tables.column_values import is_held_out


def ways_to_write(word: str) -> list[str]:
    """Names that mean the same as a word."""
    more = [f"{word}_set", f"{word}-images", f"{word.title()} Data", f"{word}Set", f"set.{word}"]
    return [word, word.upper(), word.title(), *more, f"{word}_2017", f"{word}set"]


@pytest.mark.parametrize("word", WORDS)
def test_all_readers_know_a_word(word: str) -> None:
    part = WORDS[word]
    assert is_held_out(word) == (part != TRAIN)
    for name in ways_to_write(word):
        assert part_of(name) == (part, []), name
        assert is_held_out(name) == (part != TRAIN), name
        assert part_of_file(f"{name}/{name}-images-idx3-ubyte") == [part], name
        assert part_of_file(f"mnist/{name}/images.idx") == [part], name
        other = "test" if part == TRAIN else "train"
        split = take_split([(name, "cat"), (other, "cat")])
        assert split.folders == [("cat",), ("cat",)], name
        assert split.held_out is not None
        assert split.held_out.tolist() == [part != TRAIN, part == TRAIN], name
    for key in (f"x_{word}", f"{word}_images", f"{word.upper()}_X", f"X_{word.title()}", word):
        shapes = {key: (20, 8, 8)} | ({} if part == TRAIN else {"x_train": (20, 8, 8)})
        assert parts_of("a.npz", shapes, set(), set()).images[part] == key, key


@pytest.mark.parametrize(
    ("name", "part", "rest"),
    [
        ("seg_train", TRAIN, ["seg"]),
        ("PublicTest", TEST, []),
        ("held_out", TEST, []),
        ("Hold-Out images", TEST, []),
        ("held out", TEST, []),
        ("T10K", TEST, []),
        ("Validación", VALIDATION, []),
        ("entraînement", TRAIN, []),
        ("t10k-images-idx3-ubyte", TEST, ["idx", "ubyte"]),
        ("evalset", TEST, []),
        ("tests", TEST, []),
        ("test1", TEST, []),
        ("val2017", VALIDATION, []),
        ("devel_set", VALIDATION, []),
        ("XTrain", TRAIN, ["x"]),
        ("trains", None, ["trains"]),
        ("contest", None, ["contest"]),
        ("invalid", None, ["invalid"]),
        ("interval", None, ["interval"]),
        ("household out", None, ["household", "out"]),
        ("train_test", None, ["train", "test"]),
        ("cat10k", None, ["cat", "k"]),
        ("", None, []),
    ],
)
def test_a_name_means_a_part(name: str, part: str | None, rest: list[str]) -> None:
    assert part_of(name) == (part, rest)


def test_some_names_only_say_that_they_hold_images() -> None:
    names = {"images", "train", "JPEGImages", "Test Set 2", "data_2017"}
    assert all(map(is_filler, names))
    assert not any(map(is_filler, {"cat", "train_cat", "2017", "", "image of a cat"}))


def test_words_are_split() -> None:
    assert words_of("MyTestSet_2") == ["my", "test", "set", "2"]
    assert words_of("trainimages") == ["train", "images"]
    assert not FILLERS & {*WORDS}


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("cat_train", "cat"),
        ("Test-Golden Retriever", "Golden Retriever"),
        ("golden_retriever_val", "golden_retriever"),
        ("TrainCat", "Cat"),
        ("trainA", "A"),
        ("train", "train"),
        ("cat", "cat"),
    ],
)
def test_the_word_of_a_part_is_removed(name: str, rest: str) -> None:
    assert without_part(name) == rest
