"""Labels and splits come from the folders that pictures lie in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.picture_sets import encoded, read_files, zip_of_bytes
from tests.core.data.picture_sets import read as read_zip
from tests.core.data.upload_files import IMAGES
from vae_core.data.upload.pictures.folder_labels import FolderLabels, read_folders
from vae_core.sandbox import RefusedError


def read(*folders: tuple[str, int]) -> FolderLabels:
    """Read pictures that lie in these folders, so many in each."""
    paths = [
        (*(folder.split("/") if folder else ()), f"{i}.png")
        for folder, count in folders
        for i in range(count)
    ]
    return read_folders(paths, np.ones(len(paths), int))


def counts(found: FolderLabels) -> dict[str, int] | None:
    """Count the labels of the pictures that are kept."""
    if found.labels is None:
        return None
    kept = [x for x, out in zip(found.labels, found.left_out, strict=True) if not out]
    return dict(Counter(kept))


PATIENTS = [(f"{c}/patient{i}", 5) for i in range(4) for c in ("healthy", "ill")]
TWENTY = {"healthy": 20, "ill": 20}
CASES: dict[str, tuple[list[tuple[str, int]], dict[str, int] | None, int, str]] = {
    # folders and pictures in each, labels, held out, part of a note (empty: there is none)
    "no folder": ([("", 30)], None, 0, ""),
    "one folder": (
        [("cat", 30)],
        {"cat": 30},
        0,
        "All images have the label cat, the name of their folder.",
    ),
    "two folders": ([("cat", 10), ("dog", 12)], {"cat": 10, "dog": 12}, 0, ""),
    "a common root": ([("a/b/cat", 10), ("a/b/dog", 12)], {"cat": 10, "dog": 12}, 0, ""),
    "a common end": ([("cat/images", 10), ("dog/images", 12)], {"cat": 10, "dog": 12}, 0, ""),
    "train and test": (
        [("set/train/cat", 20), ("set/train/dog", 20), ("set/test/cat", 6), ("set/test/dog", 4)],
        {"cat": 26, "dog": 24},
        10,
        "The images in test are held out: 10 of 50.",
    ),
    "validation is held out, too": (
        [("Train/cat", 20), ("Train/dog", 20), ("Val/cat", 5), ("Test/dog", 5)],
        {"cat": 25, "dog": 25},
        10,
        "The images in Test and Val are held out",
    ),
    "the split is below the classes": (
        [("cat/train", 20), ("cat/valid", 5), ("dog/train", 20), ("dog/valid", 5)],
        {"cat": 25, "dog": 25},
        10,
        "in valid are",
    ),
    "longer names of a split": (
        [("seg_train/seg_train/sea", 20), ("seg_test/seg_test/sea", 5), ("seg_pred/seg_pred", 7)],
        {"sea": 25},
        5,
        "No folder says the class of 7 images in seg_pred/seg_pred: left out.",
    ),
    "years in the names of a split": ([("train2017", 30), ("val2017", 6)], None, 6, "val2017"),
    "a test set without classes": (
        [("train/cat", 20), ("train/dog", 20), ("test", 15)],
        {"cat": 20, "dog": 20},
        0,
        "class of 15 images in test: left out",
    ),
    "a test set that is too small": (
        [("train/cat", 20), ("test/cat", 3)],
        {"cat": 23},
        0,
        "own split was not used: with 3 held-out images in test and 20 others it is too small.",
    ),
    "a class without training images": (
        [("train/cat", 20), ("train/dog", 20), ("test/cat", 5), ("test/owl", 5)],
        {"cat": 25, "dog": 20, "owl": 5},
        10,
        "The images in test are held out: 10 of 50.",
    ),
    "parts of the split in the names of classes": (
        [("Cat_train", 20), ("Cat_test", 5), ("train dog", 20), ("ValOwl", 5), ("TrainOwl", 5)],
        {"Cat": 25, "dog": 20, "Owl": 10},
        10,
        "The images in Cat_test and ValOwl are held out: 10 of 55.",
    ),
    "numbers of classes beside the parts": (
        [*((f"train_{c}", 9) for c in range(3)), *((f"test_{c}", 4) for c in range(3))],
        {"0": 13, "1": 13, "2": 13},
        12,
        "The images in test_0, test_1 and test_2 are held out: 12 of 39.",
    ),
    "numbers of parts": (
        [("train_1", 20), ("train_2", 20), ("test_1", 9)],
        None,
        9,
        "The images in test_1 are held out: 9 of 49.",
    ),
    "versions above classes": (
        [(f"v1.{v}/{c}", 8) for v in (0, 1) for c in ("ant", "bee")],
        {"ant": 16, "bee": 16},
        0,
        "The labels are the deepest level of folders (ant and bee), not v1.0 and v1.1.",
    ),
    "words of a split in the names of two classes": (
        [("train_station", 20), ("test_tube", 20)],
        {"train_station": 20, "test_tube": 20},
        0,
        "",
    ),
    "a folder beside train and test": (
        [("a/train/cat", 20), ("a/train/dog", 20), ("a/test/cat", 5), ("a/samples/dog", 2)],
        {"cat": 25, "dog": 20},
        5,
        "2 images were left out, because a folder beside the parts of the split holds them: "
        "samples/dog/0.png.",
    ),
    "a folder beside train and test without classes": (
        [("train", 40), ("test", 10), ("samples", 2)],
        None,
        10,
        "2 images were left out",
    ),
    "a folder above train and test is no class": (
        [("ds/train", 20), ("ds/test", 6)],
        None,
        6,
        "The images in test are held out: 6 of 26.",
    ),
    "one folder that is no class": ([("ds/train", 30)], None, 0, ""),
    "one folder of images": ([("ds/train images", 30)], None, 0, ""),
    "folders of dates": (
        [("2024-01-03", 20), ("2024-01-04", 20)],
        {"2024-01-03": 20, "2024-01-04": 20},
        0,
        "The labels are the names of the folders: 2024-01-03 and 2024-01-04.",
    ),
    "dates above classes": (
        [(f"2024-0{m}/{c}", 5) for m in (1, 2, 3) for c in ("cat", "dog")],
        {"cat": 15, "dog": 15},
        0,
        "The labels are the deepest level of folders (cat and dog), not 2024-01, 2024-02 and",
    ),
    "folders with and without labels": (
        [("labeled/cat", 20), ("labeled/dog", 20), ("unlabeled", 9)],
        {"cat": 20, "dog": 20},
        0,
        "No folder says the class of 9 images in unlabeled: left out.",
    ),
    "numbered folders": (
        [(f"batch{i}", 9) for i in range(4)],
        {f"batch{i}": 9 for i in range(4)},
        0,
        "The labels are the names of the folders: batch0, batch1, batch2 and 1 more.",
    ),
    "digits": ([(f"{i}", 9) for i in range(4)], {f"{i}": 9 for i in range(4)}, 0, ""),
    "codes of languages": (
        [(code, 9) for code in ("de", "en", "te", "tr")],
        dict.fromkeys(("de", "en", "te", "tr"), 9),
        0,
        "",
    ),
    "classes whose names say little": (
        [("public", 20), ("private", 20)],
        {"public": 20, "private": 20},
        0,
        "",
    ),
    "only train": ([("train/cat", 20), ("train/dog", 20)], {"cat": 20, "dog": 20}, 0, ""),
    "a class that is called train": (
        [("train", 9), ("car", 9), ("ship", 9)],
        {"train": 9, "car": 9, "ship": 9},
        0,
        "",
    ),
    "patients below classes": (PATIENTS, TWENTY, 0, "not patient0, patient1, patient2 and 1 more."),
    "classes below patients": (
        [("/".join(folder.split("/")[::-1]), count) for folder, count in PATIENTS],
        TWENTY,
        0,
        "The labels are the deepest level of folders (healthy and ill), not patient0",
    ),
    "a folder for each image": (
        [*((f"cat/{i}", 1) for i in range(20)), *((f"dog/{i + 20}", 1) for i in range(20))],
        {"cat": 20, "dog": 20},
        0,
        "outermost level",
    ),
    "padded numbers are persons": (
        [(f"{i:03}/{c}", 3) for i in range(3) for c in ("ill", "well", "odd")],
        {"ill": 9, "well": 9, "odd": 9},
        0,
        "(ill, odd and well), not 000, 001 and 002.",
    ),
    "digits of writers": (
        [(f"writer{w}/{c}", 2) for w in range(4) for c in range(10)],
        {str(c): 8 for c in range(10)},
        0,
        "deepest level of folders (0, 1, 2 and 7 more)",
    ),
    "numbered classes": (
        [(f"class{c}/{who}", 3) for c in (1, 2, 3) for who in ("ann", "bo", "cem", "dora")],
        {"class1": 12, "class2": 12, "class3": 12},
        0,
        "outermost level of folders (class1, class2 and class3), not ann, bo, cem and 1 more.",
    ),
    "kinds of animals and plants": (
        [("animal/cat", 9), ("animal/dog", 9), ("plant/oak", 9), ("plant/rose", 9)],
        {"animal": 18, "plant": 18},
        0,
        "(animal and plant), not cat, dog, oak and 1 more.",
    ),
    "some pictures lie deeper": (
        [("cat", 10), ("cat/more", 3), ("dog", 10)],
        {"cat": 13, "dog": 10},
        0,
        "(cat and dog), not more.",
    ),
    "the set lies in itself once more": (
        [("all/yes", 10), ("all/no", 10), ("yes", 10), ("no", 10)],
        {"yes": 20, "no": 20},
        0,
        "deepest level of folders (no and yes), not all.",
    ),
    "a stray picture": (
        [("set/cat", 20), ("set/dog", 20), ("set", 1)],
        {"cat": 20, "dog": 20},
        0,
        "1 image was left out, because it lies outside the folders: 0.png.",
    ),
    "stray pictures outside the root": (
        [("set/cat", 30), ("set/dog", 30), ("", 3)],
        {"cat": 30, "dog": 30},
        0,
        "3 images were left out, because they lie outside the folders; the first is 0.png.",
    ),
    "a folder beside the classes": (
        [("cat", 20), ("dog", 20), ("docs", 1)],
        {"cat": 20, "dog": 20, "docs": 1},
        0,
        "The folder docs holds 1 image: is it a class?",
    ),
    "masks are a class": (
        [("mask", 20), ("no_mask", 20)],
        {"mask": 20, "no_mask": 20},
        0,
        "",
    ),
    "many stray pictures": (
        [("cat", 20), ("dog", 20), ("", 10)],
        None,
        0,
        "10 of 50 images lie outside the folders, so the folders are not labels: put every image",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_folders_give_labels_and_a_split(case: str) -> None:
    folders, labels, held_out, note = CASES[case]
    found = read(*folders)
    assert counts(found) == labels
    kept = ~found.left_out
    assert (0 if found.held_out is None else found.held_out[kept].sum()) == held_out
    assert (found.held_out is None) == (not held_out)
    assert note in " ".join(found.notes)
    assert bool(note) == bool(found.notes)


def test_the_split_says_which_pictures_are_held_out() -> None:
    found = read(("test/cat", 4), ("train/cat", 16), ("train/dog", 4))
    assert found.held_out is not None
    assert found.held_out.tolist() == [True] * 4 + [False] * 20
    assert found.labels == ["cat"] * 20 + ["dog"] * 4


def test_many_pictures_beside_train_and_test() -> None:
    with pytest.raises(RefusedError) as caught:
        read(("train/cat", 20), ("test/cat", 10), ("misc", 10))
    assert str(caught.value) == (
        "The folders test and train are the parts of a split, but beside them 10 of 40 images lie "
        "in misc: put these into the parts, or take them out."
    )


def pictures(*folders: str) -> dict[str, bytes]:
    return {
        f"{folder}/{i}.png": encoded(IMAGES[(7 * j + i) % len(IMAGES)])
        for j, folder in enumerate(folders)
        for i in range(20)
    }


def test_classes_without_pictures_are_named(tmp_path: Path) -> None:
    files = pictures("set/cat", "set/dog") | {"set/owl/1.heic": b"x", "set/owl/2.heic": b"x"}
    found = read_files(tmp_path, files)
    assert {*(found.labels or [])} == {"cat", "dog"}
    assert "The folder owl holds no image that can be read." in found.notes
    entries = [*pictures("cat", "dog").items(), ("owl/", b""), ("emu/", b""), ("__MACOSX/", b"")]
    found = read_zip(zip_of_bytes(tmp_path / "a.zip", entries))
    assert found.notes == "The folders emu and owl hold no image that can be read."
    (tmp_path / "set/set/emu").mkdir()
    notes = read_zip(tmp_path / "set").notes
    assert "The folders emu and owl hold no image that can be read." in notes


def test_classes_that_hardly_differ_or_are_not_trained_are_named(tmp_path: Path) -> None:
    found = read_files(tmp_path, pictures("train/Cat", "test/cat", "train/dog", "test/owl"))
    assert {*(found.labels or [])} == {"Cat", "cat", "dog", "owl"}
    assert "cat and owl are only among the held-out images." in found.notes
    assert "Cat and cat differ only in capital letters, blanks or invisible signs, and were" in (
        found.notes
    )
