"""What stands around a table in a text file, and how its text is written."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file

from tests.core.data.test_csv_uploads import PIXELS, ROWS, error, pairs, read, table
from tests.core.data.upload_files import IMAGES, LABELS

WORDS = np.array(["ant", "owl", "cat"])[LABELS].tolist()
LABELLED = [[word, *row] for word, row in zip(WORDS, ROWS, strict=True)]
WITH_HEADER = table(LABELLED, ["label", *PIXELS])
NO_HEADER = table(LABELLED)
BESIDE = "The first column was read as the label: it is the only one beside the pixels."


def test_a_line_sep_that_the_rows_do_not_follow(tmp_path: Path) -> None:
    notes, found = read(tmp_path, b"sep= ,\n" + WITH_HEADER)
    assert (notes, found) == ([], pairs(IMAGES, WORDS))
    notes, found = read(tmp_path, b"sep=;\n" + WITH_HEADER)
    said = "The first line, sep=;, was not followed, because no row holds that delimiter."
    assert (notes, found) == ([said], pairs(IMAGES, WORDS))


# --- lines above and between the rows -------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "count", "quoted"),
    [
        ("Export of 3 March\n", 1, "Export of 3 March"),
        ("Export of 3/4/2026\n\nby Anna\n", 2, "Export of 3/4/2026"),
        ("Export" + "," * 81 + "\n" + "," * 81 + "\n", 1, "Export"),
        ("Date,2026-03-03\nUser,Anna\n", 2, "Date 2026-03-03"),
        ("Date,2026-03-03" + "," * 80 + "\n", 1, "Date 2026-03-03"),
        ('"Export, of 3 March"\n', 1, "Export, of 3 March"),
        ("# made by x\n# 24 rows\n", 2, "# made by x"),
        ("% made by x\n", 1, "% made by x"),
        ("// made by x\n", 1, "// made by x"),
        ("=====\n60\n", 2, "====="),
        ("line\n" * 9, 9, "line"),
    ],
)
def test_lines_above_the_table(tmp_path: Path, above: str, count: int, quoted: str) -> None:
    rows = "1 row above the table was" if count == 1 else f"{count} rows above the table were"
    end = f"left out: {quoted!r}." if count == 1 else f"left out, the first {quoted!r}."
    for plain, more in ((WITH_HEADER, []), (NO_HEADER, [BESIDE])):
        for content in (above.encode() + plain, (above.encode() + plain).replace(b"\n", b"\r\n")):
            notes, found = read(tmp_path, content)
            assert found == pairs(IMAGES, WORDS)
            assert notes == [f"{rows} {end}", *more]


def test_titles_in_tables_with_blanks(tmp_path: Path) -> None:
    """The words of a title may be as many columns as a quarter of the table."""
    title = "This table was written by a program for tests and holds as many words as it can bear"
    content = f"{title}, or more\n".encode() + WITH_HEADER.replace(b",", b" ")
    notes, found = read(tmp_path, content)
    assert found == pairs(IMAGES, WORDS)
    assert notes[0].startswith("1 row above the table was left out: 'This table was written")


def test_labels_that_begin_like_comments(tmp_path: Path) -> None:
    words = np.array(["#1", "#2", "%"])[LABELS].tolist()
    rows = [[word, *row] for word, row in zip(words, ROWS, strict=True)]
    assert read(tmp_path, table(rows)) == ([BESIDE], pairs(IMAGES, words))
    assert read(tmp_path, table(rows, ["label", *PIXELS])) == ([], pairs(IMAGES, words))


@pytest.mark.parametrize("sign", ["#", "%"])
def test_comments_between_the_rows(tmp_path: Path, sign: str) -> None:
    lines = WITH_HEADER.decode().split("\n")
    text = "\n".join([*lines[:9], f"{sign} half", *lines[9:], f"{sign} the end"])
    notes, found = read(tmp_path, text.encode())
    assert found == pairs(IMAGES, WORDS)
    assert notes == [f"2 rows that begin with {sign} were left out, the first '{sign} half'."]


def test_the_header_again(tmp_path: Path) -> None:
    """As two files that were put together have it."""
    notes, found = read(tmp_path, WITH_HEADER + b"\n" + WITH_HEADER)
    assert found == pairs(np.concatenate([IMAGES, IMAGES]), WORDS * 2)
    assert notes == ["The names of the columns, which row 26 repeats (once more), were left out."]


@pytest.mark.parametrize("line", ["owl,1,2", "24 rows", "Total,24", ",".join(["7"] * 81)])
def test_a_row_of_another_width_is_refused(tmp_path: Path, line: str) -> None:
    for row in (9, 25):
        lines = WITH_HEADER.decode().split("\n")
        lines.insert(row, line)
        sentence = error(tmp_path, "\n".join(lines).encode())
        assert f"row {row + 1} has {line.count(',') + 1} columns, the first has 82" in sentence
        assert sentence.endswith("leave it out.")


def test_names_of_several_levels(tmp_path: Path) -> None:
    """As pandas writes a MultiIndex of columns, and the name of the index below it."""
    levels = [
        ["", "label", *["pixel"] * 81],
        ["", "", *map(str, range(81))],
        ["row", *[""] * 82],
    ]
    rows = [[i, word, *row] for i, (word, row) in enumerate(zip(WORDS, ROWS, strict=True))]
    for some in (levels, levels[:2], [levels[0], levels[2]]):
        notes, found = read(tmp_path, table([*some, *rows]))
        assert found == pairs(IMAGES, WORDS)
        assert f"The first {len(some)} rows were read as the names of the columns." in notes


@pytest.mark.parametrize("label", ["", "label"])
@pytest.mark.parametrize("last", [False, True])
def test_names_of_two_levels_that_count(tmp_path: Path, label: str, last: bool) -> None:
    """As pandas writes columns of the rows and the columns of the images."""
    levels = [[str(i // 9) for i in range(81)], [str(i % 9) for i in range(81)]]
    rows: list[list[Any]] = list(ROWS)
    if label:
        beside = [label, "", *WORDS]
        levels = [
            [*row, name] if last else [name, *row]
            for row, name in zip(levels, beside[:2], strict=True)
        ]
        rows = [
            [*row, word] if last else [word, *row] for row, word in zip(ROWS, WORDS, strict=True)
        ]
    notes, found = read(tmp_path, table([*levels, *rows]))
    assert found == pairs(IMAGES, WORDS if label else None)
    assert notes == [
        "The first 2 rows, which count the rows and the columns of the images, were read as the "
        "names of the columns."
    ]


def test_an_image_that_pandas_took_for_names(tmp_path: Path) -> None:
    """As in the A-Z letters: 0, 0.1, 0.2 ... are the pixels of the first image."""
    names, seen = [], dict[int, int]()
    for value in [0] * 40 + [255] * 20 + [0] * 22:
        seen[value] = seen.get(value, -1) + 1
        names.append(f"{value}.{seen[value]}" if seen[value] else str(value))
    rows = [[label, *row] for label, row in zip(LABELS, ROWS, strict=True)]
    notes, found = read(tmp_path, table(rows, names))
    assert found == pairs(IMAGES, LABELS)
    assert notes[0] == (
        "The first row is an image that pandas took for the names of columns (0, 0.1, 0.2 ...): "
        "it was left out."
    )


# --- whole rows in quotation marks ----------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda line: f'"{line}"',
        lambda line: f'"{line}";',
        lambda line: f'"{line}",,,',
        lambda line: '"' + line.replace("owl", '""owl""') + '"',
        lambda line: line if "label" in line else f'"{line}"',
    ],
)
def test_rows_in_quotation_marks(tmp_path: Path, write: Callable[[str], str]) -> None:
    for plain, more in ((WITH_HEADER, []), (NO_HEADER, [BESIDE])):
        for end in ("\n", "\r\n"):
            content = end.join(map(write, plain.decode().split("\n"))).encode()
            notes, found = read(tmp_path, content)
            assert found == pairs(IMAGES, WORDS)
            assert notes == ["Quotation marks around whole rows were removed.", *more]


# --- the end of the file, and encodings -----------------------------------------------------


def test_the_end_of_a_file_of_dos(tmp_path: Path) -> None:
    for end in (b"\x1a", b"\n\x1a", b"\r\n\x1a\r\n", b"\n" + b"\x1a" * 100, b"\n\x1a\0\0\0"):
        assert read(tmp_path, WITH_HEADER + end) == ([], pairs(IMAGES, WORDS))
    sentence = error(tmp_path, WITH_HEADER + b"\n\x1a\n" + NO_HEADER)
    assert "row 26 holds a Ctrl-Z, which ends a text, but more follows" in sentence


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    assert "row 26 holds a NUL" in error(tmp_path, WITH_HEADER + b"\n\0\0\0")
    assert "row 3 holds a NUL" in error(tmp_path, WITH_HEADER.replace(b"owl", b"o\0l", 1))


@pytest.mark.parametrize("word", ["owl", "Käuzchen", "フクロウ"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(tmp_path: Path, word: str, encoding: str) -> None:
    for plain, more in ((WITH_HEADER, []), (NO_HEADER, [BESIDE])):
        text = plain.decode().replace("owl", word)
        notes, found = read(tmp_path, text.encode(encoding))
        assert found == pairs(IMAGES, [word if w == "owl" else w for w in WORDS])
        assert notes == more
    assert "is damaged" in error(tmp_path, WITH_HEADER.decode().encode(encoding) + b"x")


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32_is_named(tmp_path: Path, encoding: str) -> None:
    assert "UTF-32" in error(tmp_path, WITH_HEADER.decode().encode(encoding))


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("cp1252", "Käuzchen"),
        ("cp1251", "сова"),
        ("koi8-r", "сова"),
        ("shift_jis", "フクロウ"),
        ("euc-jp", "フクロウ"),
        ("iso-2022-jp", "フクロウ"),
        ("gbk", "小狗"),
        ("big5", "貓頭鷹"),
        ("euc-kr", "올빼미"),
        ("mac-roman", "Käuzchen"),
        ("cp437", "Käuzchen"),
    ],
)
def test_other_encodings_are_named_with_the_row(tmp_path: Path, encoding: str, word: str) -> None:
    content = WITH_HEADER.decode().replace("owl", word).encode(encoding)
    sentence = error(tmp_path, content)
    assert sentence.startswith("a.csv is not in UTF-8: row 3 holds ")
    assert sentence.endswith("Save it as UTF-8.")


# --- texts in other formats -----------------------------------------------------------------


def _libsvm() -> bytes:
    buffer = io.BytesIO()
    dump_svmlight_file(IMAGES.reshape(24, 81).astype(float), LABELS, buffer, zero_based=False)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.libsvm", "a.svm", "a.t", "a.scale"])
def test_libsvm_files_are_named(tmp_path: Path, name: str) -> None:
    sentence = error(tmp_path, _libsvm(), name)
    assert " a libsvm file: convert it with python -c " in sentence
    assert sentence.endswith(", where 784 is the number of pixels.")


def test_the_line_that_converts_a_libsvm_file_does(tmp_path: Path) -> None:
    (tmp_path / "a.svm").write_bytes(_libsvm())
    line = re.search(r'python -c "(.*)"', error(tmp_path, _libsvm(), "a.svm"))
    assert line
    code = line[1].replace("784", "81")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert read(tmp_path, (tmp_path / "a.npz").read_bytes(), "a.npz")[1] == pairs(IMAGES, LABELS)


ARFF = "@RELATION r\n@attribute a numeric\n@data\n" + NO_HEADER.decode()
RECORDS = [{"label": word, "pixels": row} for word, row in zip(WORDS, ROWS, strict=True)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (ARFF, "an ARFF file"),
        ("% 1. Title\n%\n\n% 2. Sources\n" * 50 + ARFF, "an ARFF file"),
        ("\n".join(map(json.dumps, RECORDS)), "a file of JSON lines"),
        (json.dumps(RECORDS), "a JSON file"),
        (json.dumps(RECORDS, indent=2), "a JSON file"),
        (json.dumps({"label": WORDS, "pixels": ROWS}), "a JSON file"),
        ("%%MatrixMarket matrix coordinate real general\n24 81 1\n1 1 5\n", "a MatrixMarket file"),
        ("-- dump\nCREATE TABLE x (y int);\nINSERT INTO x VALUES (1);\n", "a list of SQL commands"),
        ('<?xml version="1.0"?>\n<Workbook>\n</Workbook>', "an XML file"),
    ],
)
def test_tables_in_other_formats_are_named(tmp_path: Path, text: str, what: str) -> None:
    for name in ("a.csv", "a.tsv", "a.data"):
        assert f"{name} is really {what}: " in error(tmp_path, text.encode(), name)


def test_what_looks_like_another_format_is_read(tmp_path: Path) -> None:
    for names in (["insert", "into"], ["create", "date"], ["drop", "table"], ["{a", "b}"]):
        rows = [
            [i * 7 % 3, word, *row] for i, (word, row) in enumerate(zip(WORDS, ROWS, strict=True))
        ]
        content = table(rows, [names[0], "label", *PIXELS])
        assert read(tmp_path, content)[1] == pairs(IMAGES, WORDS)


def test_a_table_of_texts_and_numbers_under_the_ending_of_texts(tmp_path: Path) -> None:
    for content in (WITH_HEADER, NO_HEADER, table(ROWS)):
        assert "give it the ending .csv" in error(tmp_path, content, "a.txt")
