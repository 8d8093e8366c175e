"""Tables of pixels give the right images, labels and split, however they are written."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.data.upload_files import IMAGES, LABELS, arrays_of, check_sentence, csv, parse

CASES = Path(__file__).parents[2] / "cases" / "uploads"
BLOBS = np.loadtxt(CASES / "openml.csv", np.uint8, delimiter=",", skiprows=1)
NUMBERED = [str(i % 3) for i in range(60)]
PIXELS = [f"pixel{i}" for i in range(81)]


def read(folder: Path, content: bytes, file_name: str = "a.csv") -> tuple[list[str], Counter[Any]]:
    """Return the notes, and how often each image (bytes) with each label was read."""
    reply = parse(folder, content, file_name)
    assert "answer" in reply, reply["error"]
    for note in reply["answer"]["notes"]:
        check_sentence(note)
    kept = arrays_of(folder)
    names = kept["label_names"]
    found = Counter(
        (image.tobytes(), str(names[label]))
        for part in ("train", "test")
        for image, label in zip(kept[f"x_{part}"], kept[f"y_{part}"], strict=True)
    )
    general = ("The file has no labels.", "A fifth, ")
    return [note for note in reply["answer"]["notes"] if not note.startswith(general)], found


def error(folder: Path, content: bytes, file_name: str = "a.csv") -> str:
    reply = parse(folder, content, file_name)
    assert "error" in reply, reply["answer"]["notes"]
    check_sentence(reply["error"])
    return reply["error"]


def pairs(images: np.ndarray, labels: Sequence[Any] | np.ndarray | None = None) -> Counter[Any]:
    names = ["all"] * len(images) if labels is None else map(str, labels)
    return Counter((image.tobytes(), name) for image, name in zip(images, names, strict=True))


def table(rows: Sequence[Sequence[Any]], names: Sequence[str] | None = None) -> bytes:
    lines = [",".join(names)] if names is not None else []
    return "\n".join([*lines, *(",".join(map(str, row)) for row in rows)]).encode()


ROWS = IMAGES.reshape(24, 81).tolist()
LEFT_INDEX = "The first column, which numbers the rows, was left out."


@pytest.mark.parametrize(
    ("name", "labels", "notes"),
    [
        ("openml.csv", NUMBERED, ["The column class was read as the label."]),
        (
            "target_mid.csv",
            NUMBERED,
            [
                "The column target was read as the label.",
                "The column id, which numbers the rows, was left out.",
            ],
        ),
        ("index_label.csv", NUMBERED, [LEFT_INDEX]),
        ("trailing.csv", None, ["The last column, which is empty, was left out."]),
        ("x.csv.gz", NUMBERED, []),
        ("sepline.csv", NUMBERED, []),
        ("utf16.csv", NUMBERED, []),
        ("quotedcomma.csv", ["shirt, blue", "shirt, red", "shoe"] * 20, []),
        (
            "usage.csv",
            NUMBERED,
            ["The column split, which says train in every row, was left out."],
        ),
        ("bom.csv", NUMBERED, []),
        ("bomquoted.csv", NUMBERED, []),
        ("crlf.csv", NUMBERED, []),
        (
            "fer.csv",
            NUMBERED,
            [
                "The column Usage, which says Training in every row, was left out.",
                "The column emotion was read as the label.",
            ],
        ),
    ],
)
def test_cases_hold_the_same_images(
    tmp_path: Path, name: str, labels: list[str] | None, notes: list[str]
) -> None:
    assert (BLOBS[:, -1] == [int(label) for label in NUMBERED]).all()
    expected = pairs(BLOBS[:, :-1], labels)
    assert read(tmp_path, (CASES / name).read_bytes(), name) == (notes, expected)


def test_an_index_column_is_no_label(tmp_path: Path) -> None:
    notes, found = read(tmp_path, (CASES / "index.csv").read_bytes())
    images = np.loadtxt(CASES / "index.csv", np.uint8, delimiter=",", skiprows=1)[:, 1:]
    assert (notes, found) == ([LEFT_INDEX], pairs(images))


def test_fractions(tmp_path: Path) -> None:
    white = "No pixel was above 1, so 1 was read as white."
    values = np.loadtxt(CASES / "savetxt.csv")
    expected = pairs(np.rint(values * 255).astype(np.uint8))
    assert read(tmp_path, (CASES / "savetxt.csv").read_bytes()) == ([white], expected)
    text = (CASES / "deccomma.csv").read_text()
    values = np.loadtxt(io.StringIO(text.replace(",", ".")), delimiter=";", skiprows=1)
    expected = pairs(np.rint(values[:, 1:] * 255).astype(np.uint8), NUMBERED)
    assert read(tmp_path, text.encode()) == ([white], expected)


@pytest.mark.parametrize(
    ("name", "row", "word"), [("latin1.csv", 1, "ä"), ("latin1label.csv", 2, "Käse")]
)
def test_another_encoding_is_named_with_its_row(
    tmp_path: Path, name: str, row: int, word: str
) -> None:
    assert error(tmp_path, (CASES / name).read_bytes(), name) == (
        f"{name} is not in UTF-8: row {row} holds bytes that Latin-1 (Windows-1252) reads as "
        f"{word!r}. Save it as UTF-8."
    )


def test_encodings_that_cannot_be_told_are_not_guessed(tmp_path: Path) -> None:
    for encoding, word in (("cp1251", "Кошка"), ("shift_jis", "猫です"), ("gbk", "猫狗")):
        content = csv(labels=[word] * 24, header="label" + ",p" * 81).decode().encode(encoding)
        assert "row 2 holds bytes of another encoding, such as" in error(tmp_path, content)
    assert "UTF-32" in error(tmp_path, csv().decode().encode("utf-32"))


# --- dialects -----------------------------------------------------------------------------


def _quoted(content: bytes) -> bytes:
    return b"\n".join(
        b",".join(b'"' + field + b'"' for field in line.split(b","))
        for line in content.split(b"\n")
    )


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize(
    "write",
    [
        lambda plain: plain.replace(b",", b";"),
        lambda plain: plain.replace(b",", b"\t"),
        lambda plain: plain.replace(b",", b"|"),
        lambda plain: plain.replace(b",", b"   ").replace(b"\n", b" \n  "),
        lambda plain: plain.replace(b",", b", "),
        lambda plain: plain.replace(b"\n", b"\r\n"),
        lambda plain: plain.replace(b"\n", b"\r"),
        lambda plain: plain.replace(b"\n", b"\n\n") + b"\n\n",
        lambda plain: plain.replace(b"\n", b",\n") + b",",
        lambda plain: plain + b"\n" + b"," * 81,
        lambda plain: b"sep=;\r\n" + plain.replace(b",", b";"),
        lambda plain: b"# written by a program, for tests\n#\n" + plain,
        lambda plain: plain.decode().encode("utf-16"),
        lambda plain: b"\xfe\xff" + plain.decode().encode("utf-16-be"),
        lambda plain: plain.decode().encode("utf-8-sig"),
        _quoted,
        gzip.compress,
    ],
)
def test_a_dialect(tmp_path: Path, write: Callable[[bytes], bytes], labelled: bool) -> None:
    plain = csv(labels=LABELS, header=",".join(["label", *PIXELS])) if labelled else csv()
    notes, found = read(tmp_path, write(plain))
    assert found == pairs(IMAGES, LABELS if labelled else None)
    assert set(notes) <= {
        "The last column, which is empty, was left out.",
        "2 rows above the table were left out, the first '# written by a program for tests'.",
    }


def test_quotes_in_labels(tmp_path: Path) -> None:
    rows = [
        [label, *row] for label, row in zip(['"a, ""b"" "', '"a\nb"', "c d"] * 8, ROWS, strict=True)
    ]
    _, found = read(tmp_path, table(rows, ["Label", *PIXELS]))
    assert found == pairs(IMAGES, ['a, "b"', "a b", "c d"] * 8)


def test_labels_as_openml_and_spreadsheets_write_them(tmp_path: Path) -> None:
    for words, expected in (
        (["'1'", "'22'", "'3'"], ["1", "22", "3"]),
        (["007", "010", "12"], ["007", "010", "12"]),
        (["1.0", "2.0", "3.0"], ["1", "2", "3"]),
        (["yes", "no", "'maybe'"], ["yes", "no", "'maybe'"]),
    ):
        rows = [[*row, word] for word, row in zip(words * 8, ROWS, strict=True)]
        for name in ("class", "'class'"):
            _, found = read(tmp_path, table(rows, [*PIXELS, name]))
            assert found == pairs(IMAGES, expected * 8)


def test_numpy_writes_names_as_a_comment(tmp_path: Path) -> None:
    labelled = np.column_stack([IMAGES.reshape(24, 81), LABELS])
    for delimiter in (",", ";", " "):
        buffer = io.BytesIO()
        names = delimiter.join([*PIXELS, "class"])
        np.savetxt(buffer, labelled, header=names, delimiter=delimiter, footer="the end")
        notes, found = read(tmp_path, buffer.getvalue())
        assert found == pairs(IMAGES, LABELS)
        assert notes == [
            "The column class was read as the label.",
            "1 row that begins with # was left out: '# the end'.",
        ]


def test_a_table_as_r_writes_it(tmp_path: Path) -> None:
    """The column of row names has no name."""
    rows = [[f'"{i + 1}"', *row] for i, row in enumerate(ROWS)]
    content = table(rows, [f'"V{i}"' for i in range(1, 82)]).replace(b",", b" ")
    assert read(tmp_path, content) == ([LEFT_INDEX], pairs(IMAGES))


def test_a_zip_with_one_table(tmp_path: Path) -> None:
    def packed(*names: str) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, csv())
        return buffer.getvalue()

    for file_name in ("a.zip", "a.csv"):
        assert read(tmp_path, packed("a.csv", "__MACOSX/._a.csv"), file_name)[1] == pairs(IMAGES)
    workbook = packed("[Content_Types].xml", "xl/a.xml")
    for file_name in ("a.xlsx", "a.csv", "a.zip"):
        sentence = error(tmp_path, workbook, file_name)
        assert "an Excel workbook: save the sheet as CSV UTF-8" in sentence


# --- columns ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["class", "Target", " LABELS ", '"y"', "digit", "species", "name"])
@pytest.mark.parametrize("place", [0, 40, 81])
def test_the_label_is_found_by_its_name(tmp_path: Path, name: str, place: int) -> None:
    rows = [[*row[:place], label, *row[place:]] for row, label in zip(ROWS, LABELS, strict=True)]
    notes, found = read(tmp_path, table(rows, [*PIXELS[:place], name, *PIXELS[place:]]))
    assert found == pairs(IMAGES, LABELS)
    word = name.strip(' "')
    assert notes == ([] if word == "LABELS" else [f"The column {word} was read as the label."])


def test_two_labels_are_named(tmp_path: Path) -> None:
    for first, second in (("class", "target"), ("age", "gender")):
        rows = [[label, label % 2, *row] for row, label in zip(ROWS, LABELS, strict=True)]
        sentence = error(tmp_path, table(rows, [first, second, *PIXELS]))
        assert f"column {first} and column {second} may be the label" in sentence


def test_columns_beside_label_and_pixels_are_left_out(tmp_path: Path) -> None:
    rows = [
        [f"{i}.png", label, i, *row]
        for i, (row, label) in enumerate(zip(ROWS, LABELS, strict=True))
    ]
    notes, found = read(tmp_path, table(rows, ["file", "label", "age", *PIXELS]))
    assert found == pairs(IMAGES, LABELS)
    assert notes == [
        "The column age, which numbers the rows, was left out.",
        "Column file was left out.",
    ]


@pytest.mark.parametrize("place", [0, 40, 81])
def test_the_only_text_is_the_label(tmp_path: Path, place: int) -> None:
    """Also in the first row, which is then no header."""
    words = np.array(["cat", "dog", "owl"])[LABELS]
    rows = [[*row[:place], word, *row[place:]] for row, word in zip(ROWS, words, strict=True)]
    notes, found = read(tmp_path, table(rows))
    assert found == pairs(IMAGES, words)
    assert len(notes) == 1
    assert "was read as the label: it is the only one beside the pixels." in notes[0]


@pytest.mark.parametrize("place", [0, 81])
def test_the_label_is_told_from_a_pixel(tmp_path: Path, place: int) -> None:
    rows = [[*row[:place], label, *row[place:]] for row, label in zip(ROWS, LABELS, strict=True)]
    notes, found = read(tmp_path, table(rows))
    which, other = ("first", "last") if place == 0 else ("last", "first")
    assert found == pairs(IMAGES, LABELS)
    assert notes == [
        f"The {which} column was read as the label: it holds 3 different whole numbers, and the "
        f"{other} column looks like a pixel."
    ]


@pytest.mark.parametrize("place", [0, 64])
def test_the_label_is_told_from_a_border(tmp_path: Path, place: int) -> None:
    """Scikit-learn's digits, with the label on either side; their corners are 0 in all rows."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    rows = np.insert(digits.data[:200].astype(int), place, digits.target[:200], axis=1)
    _, found = read(tmp_path, table(rows.tolist()))
    assert found == pairs(digits.images[:200].astype(np.uint8), digits.target[:200])


@pytest.mark.parametrize("place", [0, 81])
@pytest.mark.parametrize("name", ["V{}", "{}", "Column{}", "x_{}"])
def test_names_that_say_nothing_of_the_label(tmp_path: Path, name: str, place: int) -> None:
    """As R, pandas and Excel name columns."""
    rows = [[*row[:place], label, *row[place:]] for row, label in zip(ROWS, LABELS, strict=True)]
    notes, found = read(tmp_path, table(rows, [name.format(i) for i in range(82)]))
    assert found == pairs(IMAGES, LABELS)
    column = name.format(place)
    assert notes[-1].startswith(f"The column {column} was read as the label: it holds 3 different")


def test_an_id_of_few_values_is_a_label(tmp_path: Path) -> None:
    rows = [[label, *row] for row, label in zip(ROWS, LABELS, strict=True)]
    notes, found = read(tmp_path, table(rows, ["id", *PIXELS]))
    assert found == pairs(IMAGES, LABELS)
    words = "The column id was read as the label: it is the only one beside the pixels."
    assert notes == [words]


def test_a_label_that_may_be_either_is_asked_for(tmp_path: Path) -> None:
    rows = [
        [label, *row[1:], i // 2 % 2]
        for i, (row, label) in enumerate(zip(ROWS, LABELS, strict=True))
    ]
    sentence = error(tmp_path, table([[*row[:81], row[-1]] for row in rows]))
    assert "both the first column and the last column may be the label" in sentence
    # Neither: a border of zeros, and labels that are all 0.
    rows = [[0, *row[1:], 0] for row in ROWS]
    assert "may be the label" in error(tmp_path, table(rows))


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "id", None])
def test_a_column_that_numbers_the_rows(tmp_path: Path, name: str | None, labelled: bool) -> None:
    rows: list[list[Any]] = [[i + 5, *row] for i, row in enumerate(ROWS)]
    if labelled:
        rows = [[*row, label] for row, label in zip(rows, LABELS, strict=True)]
    names = [name or "", *PIXELS, *["label"] * labelled]
    notes, found = read(tmp_path, table(rows, None if name is None else names))
    assert found == pairs(IMAGES, LABELS if labelled else None)
    words = f"column {name}" if name else "first column"
    assert f"The {words}, which numbers the rows, was left out." in notes


def test_a_shuffled_index(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(24)
    rows = [[i, *ROWS[i], LABELS[i]] for i in order]
    for name in ("", "id"):
        assert read(tmp_path, table(rows, [name, *PIXELS, "y"]))[1] == pairs(IMAGES, LABELS)


@pytest.mark.parametrize("start", [0, 1])
def test_counting_names_are_no_image(tmp_path: Path, start: int) -> None:
    """pandas names columns so if nobody does."""
    names = [str(start + i) for i in range(81)]
    notes, found = read(tmp_path, table(ROWS, names))
    assert found == pairs(IMAGES)
    assert notes == [
        f"The first row, which counts from {start} to {start + 80}, was read as the names of the "
        "columns."
    ]
    rows = [[*row, label] for row, label in zip(ROWS, LABELS, strict=True)]
    assert read(tmp_path, table(rows, [*names, "kind"]))[1] == pairs(IMAGES, LABELS)


@pytest.mark.parametrize(
    "names",
    [
        PIXELS,
        [f"{r}x{c}" for r in range(1, 10) for c in range(1, 10)],
        [f"p_{i:03}" for i in range(81)],
    ],
)
def test_pixels_are_put_in_the_order_of_their_names(tmp_path: Path, names: list[str]) -> None:
    order = np.random.default_rng(0).permutation(81) if names is not PIXELS else np.argsort(PIXELS)
    rows = [[row[i] for i in order] + [label] for row, label in zip(ROWS, LABELS, strict=True)]
    notes, found = read(tmp_path, table(rows, [*(names[i] for i in order), "label"]))
    assert found == pairs(IMAGES, LABELS)
    assert notes == ["The columns of pixels were ordered by the numbers in their names."]
    rows = [[*row, label] for row, label in zip(ROWS, LABELS, strict=True)]
    assert read(tmp_path, table(rows, [*names, "label"])) == ([], pairs(IMAGES, LABELS))


# --- the split, and whole images in one cell ----------------------------------------------


def _held_out(folder: Path) -> set[bytes]:
    return {image.tobytes() for image in arrays_of(folder)["x_test"]}


@pytest.mark.parametrize("name", ["Usage", "split", "part", None])
def test_a_column_that_splits(tmp_path: Path, name: str | None) -> None:
    words = ["Training", "PublicTest", "PrivateTest", "Training"] * 6
    rows = [[*row, label, word] for row, label, word in zip(ROWS, LABELS, words, strict=True)]
    names = None if name is None else [*PIXELS, "label", name]
    reply = parse(tmp_path, table(rows, names), "a.csv")
    assert "error" in reply if sum(w == "Training" for w in words) < 16 else "answer" in reply
    words = ["train", "train", "VAL", "train", "Test", "train"] * 4
    rows = [[*row, label, word] for row, label, word in zip(ROWS, LABELS, words, strict=True)]
    _, found = read(tmp_path, table(rows, names))
    assert found == pairs(IMAGES, LABELS)
    assert _held_out(tmp_path) == {
        image.tobytes() for image, word in zip(IMAGES, words, strict=True) if word != "train"
    }
    column = "last column" if name is None else f"column {name}"
    notes = parse(tmp_path, table(rows, names), "a.csv")["answer"]["notes"]
    assert f"The {column} was used as the split: train for training, Test, VAL held out." in notes


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    rows = [[*row, "train" if i else "extra"] for i, row in enumerate(reversed(ROWS))]
    rows = [*rows[1:], rows[0]]
    sentence = error(tmp_path, table(rows, [*PIXELS, "split"]))
    assert "holds 'extra' in row 24 of the data" in sentence


@pytest.mark.parametrize(
    "cell", ["{}".format, lambda text: f'"{text}"', lambda text: f'"[{text.replace(" ", ", ")}]"']
)
@pytest.mark.parametrize("header", [False, True])
def test_whole_images_in_one_cell(tmp_path: Path, cell: Callable[[str], str], header: bool) -> None:
    """As in FER 2013, and lists as pandas writes them."""
    words = ["Training", "Training", "PublicTest", "Training", "PrivateTest", "Training"] * 4
    rows = [
        [label, cell(" ".join(map(str, row))), word]
        for row, label, word in zip(ROWS, LABELS, words, strict=True)
    ]
    _, found = read(tmp_path, table(rows, ["emotion", "pixels", "Usage"] if header else None))
    assert found == pairs(IMAGES, LABELS)
    assert len(_held_out(tmp_path)) == 8
    rows[7][1] = cell("1 2 3")
    where = "row 9" if header else "row 8"
    sentence = error(tmp_path, table(rows, ["emotion", "pixels", "Usage"] if header else None))
    assert f"{where}, column 2 holds 3 pixels, the first row 81" in sentence


# --- what is wrong, and where -------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "column", "field", "message"),
    [
        (7, 5, "", "row 9, column 6 holds nothing"),
        (7, 5, "NaN", "row 9, column 6 holds NaN"),
        (7, 5, "-inf", "row 9, column 6 holds -inf"),
        (0, 0, "x7", "row 2, column 1 holds 'x7', not a number"),
        (23, 80, "1,5,3", "row 25 has 84 columns, the first has 82"),
        (3, 81, "", "row 5 has no label: column 82 holds nothing"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(
    tmp_path: Path, row: int, column: int, field: str, message: str
) -> None:
    rows: list[list[Any]] = [[*row, label] for row, label in zip(ROWS, LABELS, strict=True)]
    rows[row][column] = field
    assert message in error(tmp_path, table(rows, [*PIXELS, "label"]))


def test_a_trailing_comma_in_some_rows(tmp_path: Path) -> None:
    lines = csv().split(b"\n")
    lines[4] += b","
    sentence = "row 5 has 82 columns, the first has 81: it ends in a delimiter"
    assert sentence in error(tmp_path, b"\n".join(lines))
    lines = [line + b"," for line in csv().split(b"\n")]
    lines[4] = lines[4][:-1]
    sentence = "row 5 has 81 columns, the first has 82: the first ends in a delimiter"
    assert sentence in error(tmp_path, b"\n".join(lines))
    lines = [line + b"," for line in csv(np.tile(IMAGES, (10, 1, 1))).split(b"\n")]
    lines[220] += b"7"
    sentence = error(tmp_path, b"\n".join(lines))
    assert "row 221, column 82 holds '7', and the first row nothing" in sentence


def test_a_quotation_mark_that_is_not_closed(tmp_path: Path) -> None:
    rows = [[label, *row] for row, label in zip(ROWS, LABELS, strict=True)]
    rows[5][0] = '"cat'
    assert "row 7" in error(tmp_path, table(rows, ["label", *PIXELS]))


def test_colours_are_named(tmp_path: Path) -> None:
    rows = np.tile(IMAGES.reshape(24, 81), 3).tolist()
    sentence = error(tmp_path, table(rows, [f"pixel{i}" for i in range(243)]))
    assert "243 pixels per row, perhaps 9x9 in three colours" in sentence
