"""An array beside the images says which are held out, or only numbers them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.data.test_array_uploads import X, Y, npy, read
from tests.core.data.test_matlab_uploads import mat
from tests.core.data.upload_files import npz, parse

HELD = np.arange(60) % 4 == 0
TEXTS = np.where(HELD, "test", "train")
NAMES = np.array(["train", "val", "test"])


@pytest.mark.parametrize(
    ("arrays", "note"),
    [
        ({"split": TEXTS}, "The array split was used as the split: train for training, test held"),
        ({"data_split": np.where(HELD, b"Val", b"Train")}, "Train for training, Val held out."),
        ({"is_test": HELD}, "The array is_test was used as the split."),
        (
            {"train_idx": np.flatnonzero(~HELD)[::-1], "test_idx": np.flatnonzero(HELD)},
            "The arrays train_idx and test_idx were used as the split.",
        ),
        (
            {"trainIndices": np.flatnonzero(~HELD) + 1, "valIndices": np.flatnonzero(HELD) + 1},
            "The arrays trainIndices and valIndices were used as the split.",
        ),
        ({"train_mask": ~HELD, "test_mask": HELD}, "The array train_mask was used as the split."),
        ({"set": np.where(HELD, 3, 1), "sets": NAMES}, "train for training, test held out."),
        ({"set": np.where(HELD, 1, 0), "sets": NAMES}, "train for training, val held out."),
    ],
)
def test_an_array_is_the_split(tmp_path: Path, arrays: dict[str, Any], note: str) -> None:
    result = read(tmp_path, npz(images=X, labels=Y, **arrays), "a.npz")
    assert np.array_equal(result["kept"]["x_train"], X[~HELD])
    assert np.array_equal(result["kept"]["x_test"], X[HELD])
    assert np.array_equal(result["kept"]["y_test"], Y[HELD])
    assert note in " ".join(result["notes"])


def test_structs_of_images_and_of_their_names(tmp_path: Path) -> None:
    """As MatConvNet saves a data set."""
    images = {"data": X.transpose(1, 2, 0), "labels": Y + 1.0, "set": np.where(HELD, 3.0, 1.0)}
    meta = {"classes": np.array(["a", "b", "c"], object), "sets": NAMES.astype(object)}
    result = read(tmp_path, mat(images=images, meta=meta), "imdb.mat")
    assert result["label_names"] == ("a", "b", "c")
    assert np.array_equal(result["kept"]["x_test"], X[HELD])
    assert np.array_equal(result["kept"]["y_train"], Y[~HELD])


@pytest.mark.parametrize(
    "arrays",
    [
        {"set": np.where(HELD, 2, 1)},
        {"set": np.where(HELD, 2, 1), "sets": NAMES},
        {"split": np.where(HELD, "red", "blue")},
        {"split": np.full(60, "train")},
        {"is_test": np.zeros(60, bool)},
        {"id": np.arange(60) + 7},
        {"train_idx": np.arange(40)},
        {"train_idx": np.arange(40), "test_idx": np.arange(39, 59)},
        {"train_idx": np.arange(40) + 2, "test_idx": np.arange(40, 60) + 2},
    ],
)
def test_other_arrays_are_left_out(tmp_path: Path, arrays: dict[str, Any]) -> None:
    result = read(tmp_path, npz(x=X, y=Y, **arrays), "a.npz")
    assert result["notes"][0] == f"Left out: {' and '.join(arrays)}."
    assert "drawn by a fixed seed" in result["notes"][1]


def test_numbers_of_rows_are_no_labels(tmp_path: Path) -> None:
    for arrays, names in (({}, ("all",)), ({"kind": Y}, ("0", "1", "2"))):
        result = read(tmp_path, npz(x=X, id=np.arange(60) + 7, **arrays), "a.npz")
        assert result["label_names"] == names
        assert any(note.startswith("Left out: id") for note in result["notes"])


def test_tables_and_sparse_arrays_are_refused(tmp_path: Path) -> None:
    table = np.zeros(60, [(f"p{i}", "u1") for i in range(64)])
    sentence = parse(tmp_path, npy(table), "a.npy")["error"]
    assert "holds a table of 64 fields: save it as .csv" in sentence
    parts = dict.fromkeys(("data", "indices", "indptr", "shape"), Y)
    sentence = parse(tmp_path, npz(**parts), "a.npz")["error"]
    assert "scipy.sparse.load_npz(...).toarray()" in sentence
