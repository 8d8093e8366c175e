"""The label of a table is its label column, whatever else stands beside the pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.data.test_csv_uploads import PIXELS, ROWS, error, pairs, read, table
from tests.core.data.upload_files import IMAGES, LABELS

WORDS = np.array(["ant", "owl", "cat"])[LABELS].tolist()
ONE_HOT = np.eye(3, dtype=int)[LABELS].tolist()
FILES = [f"img_{i}.png" for i in range(24)]


def beside(*columns: Any, place: int = 0) -> list[list[Any]]:
    """Return the rows of pixels with columns put in at a place."""
    return [
        [*row[:place], *fields, *row[place:]]
        for row, fields in zip(ROWS, zip(*columns, strict=True), strict=True)
    ]


# --- labels that look like something else ---------------------------------------------------


@pytest.mark.parametrize("header", [None, ["", *PIXELS], ["c", *PIXELS]])
def test_classes_in_turn_do_not_number_the_rows(tmp_path: Path, header: list[str] | None) -> None:
    """As the first rows of scikit-learn's digits: 0 to 9, and again."""
    rows = [[i % 12, *ROWS[i]] for i in range(24)]
    notes, found = read(tmp_path, table(rows, header))
    expected = [str(i % 12) for i in range(24)]
    if header and not header[0]:
        assert "The first column, which numbers the rows, was left out." in notes
        expected = ["all"] * 24
    assert found == pairs(IMAGES, expected)


@pytest.mark.parametrize("dark", [True, False])
def test_a_pixel_like_its_neighbour_is_no_label(tmp_path: Path, dark: bool) -> None:
    """Each image has the label 0, and the last pixel holds a few dark greys."""
    rows = [[0, *row] for row in ROWS]
    for i, row in enumerate(rows):
        row[-2:] = [2 * (i % 5), i % 5]
        row[1:3] = [0, 0] if dark else row[1:3]
    sentence = error(tmp_path, table(rows))
    assert "both the first column and the last column may be the label" in sentence


@pytest.mark.parametrize(
    "labels",
    [
        [str(10**17 + i % 3) for i in range(24)],
        [("1E1", "1E2", "10")[i % 3] for i in range(24)],
    ],
)
def test_labels_of_digits_are_not_merged(tmp_path: Path, labels: list[str]) -> None:
    _, found = read(tmp_path, table(beside(labels), ["label", *PIXELS]))
    assert found == pairs(IMAGES, labels)


# --- rows without a label -------------------------------------------------------------------


@pytest.mark.parametrize("labels", [WORDS, LABELS.tolist(), [f"{i}.0" for i in LABELS]])
@pytest.mark.parametrize("word", ["", "NaN", "nan", "NA", "N/A", "#N/A", "NULL", "<NA>", "?"])
def test_a_row_without_a_label_is_refused(tmp_path: Path, labels: list[Any], word: str) -> None:
    some = [word if i in (7, 20) else label for i, label in enumerate(labels)]
    sentence = error(tmp_path, table(beside(some), ["label", *PIXELS]))
    held = repr(word) if word else "nothing"
    assert sentence == (
        f"a.csv: row 9 has no label: column 1 holds {held} there, and 1 more row. Fill it in, or "
        "leave the row out."
    )


def test_a_row_without_a_label_in_the_only_column_beside_the_pixels(tmp_path: Path) -> None:
    for labels in (WORDS, LABELS.tolist()):
        some = ["" if i == 7 else label for i, label in enumerate(labels)]
        sentence = error(tmp_path, table(beside(some), ["what", *PIXELS]))
        assert "row 9 has no label: column 1 holds nothing there." in sentence


def test_none_is_a_class_among_words_only(tmp_path: Path) -> None:
    """Such as the wafers without a failure, whose class is none."""
    words = ["none" if word == "ant" else word for word in WORDS]
    notes, found = read(tmp_path, table(beside(words), ["label", *PIXELS]))
    assert found == pairs(IMAGES, words)
    assert notes == [
        "8 rows hold none as their label, which was read as a class: leave these rows out if they "
        "have no label."
    ]
    numbers = ["None" if i == 7 else f"{label}.0" for i, label in enumerate(LABELS)]
    sentence = error(tmp_path, table(beside(numbers), ["label", *PIXELS]))
    assert "row 9 has no label: column 1 holds 'None' there." in sentence


def test_a_column_of_labels_that_is_empty_is_left_out(tmp_path: Path) -> None:
    for word in ("", "NaN"):
        notes, found = read(tmp_path, table(beside([word] * 24), ["label", *PIXELS]))
        assert found == pairs(IMAGES)
        assert notes == ["The column label, which holds nothing, was left out."]


def test_numbers_as_labels(tmp_path: Path) -> None:
    for labels, names in (
        (["0.0", "1.0", "2.0"], ["0", "1", "2"]),
        (["0", "1.0", "1e1"], ["0", "1", "10"]),
        (["0", "0.5", "1.0"], ["0", "0.5", "1"]),
        (["0.5", "1", "1.0"], ["0.5", "1", "1"]),
        (["-1", "+1", "3"], ["-1", "1", "3"]),
    ):
        _, found = read(tmp_path, table(beside(labels * 8), ["label", *PIXELS]))
        assert found == pairs(IMAGES, names * 8)


# --- columns that name the rows -------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["name", "Name", "file", "path", "id", "filename", "image_id", "title", "image", "url"]
)
def test_names_of_files_are_no_labels(tmp_path: Path, name: str) -> None:
    for files in (FILES, [f"{name}/{file}" for name, file in zip(WORDS, FILES, strict=True)]):
        notes, found = read(tmp_path, table(beside(files), [name, *PIXELS]))
        assert found == pairs(IMAGES)
        assert f"olumn {name}" in notes[0]
        assert notes[0].endswith("was left out.")
        for label in ("kind", "class", "category", "what"):
            notes, found = read(tmp_path, table(beside(files, WORDS), [name, label, *PIXELS]))
            assert found == pairs(IMAGES, WORDS)
            assert any(f"column {label} was read as the label" in note for note in notes)
            assert any(f"olumn {name}" in note and "left out" in note for note in notes)


def test_names_of_files_without_a_header(tmp_path: Path) -> None:
    notes, found = read(tmp_path, table(beside(FILES)))
    assert found == pairs(IMAGES)
    assert notes == ["The first column, which holds names of files, was left out."]
    notes, found = read(
        tmp_path, table([[*row, word] for row, word in zip(beside(FILES), WORDS, strict=True)])
    )
    assert found == pairs(IMAGES, WORDS)
    assert notes[0] == "The first column, which holds names of files, was left out."


def test_what_differs_in_most_rows_is_no_label(tmp_path: Path) -> None:
    people = [f"Person {'abcdefgh'[i % 8]}{i // 2}" for i in range(24)]
    codes = [1000 + 37 * i % 91 for i in range(24)]
    for column, values in (("name", people), ("patient", codes)):
        notes, found = read(tmp_path, table(beside(values), [column, *PIXELS]))
        assert found == pairs(IMAGES)
        assert notes == [
            f"The column {column}, which holds another value in most rows, was left out."
        ]


def test_two_columns_that_say_the_same(tmp_path: Path) -> None:
    for first, second in (("class_id", "class_name"), ("label", "target"), ("a", "b")):
        notes, found = read(
            tmp_path, table(beside(LABELS.tolist(), WORDS), [first, second, *PIXELS])
        )
        assert found == pairs(IMAGES, WORDS)
        assert f"The column {first}, which says the same as column {second}, was left out." in notes
    other = [label % 2 for label in LABELS]
    sentence = error(tmp_path, table(beside(other, WORDS), ["class_id", "class_name", *PIXELS]))
    assert "column class_id and column class_name may be the label" in sentence


def test_a_column_that_says_the_same_in_each_row(tmp_path: Path) -> None:
    notes, found = read(tmp_path, table(beside(["web"] * 24, WORDS), ["source", "what", *PIXELS]))
    assert found == pairs(IMAGES, WORDS)
    assert "Column source was left out." in notes


# --- one-hot labels -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["class_ant", "class_owl", "class_cat"], ["ant", "owl", "cat"]),
        (["label_0", "label_1", "label_2"], ["0", "1", "2"]),
        (["y0", "y1", "y2"], ["0", "1", "2"]),
        (["is_ant", "is_owl", "is_cat"], ["ant", "owl", "cat"]),
        (["label.ant", "label.owl", "label.cat"], ["ant", "owl", "cat"]),
        (["car", "cat", "cow"], ["car", "cat", "cow"]),
        (["class_10", "class_11", "class_12"], ["10", "11", "12"]),
    ],
)
@pytest.mark.parametrize("place", [0, 81])
def test_one_hot_labels(tmp_path: Path, names: list[str], classes: list[str], place: int) -> None:
    header = [*PIXELS[:place], *names, *PIXELS[place:]]
    for convert in (int, bool, float):
        columns = [[convert(flag) for flag in column] for column in zip(*ONE_HOT, strict=True)]
        notes, found = read(tmp_path, table(beside(*columns, place=place), header))
        assert found == pairs(IMAGES, [classes[label] for label in LABELS])
        assert notes == [
            f"The labels were one-hot: of column {names[0]} to column {names[2]}, the one that "
            "holds 1 is the label."
        ]


@pytest.mark.parametrize("place", [0, 81])
def test_one_hot_labels_without_a_header(tmp_path: Path, place: int) -> None:
    """As in the file of the Semeion digits."""
    rows = beside(*zip(*ONE_HOT, strict=True), place=place)
    notes, found = read(tmp_path, table(rows).replace(b",", b" "))
    assert found == pairs(IMAGES, LABELS)
    assert notes[0].startswith("The labels were one-hot: of ")


@pytest.mark.parametrize("write", ["{} {} {}", "[{}, {}, {}]", "[{}. {}. {}.]"])
def test_one_hot_labels_in_one_cell(tmp_path: Path, write: str) -> None:
    labels = [write.format(*flags) for flags in ONE_HOT]
    content = table(beside([f'"{label}"' for label in labels]), ["label", *PIXELS])
    notes, found = read(tmp_path, content)
    assert found == pairs(IMAGES, LABELS)
    assert notes == ["The labels were one-hot lists: the place of the 1 is the label."]


def test_rows_of_one_hot_labels_with_no_1_or_several(tmp_path: Path) -> None:
    for wrong, count in (([0, 0, 0], 0), ([1, 0, 1], 2)):
        flags = [wrong if i == 5 else row for i, row in enumerate(ONE_HOT)]
        columns = list(zip(*flags, strict=True))
        sentence = error(tmp_path, table(beside(*columns), ["is_ant", "is_owl", "is_cat", *PIXELS]))
        assert f"each row has one, but row 6 of the data has {count}" in sentence


# --- the label at an end of rows without a header -------------------------------------------


@pytest.mark.parametrize("border", [255, 0, -1, 1])
@pytest.mark.parametrize("place", [0, 81])
@pytest.mark.parametrize("labels", [LABELS, LABELS + 5, [7] * 24])
def test_pictures_with_a_border_of_one_colour(
    tmp_path: Path, border: int, place: int, labels: Any
) -> None:
    values = IMAGES.astype(float)
    if border in (-1, 1):
        values = values / 127.5 - 1 if border == -1 else values / 255
    values[:, 4, 4:6] = (-1 if border == -1 else 0), (255 if border in (0, 255) else 1)
    for side in (0, -1):
        values[:, side] = values[:, :, side] = border
    expected = values * 255 if border == 1 else (values + 1) * 127.5 if border == -1 else values
    rows = [
        [*row[:place], label, *row[place:]]
        for row, label in zip(values.reshape(24, 81).tolist(), labels, strict=True)
    ]
    notes, found = read(tmp_path, table(rows))
    assert found == pairs(np.rint(expected).astype(np.uint8), labels)
    which, other = ("first", "last") if place == 0 else ("last", "first")
    assert notes[0].startswith(f"The {which} column was read as the label: it holds ")
    assert notes[0].endswith(f"and the {other} column looks like a pixel.")


def test_a_white_corner(tmp_path: Path) -> None:
    images = IMAGES.copy()
    images[:, -1, -1] = 255
    rows = [
        [label, *row] for label, row in zip(LABELS, images.reshape(24, 81).tolist(), strict=True)
    ]
    assert read(tmp_path, table(rows))[1] == pairs(images, LABELS)


def test_a_label_of_the_colour_of_the_border_is_asked_for(tmp_path: Path) -> None:
    images = IMAGES.copy()
    for side in (0, -1):
        images[:, side] = images[:, :, side] = 255
    rows = [[255, *row] for row in images.reshape(24, 81).tolist()]
    assert "may be the label: name the columns" in error(tmp_path, table(rows))
