"""Random tables, written in every dialect by the libraries that people use, are read back."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.data.test_csv_uploads import pairs, read
from vae_core import sandbox

Draw = Callable[[st.SearchStrategy[Any]], Any]
DELIMITERS = (",", ";", "\t", "|", " ")
ENDS = ("\n", "\r\n", "\r")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")
LETTERS = st.characters(categories=["L", "Nd"], max_codepoint=0x24F) | st.sampled_from("猫ห, '&-#")


@st.composite
def some_images(draw: st.DrawFn) -> np.ndarray:
    """Images (n, side, side) uint8 with a bright and a dark pixel."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    side, n = draw(st.integers(8, 12)), draw(st.integers(20, 40))
    images = rng.integers(0, 256, (n, side, side)).astype(np.uint8)
    if draw(st.booleans()):  # a black border, as handwritten digits have
        images[:, [0, -1]] = images[:, :, [0, -1]] = 0
    images[:, 3, 3:5] = 0, 255
    return images


@st.composite
def some_labels(draw: st.DrawFn, n: int) -> list[Any]:
    """Labels (n,), numbers or texts, of at least two classes."""
    word = st.text(LETTERS, min_size=1, max_size=12).map(sandbox.clean_label)
    word = word.filter(lambda text: text[0].isalpha() and text.lower() not in ("nan", "inf"))
    classes: list[Any] = draw(
        st.just([0, 1, 2]) | st.just([3, 7]) | st.lists(word, min_size=2, max_size=5, unique=True)
    )
    rng = np.random.default_rng(n)
    return [classes[i] for i in [0, 1, *rng.integers(0, len(classes), n - 2)]]


def with_csv(draw: Draw, frame: pd.DataFrame, header: bool) -> str:
    buffer = io.StringIO()
    if draw(st.booleans()):
        buffer.write(f"sep={(delimiter := draw(st.sampled_from(DELIMITERS[:4])))}\n")
    else:
        delimiter = draw(st.sampled_from(DELIMITERS))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    rows = [frame.columns.tolist()] if header else []
    writer.writerows([*rows, *frame.values.tolist()])
    return buffer.getvalue()


def with_pandas(draw: Draw, frame: pd.DataFrame, header: bool) -> str:
    delimiter = draw(st.sampled_from(DELIMITERS[:4]))
    decimal = "," if delimiter != "," and draw(st.booleans()) else "."
    pixels = frame.columns[frame.columns != "label"]
    scaled = frame.assign(**{name: frame[name] / 255 for name in pixels})
    index = header and draw(st.booleans())
    return scaled.to_csv(sep=delimiter, decimal=decimal, index=index, header=header)


def with_numpy(draw: Draw, frame: pd.DataFrame, header: bool) -> str:
    buffer = io.StringIO()
    delimiter = draw(st.sampled_from(DELIMITERS))
    np.savetxt(
        buffer,
        frame.to_numpy(np.float64),
        draw(st.sampled_from(["%.18e", "%d", "%5.1f"])),
        delimiter,
        header=delimiter.join(frame.columns) if header else "",
    )
    return buffer.getvalue()


@pytest.mark.parametrize(
    "write", [with_csv, pytest.param(with_pandas, marks=pytest.mark.slow), with_numpy]
)
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_a_table_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    write: Callable[[Draw, pd.DataFrame, bool], str],
    data: st.DataObject,
) -> None:
    images = data.draw(some_images())
    pixels = images.shape[1] ** 2
    frame = pd.DataFrame(images.reshape(len(images), -1), columns=[f"p{i}" for i in range(pixels)])
    labels = None
    header = data.draw(st.booleans())
    if data.draw(st.booleans()):
        labels = data.draw(some_labels(len(images)))
        if write is with_numpy:
            labels = (np.arange(len(images)) % 3).tolist()
        # Without a header a label is told from pixels only on either side, if it is a number.
        place = data.draw(st.sampled_from([0, pixels, pixels // 2] if header else [0, pixels]))
        frame.insert(place, "label", labels)
    text = write(data.draw, frame, header)
    text = text.replace("\n", data.draw(st.sampled_from(ENDS)))
    content = text.encode(data.draw(st.sampled_from(ENCODINGS)))
    if data.draw(st.booleans()):
        content = gzip.compress(content)
    folder = tmp_path_factory.mktemp("table")
    assert read(folder, content)[1] == pairs(images, labels), text[:300]
