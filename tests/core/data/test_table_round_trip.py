"""Random tables with all that people put around pixels are read back, whatever comes together."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tests.core.data.test_csv_round_trip import some_images
from tests.core.data.test_csv_uploads import pairs, read
from tests.core.data.upload_files import arrays_of, picture

PROPERTY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
CLASSES = (["ant", "owl", "cat"], ["T", "F"], ["0", "1", "2"], ["10", "20"], ["a b", "c,d", 'e"f'])
CELLS: list[Callable[[np.ndarray], str]] = [
    *((lambda image, sign=sign: sign.join(map(str, image.ravel()))) for sign in " ,;|:_/"),
    lambda image: str(image.tolist()),
    lambda image: str(image.ravel().tolist()),
    lambda image: ";".join(" ".join(map(str, row)) for row in image),
    str,
    repr,
]
Column = tuple[str, list[Any]]


@st.composite
def some_columns(draw: st.DrawFn, n: int) -> tuple[list[Column], list[str], list[bool] | None]:
    """Columns to put beside the pixels, the labels that they mean, and which rows are held out."""
    classes = draw(st.sampled_from(CLASSES))
    rng = np.random.default_rng(n)
    indices = [0, 1, *rng.integers(0, len(classes), n - 2)]
    labels = [classes[i] for i in indices]
    name = draw(st.sampled_from(["label", "class", "Target", "kind", "what"]))
    columns: list[Column] = [(name, labels)]
    if draw(st.integers(0, 3)) == 0:
        words = draw(st.sampled_from([(1, 0), (True, False), ("TRUE", "FALSE"), ("1.0", "0.0")]))
        flags = [[words[int(i != k)] for i in indices] for k in range(len(classes))]
        columns = [(f"is_{name}", column) for name, column in zip(classes, flags, strict=True)]
    held_out = None
    if draw(st.booleans()):
        held_out = [i % 5 == 0 for i in range(n)]
        held, trained = draw(st.sampled_from([("test", "train"), ("VAL", "Training"), (1, 0)]))
        split = [held if is_held else trained for is_held in held_out]
        columns.append(("is_test" if held == 1 else "part", split))
    if draw(st.booleans()):
        columns.append(("name", [f"d/img_{i}.png" for i in range(n)]))
    if draw(st.booleans()):
        columns.append(("id", list(range(n))))
    return columns, labels, held_out


def check_held_out(folder: Any, images: np.ndarray, held_out: list[bool] | None) -> None:
    if held_out is not None:
        expected = sorted(x.tobytes() for x, held in zip(images, held_out, strict=True) if held)
        assert sorted(x.tobytes() for x in arrays_of(folder)["x_test"]) == expected


@PROPERTY
@given(data=st.data())
def test_a_text_file_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    images = data.draw(some_images())
    n = len(images)
    columns, labels, held_out = data.draw(some_columns(n))
    delimiter = data.draw(st.sampled_from(",;\t|"))
    values, expected = images.astype(int), images
    sign = data.draw(st.sampled_from(["", "", "", *",.'’\xa0"]))
    if data.draw(st.booleans()):
        cell = data.draw(st.sampled_from(CELLS))
        pixels: list[Column] = [("pixels", [cell(image) for image in images])]
    else:
        if sign:
            values = values * 16
            expected = np.rint(values * (255 / 4095)).astype(np.uint8)
        flat = values.reshape(n, -1).T.tolist()
        write = (lambda v: f"{v:,}".replace(",", sign)) if sign else str
        pixels = [(f"pixel{i}", [write(v) for v in column]) for i, column in enumerate(flat)]
    place = data.draw(st.integers(0, len(columns)))
    columns = [*columns[:place], *pixels, *columns[place:]]
    buffer = io.StringIO()
    quotes_all = data.draw(st.booleans())
    dialect = csv.unix_dialect if quotes_all else csv.excel
    writer = csv.writer(buffer, dialect, delimiter=delimiter, lineterminator="\n")
    writer.writerow([name for name, _ in columns])
    writer.writerows(zip(*(column for _, column in columns), strict=True))
    text = buffer.getvalue()
    is_wide = len(columns) > 9
    plain = is_wide and not quotes_all
    if plain and data.draw(st.integers(0, 3)) == 0:
        lines = ('"' + line.replace('"', '""') + '"\n' for line in text.splitlines())
        text = "".join(lines)
    above = data.draw(st.sampled_from(["", "", "Export of 3 March\n", "# by x\n# y\n", "% z\n"]))
    if is_wide:
        text = above + text
    text = text.replace("\n", data.draw(st.sampled_from(["\n", "\r\n"])))
    text += data.draw(st.sampled_from(["", "", "\x1a"]))
    content = text.encode(data.draw(st.sampled_from(["utf-8", "utf-16", "utf-16-le"])))
    folder = tmp_path_factory.mktemp("table")
    notes, found = read(folder, content)
    assert found == pairs(expected, labels), text[:300]
    check_held_out(folder, expected, held_out)
    if above and is_wide:
        assert any("above the table" in note for note in notes)


@PROPERTY
@given(data=st.data())
def test_a_parquet_file_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    images = data.draw(some_images())
    n = len(images)
    columns, labels, held_out = data.draw(some_columns(n))
    flat = images.reshape(n, -1)
    kind = data.draw(st.sampled_from(["columns", "list", "rows", "png", "text", "fixed"]))
    layouts: dict[str, list[tuple[str, Any]]] = {
        "columns": [(f"p{i}", column) for i, column in enumerate(flat.T)],
        "list": [("image", flat.tolist())],
        "rows": [("image", images.tolist())],
        "png": [("image", [{"bytes": picture(image), "path": None} for image in images])],
        "text": [("image", [str(image.tolist()) for image in images])],
        "fixed": [("image", pa.FixedSizeListArray.from_arrays(flat.ravel(), flat.shape[1]))],
    }
    pixels = layouts[kind]
    place = data.draw(st.integers(0, len(columns)))
    made = dict([*columns[:place], *pixels, *columns[place:]])
    buffer = io.BytesIO()
    rows = data.draw(st.sampled_from([7, 1000]))
    parquet.write_table(pa.table(made), buffer, row_group_size=rows)
    folder = tmp_path_factory.mktemp("table")
    _, found = read(folder, buffer.getvalue(), "a.parquet")
    assert found == pairs(images, labels)
    check_held_out(folder, images, held_out)
