"""Columns beside the label: the split, the order of the pixels, rows of sums."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.test_csv_uploads import PIXELS, ROWS, error, pairs, read, table
from tests.core.data.upload_files import IMAGES, LABELS, arrays_of

WORDS = np.array(["ant", "owl", "cat"])[LABELS].tolist()
LABELLED = [[word, *row] for word, row in zip(WORDS, ROWS, strict=True)]


# --- the split ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "train"),
    [
        ("is_test", 0),
        ("test", 0),
        ("isTest", 0),
        ("is_val", 0),
        ("is_train", 1),
        ("train", 1),
        ("in_training_set", 1),
    ],
)
@pytest.mark.parametrize("kind", [int, bool])
def test_a_split_of_flags(tmp_path: Path, name: str, train: int, kind: type) -> None:
    held_out = [i % 3 == 2 for i in range(24)]
    for place in (0, 40, 82):
        rows = [
            [*row[:place], kind(held != bool(train)), *row[place:]]
            for row, held in zip(LABELLED, held_out, strict=True)
        ]
        header = ["label", *PIXELS]
        notes, found = read(tmp_path, table(rows, [*header[:place], name, *header[place:]]))
        assert found == pairs(IMAGES, WORDS)
        assert {image.tobytes() for image in arrays_of(tmp_path)["x_test"]} == {
            image.tobytes() for image, held in zip(IMAGES, held_out, strict=True) if held
        }
        use = "for training" if train else "held out"
        assert notes == [f"The column {name} was used as the split: {kind(1)} is {use}."]


@pytest.mark.parametrize("true_false", ["WAHR FALSCH", "VERDADERO FALSO", "VERO FALSO", "T F"])
def test_a_split_of_words_for_true_and_false(tmp_path: Path, true_false: str) -> None:
    true, false = true_false.split()
    rows = [[true if i % 3 == 2 else false, *row] for i, row in enumerate(LABELLED)]
    notes, found = read(tmp_path, table(rows, ["is_test", "label", *PIXELS]))
    assert found == pairs(IMAGES, WORDS)
    assert {image.tobytes() for image in arrays_of(tmp_path)["x_test"]} == {
        image.tobytes() for image in IMAGES[2::3]
    }
    assert notes == [f"The column is_test was used as the split: {true} is held out."]


@pytest.mark.parametrize("word", ["val", "Validation", "TEST", "held-out", "eval"])
@pytest.mark.parametrize("place", [0, 40, 82])
def test_a_split_of_words_at_any_place(tmp_path: Path, word: str, place: int) -> None:
    rows = [
        [*row[:place], word if i % 3 == 2 else "Train", *row[place:]]
        for i, row in enumerate(LABELLED)
    ]
    header = ["label", *PIXELS]
    for names in (None, [*header[:place], "x", *header[place:]]):
        _, found = read(tmp_path, table(rows, names))
        assert found == pairs(IMAGES, WORDS)
        assert len(arrays_of(tmp_path)["x_test"]) == 8


def test_folds_are_no_labels(tmp_path: Path) -> None:
    for name in ("fold", "split", "subset"):
        rows = [[i % 5, *row] for i, row in enumerate(ROWS)]
        notes, found = read(tmp_path, table(rows, [name, *PIXELS]))
        assert found == pairs(IMAGES)
        assert notes == [f"Column {name} was left out."]


# --- the order of the pixels ----------------------------------------------------------------

ORDERED = "The columns of pixels were ordered by the numbers in their names."
TURNED = [i % 9 * 9 + i // 9 for i in range(81)]  # the pixels column by column


@pytest.mark.parametrize(
    ("name", "order", "note"),
    [
        ("r{row}c{column}", range(81), ""),
        ("r{row}c{column}", TURNED, ORDERED),
        ("pixel_row{row}_col{column}", TURNED, ORDERED),
        ("i{row}j{column}", TURNED, ORDERED),
        ("col{column}row{row}", range(81), ""),
        ("c{column}_r{row}", TURNED, ORDERED),
        ("{row}x{column}", range(81), ""),
        ("x{column}y{row}", range(81), ""),
        ("x{column}y{row}", range(80, -1, -1), ORDERED),
        ("y{row}x{column}", range(81), ""),
    ],
)
def test_names_of_rows_and_columns(tmp_path: Path, name: str, order: list[int], note: str) -> None:
    names = [name.format(row=i // 9, column=i % 9) for i in order]
    rows = [[word, *(row[i] for i in order)] for word, row in zip(WORDS, ROWS, strict=True)]
    notes, found = read(tmp_path, table(rows, ["label", *names]))
    assert found == pairs(IMAGES, WORDS)
    assert notes == ([note] if note else [])


@pytest.mark.parametrize("name", ["x{0}y{1}", "{1}x{0}"])
def test_names_that_may_mean_the_mirrored_image(tmp_path: Path, name: str) -> None:
    """The first number counts rows for some people, and columns for others."""
    names = [name.format(i // 9, i % 9) for i in range(81)]
    notes, found = read(tmp_path, table(LABELLED, ["label", *names]))
    assert found == pairs(IMAGES, WORDS)
    assert notes[0].startswith(
        f"The columns of pixels were read row by row as they stand ({names[0]}, {names[1]} ...)"
    )


# --- rows and columns that are no images ----------------------------------------------------


@pytest.mark.parametrize("word", ["Total", "Summe", "mean", "AVERAGE"])
def test_a_row_of_sums_is_refused(tmp_path: Path, word: str) -> None:
    rows = [*LABELLED, [word, *IMAGES.reshape(24, 81).astype(int).sum(axis=0).tolist()]]
    sentence = error(tmp_path, table(rows, ["label", *PIXELS]))
    assert f"row 26 seems to sum the others up, because column 1 holds '{word}'" in sentence


def test_a_row_a_pixel_is_refused(tmp_path: Path) -> None:
    rows = [[i, j // 9, j % 9, v] for i, row in enumerate(ROWS) for j, v in enumerate(row)]
    sentence = error(tmp_path, table(rows, ["image", "row", "column", "value"]))
    assert "each row must hold all pixels of an image" in sentence


def test_a_list_of_pictures_is_refused(tmp_path: Path) -> None:
    rows = [
        [f"{i}.png", 40 + label, word]
        for i, (label, word) in enumerate(zip(LABELS, WORDS, strict=True))
    ]
    sentence = error(tmp_path, table(rows, ["path", "code", "label"]))
    assert "names pictures, and holds no pixels: upload it with the pictures" in sentence


def test_texts_instead_of_pixels_are_quoted(tmp_path: Path) -> None:
    rows = [[word, *(f"{value}%" for value in row)] for word, row in zip(WORDS, ROWS, strict=True)]
    sentence = error(tmp_path, table(rows, ["label", *PIXELS]))
    assert re.search(r"column 2 holds '\d+%', not a number", sentence)
    assert re.search(r"column 2 holds '\d+%'", error(tmp_path, table(rows)))


def test_labels_that_differ_in_capital_letters(tmp_path: Path) -> None:
    words = ["Ant" if i == 0 else word for i, word in enumerate(WORDS)]
    rows = [[word, *row] for word, row in zip(words, ROWS, strict=True)]
    notes, found = read(tmp_path, table(rows, ["label", *PIXELS]))
    assert found == pairs(IMAGES, words)
    assert notes == ["The labels Ant and ant differ only in capital letters, and are two classes."]
    letters = ["a" if i % 2 else "A" for i in range(24)]
    rows = [[letter, *row] for letter, row in zip(letters, ROWS, strict=True)]
    assert read(tmp_path, table(rows, ["label", *PIXELS])) == ([], pairs(IMAGES, letters))


def test_files_of_emnist_may_be_transposed(tmp_path: Path) -> None:
    rows = [[label, *row] for label, row in zip(LABELS, ROWS, strict=True)]
    notes, found = read(tmp_path, table(rows), "emnist-letters-train.csv")
    assert found == pairs(IMAGES, LABELS)
    assert "The files of EMNIST hold their images transposed" in notes[-1]
