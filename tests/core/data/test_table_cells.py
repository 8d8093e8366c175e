"""Whole images in one cell each are read however they are written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.test_csv_uploads import error, pairs, read
from tests.core.data.upload_files import IMAGES, LABELS

WORDS = np.array(["ant", "owl", "cat"])[LABELS]


def cells(
    write: Callable[[np.ndarray], str], images: np.ndarray = IMAGES, delimiter: str = ","
) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(["label", "pixels"])
    writer.writerows(zip(WORDS, map(write, images), strict=True))
    return buffer.getvalue().encode()


def joined(sign: str) -> Callable[[np.ndarray], str]:
    return lambda image: sign.join(map(str, image.ravel()))


def rows_joined(sign: str, rows: str) -> Callable[[np.ndarray], str]:
    return lambda image: rows.join(sign.join(map(str, row)) for row in image)


@pytest.mark.parametrize(
    "write",
    [
        *map(joined, [" ", ",", ", ", ";", "|", "/", "_", ":", "\t", "\n"]),
        rows_joined(" ", "|"),
        rows_joined(",", ";"),
        rows_joined(" ", ";"),
        rows_joined(" ", "\n"),
        rows_joined(",", "|"),
        lambda image: str(image.tolist()),
        lambda image: str(image.ravel().tolist()),
        lambda image: json.dumps(image.tolist(), indent=1),
        lambda image: str(image.astype(float).tolist()),
        lambda image: str(tuple(image.ravel().tolist())),
        lambda image: f"{{{joined(',')(image)}}}",
        lambda image: str(image[..., None].tolist()),
        lambda image: str(image[None].tolist()),
        lambda image: str([np.uint8(pixel) for pixel in image.ravel()]),
        str,
        repr,
        lambda image: str(image.ravel()),
        lambda image: f"tensor({image.tolist()}, dtype=torch.uint8)",
    ],
)
def test_a_cell(tmp_path: Path, write: Callable[[np.ndarray], str]) -> None:
    for delimiter in (",", ";", "\t"):
        content = cells(write, delimiter=delimiter)
        assert read(tmp_path, content) == ([], pairs(IMAGES, WORDS))


def test_fractions_and_words(tmp_path: Path) -> None:
    white = "No pixel was above 1, so 1 was read as white."
    content = cells(lambda image: str((image / 255).tolist()))
    assert read(tmp_path, content) == ([white], pairs(IMAGES, WORDS))
    bits = IMAGES > 127
    notes, found = read(tmp_path, cells(lambda image: str(image.tolist()), bits))
    assert found == pairs((bits * 255).astype(np.uint8), WORDS)
    assert notes == ["The pixels are True and False, which were read as 1 and 0.", white]


@pytest.mark.parametrize("write", [str, repr, lambda image: str(image.ravel())])
def test_arrays_that_numpy_abbreviated(tmp_path: Path, write: Callable[[np.ndarray], str]) -> None:
    with np.printoptions(threshold=10):
        content = cells(write)
    assert "column pixels holds arrays that NumPy abbreviated with ..." in error(tmp_path, content)


def test_rows_that_form_no_square(tmp_path: Path) -> None:
    """Of 4 rows of 16 pixels an image of 8x8 could be made, but not the right one."""
    wide = IMAGES.reshape(24, 81)[:, :64].reshape(24, 4, 16)
    for write in (lambda image: str(image.tolist()), str, rows_joined(" ", "|")):
        assert "holds 4 rows of 16 pixels in a cell" in error(tmp_path, cells(write, wide))
    colour = np.stack([IMAGES] * 3, axis=-1)
    sentence = error(tmp_path, cells(lambda image: str(image.tolist()), colour))
    assert "243 pixels per row beside the label, perhaps 9x9 in three colours" in sentence


def test_cells_that_excel_cut_off(tmp_path: Path) -> None:
    content = cells(lambda image: (joined(",")(image) + ",7" * 20_000)[:32_767])
    assert "where Excel cuts them off" in error(tmp_path, content)


def test_a_cell_without_a_label(tmp_path: Path) -> None:
    for write in ("{}", '"{}"'):
        lines = [write.format(joined(" ")(image)) for image in IMAGES]
        notes, found = read(tmp_path, "\n".join(["pixels", *lines]).encode())
        assert found == pairs(IMAGES)
        assert notes in ([], ["1 row above the table was left out: 'pixels'."])
