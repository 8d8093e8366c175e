"""The names of pictures may begin with their classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.data.picture_sets import encoded, read_files
from tests.core.data.upload_files import IMAGES
from vae_core.data.upload.pictures.name_labels import labels_of_names

WORDS = ("cat", "dog")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("{word}.{i}.jpg", ("cat", "dog")),
        ("{word}_{i:03}.png", ("Abyssinian", "american_bulldog")),
        ("{word} ({i}).jpeg", ("Große Katze", "犬")),
        ("{word}{i}.bmp", ("c1-a", "c1-b")),
        ("{word}{i}", ("cat", "dog")),
        ("{word}__{i}.png", ("obj1", "obj2")),
    ],
)
def test_words_before_numbers_are_labels(name: str, words: tuple[str, str]) -> None:
    paths = [("all", name.format(word=words[i % 2], i=i)) for i in range(20)]
    assert labels_of_names(paths) == [words[i % 2] for i in range(20)]


@pytest.mark.parametrize(
    "names",
    [
        [f"{i}.png" for i in range(20)],
        [f"cat.{i}.png" for i in range(20)],
        [f"{('cat', 'dog')[i % 2]}.png" for i in range(20)],
        [f"{('IMG', 'DSC')[i % 2]}_{i}.png" for i in range(20)],
        [f"{('cat', 'image')[i % 2]}_{i}.png" for i in range(20)],
        [f"{('train', 'test')[i % 2]}_{i}.png" for i in range(20)],
        [f"{chr(97 + i // 2)}_{i}.png" for i in range(20)],
        [*(f"{('cat', 'dog')[i % 2]}.{i}.png" for i in range(20)), "other.png"],
        [*(f"{('cat', 'dog')[i % 2]}.{i}.png" for i in range(20)), "owl.1.png"],
    ],
)
def test_other_names_are_no_labels(names: list[str]) -> None:
    assert labels_of_names([(name,) for name in names]) is None


def test_held_out_images_without_labels_in_their_names_are_left_out(tmp_path: Path) -> None:
    files = {f"train/{WORDS[i % 2]}.{i:02}.png": encoded(IMAGES[i]) for i in range(20)}
    files |= {f"test1/{i}.png": encoded(IMAGES[20 + i]) for i in range(4)}
    found = read_files(tmp_path, files)
    by_image = {x.tobytes(): y for x, y in zip(found.x, found.labels or [], strict=True)}
    assert by_image == {IMAGES[i].tobytes(): WORDS[i % 2] for i in range(20)}
    assert found.held_out is None
    assert "4 images were left out, because the names of held-out images say no class." in (
        found.notes
    )


@pytest.mark.parametrize("folder", ["", "PetImages/", "train/"])
def test_labels_in_names_are_said(tmp_path: Path, folder: str) -> None:
    files = {f"{folder}{WORDS[i % 2]}.{i:02}.png": encoded(IMAGES[i]) for i in range(24)}
    found = read_files(tmp_path, files)
    by_image = {x.tobytes(): y for x, y in zip(found.x, found.labels or [], strict=True)}
    assert by_image == {IMAGES[i].tobytes(): WORDS[i % 2] for i in range(24)}
    assert found.notes == "The labels are the words at the start of the names: cat and dog."


def test_folders_count_more_than_names(tmp_path: Path) -> None:
    files = {f"{'ab'[i % 3 == 0]}/{WORDS[i % 2]}.{i}.png": encoded(IMAGES[i]) for i in range(24)}
    found = read_files(tmp_path, files)
    assert {*(found.labels or [])} == {"a", "b"}
    assert found.notes == ""
