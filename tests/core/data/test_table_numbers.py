"""Pixels in tables are read as they are meant, however their numbers are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.test_csv_uploads import PIXELS, error, pairs, read, table
from tests.core.data.upload_files import IMAGES

DEEP = IMAGES.astype(int) * 16  # 0 to 4,080, with and without a separator of thousands
TWELVE_BITS = "The brightest pixel is 4,080, so 4,095 (12 bits) was read as white."
GREY = np.rint(DEEP * (255 / 4095)).astype(np.uint8)


def written(values: np.ndarray, write: Callable[[float], str], delimiter: str = ";") -> bytes:
    rows = [delimiter.join(map(write, row)) for row in values.reshape(24, 81).tolist()]
    return "\n".join([delimiter.join(PIXELS), *rows]).encode()


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        (".", "Points"),
        (",", "Commas"),
        ("'", "Apostrophes"),
        ("’", "Apostrophes"),
        (" ", "Blanks"),
        ("\xa0", "Blanks"),
        ("\u202f", "Blanks"),
    ],
)
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_thousands(tmp_path: Path, sign: str, name: str, delimiter: str) -> None:
    quote = '"' if delimiter == sign else ""
    content = written(
        DEEP, lambda v: f"{quote}{v:,}{quote}".replace(",", sign), delimiter=delimiter
    )
    notes, found = read(tmp_path, content)
    assert found == pairs(GREY)
    first = next(v for v in DEEP.ravel() if v >= 1000)
    said = f"{first:,}".replace(",", sign)
    assert notes[0].startswith(f"{name} were read as separators of thousands: {said}"[:50])
    assert notes[0].endswith(f" is {first}.")
    assert notes[1:] == [TWELVE_BITS]


@pytest.mark.parametrize(
    ("thousands", "decimal"), [(".", ","), (",", "."), ("'", "."), ("'", ","), (" ", ",")]
)
def test_thousands_and_decimals(tmp_path: Path, thousands: str, decimal: str) -> None:
    """Such as 4.080 and 0,5 in one file, or 4.080,5."""
    signs = str.maketrans({",": thousands, ".": decimal})
    for values in (DEEP + 0.5, np.where(DEEP < 1000, DEEP + 0.5, DEEP)):
        _, found = read(tmp_path, written(values, lambda v: f"{v:,}".translate(signs)))
        white = values.max()
        assert found == pairs(np.rint(values * (255 / white)).astype(np.uint8))


def test_millions(tmp_path: Path) -> None:
    values = DEEP * 1000
    expected = pairs(np.rint(values * (255 / values.max())).astype(np.uint8))
    for write in (str, "{:,}".format, lambda v: f"{v:,}".replace(",", ".")):
        assert read(tmp_path, written(values, write))[1] == expected


def test_thousands_that_may_be_decimals_are_refused_with_both(tmp_path: Path) -> None:
    for sign in ".,":
        whole = DEEP // 10 * 10 + 1000  # no number is below 1,000
        content = written(whole, "{:,}".format).replace(b",", sign.encode())
        first = whole.ravel()[0]
        sentence = error(tmp_path, content)
        assert f"which may be {first / 1000:g}, with decimals, or {first}, with a" in sentence


def test_points_and_commas_before_decimals_are_refused(tmp_path: Path) -> None:
    content = written(IMAGES / 255, lambda v: f"{v:.2f}".replace(".", ",."[v > 0.5]))
    assert "both the point and the comma may stand before decimals" in error(tmp_path, content)


def test_decimals_of_three_places(tmp_path: Path) -> None:
    expected = pairs(np.rint(np.round(IMAGES / 255, 3) * 255).astype(np.uint8))
    for sign in ".,":
        content = written(IMAGES / 255, "{:.3f}".format).replace(b".", sign.encode())
        assert read(tmp_path, content)[1] == expected


def test_numbers_that_later_rows_write_in_another_way(tmp_path: Path) -> None:
    """The first 200 rows hold no number of which it could be told."""
    many = np.tile(np.minimum(DEEP, 999), (10, 1, 1))
    many[-24:] = DEEP
    lines = written(many[:24], str).decode().splitlines()
    rows = [";".join(map(str, row)) for row in many[:216].reshape(-1, 81).tolist()]
    last = [";".join(f"{v:,}" for v in row) for row in DEEP.reshape(24, 81).tolist()]
    for sign in ".,'":
        text = "\n".join([lines[0], *rows, *(row.replace(",", sign) for row in last)])
        notes, found = read(tmp_path, text.encode())
        assert found == pairs(np.rint(many * (255 / 4095)).astype(np.uint8))
        assert "were read as separators of thousands" in notes[0]
    text = "\n".join([lines[0].replace(";", "|"), *(row.replace(";", "|") for row in rows)])
    broken = "|".join(["0.5", "1,5"] + ["3"] * 79)
    assert "may stand before decimals" in error(tmp_path, f"{text}\n{broken}".encode())


@pytest.mark.parametrize(
    ("one", "zero"),
    [
        ("True", "False"),
        ("TRUE", "FALSE"),
        ("true", "false"),
        ("WAHR", "FALSCH"),
        ("VRAI", "FAUX"),
        ("VERO", "FALSO"),
        ("T", "F"),
    ],
)
@pytest.mark.parametrize("labelled", [False, True])
def test_words_for_1_and_0(tmp_path: Path, one: str, zero: str, labelled: bool) -> None:
    bits = IMAGES > 127
    labels = ["ant", "owl", "cat"] * 8
    rows = [
        [*([label] if labelled else []), *(one if bit else zero for bit in row)]
        for label, row in zip(labels, bits.reshape(24, 81), strict=True)
    ]
    expected = pairs((bits * 255).astype(np.uint8), labels if labelled else None)
    for header in ([["label", *PIXELS][not labelled :]], []):
        content = "\n".join(",".join(row) for row in [*header, *rows]).encode()
        notes, found = read(tmp_path, content)
        assert found == expected
        assert f"The pixels are {one} and {zero}, which were read as 1 and 0." in notes


def test_a_word_among_numbers_is_refused(tmp_path: Path) -> None:
    content = written(IMAGES, str).replace(b"\n", b"\nTRUE", 1)
    assert "row 2, column 1 holds 'TRUE" in error(tmp_path, content)
    bits = written(IMAGES > 127, str).split(b"\n")
    lines = [bits[0], *bits[1:] * 10]
    lines[220] = lines[220].replace(b"False", b"0.5", 1)
    sentence = error(tmp_path, b"\n".join(lines))
    assert "row 221, column" in sentence
    assert "holds '0.5', but the first rows hold only TRUE and FALSE" in sentence


def test_true_and_false_as_labels(tmp_path: Path) -> None:
    rows = [[i % 2 == 0, *row] for i, row in enumerate(IMAGES.reshape(24, 81).tolist())]
    assert read(tmp_path, table(rows, ["label", *PIXELS])) == (
        [],
        pairs(IMAGES, ["True", "False"] * 12),
    )
