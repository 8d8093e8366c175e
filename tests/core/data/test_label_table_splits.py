"""Tables beside pictures say which of them are held out: in a column, or by their own names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.core.data.picture_sets import Found
from tests.core.data.test_label_tables import COUNT, IMAGES, LABELS, NAMES, check, read
from vae_core.sandbox import RefusedError


def rows(chosen: range, row: str = "{name},{label}", header: str = "file,label") -> str:
    lines = [row.format(name=NAMES[i], label=LABELS[i], stem=f"{i:02}") for i in chosen]
    return "\n".join([header, *lines] if header else lines)


def with_column(head: str, words: dict[bool, str], label: bool = True) -> str:
    lines = [
        f"{NAMES[i]},{words[i >= 18]}" + (f",{LABELS[i]}" if label else "") for i in range(COUNT)
    ]
    return "\n".join([f"file,{head}" + ",label" * label, *lines])


def check_split(found: Found, held_out: range = range(18, 24)) -> None:
    assert found.held_out is not None
    wanted = {IMAGES[i].tobytes() for i in held_out}
    assert {x.tobytes() for x in found.x[found.held_out]} == wanted


TRAIN, TEST = range(18), range(18, 24)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("split", {False: "train", True: "test"}),
        ("Usage", {False: "Training", True: "PrivateTest"}),
        ("anything", {False: "TRAIN", True: "held-out"}),
        ("is_valid", {False: "False", True: "True"}),
        ("is_train", {False: "1", True: "0"}),
    ],
)
@pytest.mark.parametrize("label", [True, False])
def test_a_column_is_the_split(
    tmp_path: Path, head: str, words: dict[bool, str], label: bool
) -> None:
    text = with_column(head, words, label)
    found = read(tmp_path, {"all.csv": text}, "{label}/" if not label else "")
    check(found)
    check_split(found)
    assert found.notes.endswith(
        f"The split is that of the column {head} of all.csv: 6 of 24 images are held out."
    )


@pytest.mark.parametrize(
    "tables",
    [
        {"train.csv": rows(TRAIN), "test.csv": rows(TEST)},
        {
            "train_labels.txt": rows(TRAIN, "{name} {label}", ""),
            "val.txt": rows(TEST, "{name} {label}", ""),
        },
        {"labels.csv": rows(range(24)), "testing_list.txt": rows(TEST, "images/{name}", "")},
        {
            "labels.csv": rows(range(24)),
            "train.txt": rows(TRAIN, "{stem}", ""),
            "test.txt": rows(TEST, "{stem}", ""),
        },
    ],
)
def test_tables_for_parts_are_the_split(tmp_path: Path, tables: dict[str, str]) -> None:
    found = read(tmp_path, tables)
    check(found)
    check_split(found)
    assert ": 6 of 24 images are held out." in found.notes


def test_lists_of_names_split_folders_of_classes(tmp_path: Path) -> None:
    """As Food-101: lists of classes and names without endings."""
    lists = {
        "meta/train.txt": rows(TRAIN, "{label}/{stem}", ""),
        "meta/test.txt": rows(TEST, "{label}/{stem}", ""),
        "meta/classes.txt": "ant\nbee\ncow",
    }
    found = read(tmp_path, lists, "images/{label}/")
    check(found)
    check_split(found)
    assert found.notes == (
        "The split is that of test.txt and train.txt: 6 of 24 images are held out. 1 file that is "
        "not an image was left out."
    )


def test_held_out_images_without_labels_are_left_out(tmp_path: Path) -> None:
    tables = {"train.csv": rows(TRAIN), "test.csv": rows(TEST, "{name}", "file")}
    found = read(tmp_path, tables)
    assert found.labels == LABELS[:18]
    assert found.held_out is None
    assert "6 images were left out, because no image that test.csv and train.csv holds out" in (
        found.notes
    )


def test_images_without_a_part_are_left_out(tmp_path: Path) -> None:
    tables = {"train.csv": rows(range(17)), "test.csv": rows(TEST), "labels.csv": rows(range(24))}
    found = read(tmp_path, tables)
    assert len(found.x) == 23
    check_split(found)
    assert (
        "1 image was left out, because test.csv and train.csv doesn't say its part of the split: "
        "17.png." in found.notes
    )


def test_a_split_that_is_too_small(tmp_path: Path) -> None:
    tables = {"train.csv": rows(range(21)), "test.csv": rows(range(21, 24))}
    found = read(tmp_path, tables)
    check(found)
    assert found.held_out is None
    assert "was not used: with 3 held-out images and 21 others it is too small." in found.notes


def test_folders_decide_if_a_table_contradicts(tmp_path: Path) -> None:
    text = with_column("split", {False: "train", True: "test"})
    found = read(tmp_path, {"labels.csv": text}, "{part}/")
    check(found)
    check_split(found, range(0, 24, 3))
    assert "was not used: for 10 images it says something else than the folders." in found.notes


def test_splits_that_are_not_clear(tmp_path: Path) -> None:
    tables = {"train.csv": rows(range(24)), "test.csv": rows(TEST)}
    twice = "gives 18.png two parts of the split, held out and training: keep one of them."
    with pytest.raises(RefusedError, match=twice):
        read(tmp_path, tables)
    text = with_column("split", {False: "train", True: "test"})
    other = "its column split holds 'unsure': write train or test there, or take the table out."
    (tmp_path / "2").mkdir()
    with pytest.raises(RefusedError, match=f"labels.csv can't be used, because {other}"):
        read(tmp_path / "2", {"labels.csv": text.replace("03.png,train", "03.png,unsure")})


def test_the_order_of_images_does_not_matter(tmp_path: Path) -> None:
    found = read(tmp_path, {"a.csv": rows(TRAIN), "labels.csv": rows(range(23, -1, -1))})
    check(found)
    assert np.array_equal(found.x, IMAGES)
