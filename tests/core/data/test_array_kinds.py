"""Arrays of every shape and type, and labels of every kind: what is read, and what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.data.test_array_uploads import X, Y, in_order, npy, read
from tests.core.data.upload_files import check_sentence, npz, parse, zipped

COLOUR = np.stack([X] * 3, axis=-1)
NAMES = np.array(["ant", "cat", "owl"])
SEED = "A fifth, 12 images drawn by a fixed seed, is held out."
HOT = np.eye(3)[Y]


def labels_of(folder: Path, content: bytes, name: str = "a.npz") -> tuple[list[str], list[str]]:
    """Return the label of each image of `X` in order, and the notes."""
    result = read(folder, content, name)
    found = in_order(result["x"], result["y"], X)
    return [result["label_names"][label] for label in found], list(result["notes"])


def texts(labels: np.ndarray) -> list[str]:
    return [str(label) for label in labels]


# --- shapes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "note"),
    [
        (X.transpose(1, 2, 0)[..., None], "The third axis of x (16, 16, 60, 1) counts the images"),
        (COLOUR.transpose(1, 2, 0, 3), "The third axis of x (16, 16, 60, 3) counts the images"),
        (X[None], "The second axis of x (1, 60, 16, 16) counts the images"),
        (COLOUR.transpose(1, 3, 2, 0), "The last axis of x (16, 3, 16, 60) counts the images"),
        (COLOUR.transpose(1, 2, 3, 0), "The last axis of x (16, 16, 3, 60) counts the images"),
        (COLOUR.transpose(3, 1, 2, 0), "The last axis of x (3, 16, 16, 60) counts the images"),
        (X[:, None], ""),
        (X[..., None], ""),
        (COLOUR.transpose(0, 3, 1, 2), ""),
        (X.reshape(60, 256), ""),
        (X.reshape(60, 256).T, "The last axis of x (256, 60) counts the images"),
    ],
)
def test_shapes(tmp_path: Path, x: np.ndarray, note: str) -> None:
    for labels in ({"y": Y}, {}):
        found, notes = labels_of(tmp_path, npz(x=x, **labels))
        assert found == (texts(Y) if labels else ["all"] * 60)
        assert any(note in sentence for sentence in notes)
        assert any("counts the images" in sentence for sentence in notes) == bool(note)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy(np.zeros((20, 30, 16, 16), "u1")), "with x.reshape(-1, 16, 16)"),
        (npy(np.zeros((20, 30, 16, 16, 3), "u1")), "with x.reshape(-1, 16, 16, 3)"),
        (npy(np.zeros((60, 16, 16, 2), "u1")), "1 or 3 channels, not 2: keep one"),
        (npy(np.zeros((64, 3, 64, 100), "u1")), "may be 64 images of 100x64 or 100 images of"),
        (npy(X + 1j), "complex numbers: save their real part"),
        (npy(np.array(3.0)), "single numbers"),
        (npy(Y), "It holds single numbers, such as labels"),
        (npz(arr_0=Y), "arr_0 (60,): one value per item, such as labels, but no images"),
        (npz(x=X[:, :, :15], y=np.arange(16)), "there are 16 labels. Save it with the images"),
        (npy(np.zeros((64, 64, 100, 3), "u1")), "may be 64 images of 100x64 or 100 images of"),
        (npz(arr_0=X[:45], arr_1=Y[:45], arr_2=X[45:], arr_3=Y[45:]), "several arrays that may"),
        (npz(cat=X, dog=X), "If each holds one class, join them, and save labels y."),
        (npz(x=np.array([*X, None], object)), "such as numpy.stack(list(x)) of images"),
        (npz(x=X, y=np.array(["a"] * 60, object)), "such as y.astype(str) of labels"),
        (npz(x=np.where(X[7, 3, 4] == X, np.nan, X)[7:]), "such as NaN, first in image 1."),
        (npz(x=np.r_[X, np.full((1, 16, 16), np.inf)]), "such as NaN, first in image 61."),
    ],
)
def test_what_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    reply = parse(tmp_path, content, "a.npz" if content[:2] == b"PK" else "a.npy")
    assert message in reply["error"]
    check_sentence(reply["error"])


ONE, TWO = slice(40), slice(40, None)


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (X.astype(float) * (1 / 255), X * 1.0, "save both alike"),
        (X / 255, X, "x_train lie between 0 and 1, and those of x_test between 0 and 255"),
        (X, X / 255, "save both alike"),
        (X * np.uint16(257), X, "save both alike"),
        (X / 127.5 - 1, X / 255, "x_train lie between -1 and 1, and those of x_test between 0"),
        (X, X.transpose(1, 2, 0), ""),
        (X, X.reshape(60, 256), "x_test of shape (20, 256) has its axes in another order"),
        (X, COLOUR, "x_test of shape (20, 16, 16, 3) has its axes in another order"),
        (X, X[:, 2:, 2:], "the images of x_train and x_test differ in shape"),
    ],
)
def test_parts_that_differ_are_refused(
    tmp_path: Path, train: np.ndarray, test: np.ndarray, message: str
) -> None:
    labels = {"y_train": Y[ONE], "y_test": Y[TWO]}
    content = npz(x_train=train[ONE], x_test=test[TWO] if message else test[..., TWO], **labels)
    sentence = parse(tmp_path, content, "a.npz")["error"]
    assert message in sentence
    check_sentence(sentence)


def test_images_of_two_ranges_are_refused(tmp_path: Path) -> None:
    mixed = np.where(np.arange(60)[:, None, None] < 25, X / 255, X)
    sentence = parse(tmp_path, npz(x=mixed), "a.npz")["error"]
    assert "25 images of x have pixels from 0 to 1, and 35 up to 255: save all" in sentence


def test_dark_pixels_are_named(tmp_path: Path) -> None:
    _, notes = labels_of_any(tmp_path, npz(x=X * 1e-4, y=Y))
    assert any(f"The brightest one is {X.max() * 1e-4:g}: if that" in note for note in notes)


def labels_of_any(folder: Path, content: bytes) -> tuple[tuple[str, ...], list[str]]:
    result = read(folder, content, "a.npz")
    return result["label_names"], list(result["notes"])


def test_a_pickled_dict(tmp_path: Path) -> None:
    sentence = parse(tmp_path, npy(np.array({"x": X}, object)), "a.npy")["error"]
    assert "numpy.load(..., allow_pickle=True).item()" in sentence


# --- arrays beside the images -------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrays", "labels", "note"),
    [
        ({"x": X, "y": 3}, None, "Left out: y (a single value)."),
        ({"x": X, "y": None}, None, "Left out: y (a single value)."),
        ({"x": X, "y": Y, "name": "abc", "seed": 1.5}, Y, "name (a single value) and seed"),
        ({"x": X, "y": Y, "info": {"a": 1}}, Y, "Left out: info (a single value)."),
        ({"data": X, "mask": X < 5}, None, "Left out: mask."),
        ({"faces": X.reshape(60, 256), "p": np.eye(4), "u": np.eye(16)}, None, "out: p and u."),
        ({"spots": X, "p": np.eye(4), "u": np.eye(10)}, None, "Left out: p and u."),
        ({"fea": X.reshape(60, 256), "gnd": Y + 0.0}, Y, "fea as images, gnd as labels"),
        ({"x": X, "y": Y, "list_classes": NAMES}, NAMES[Y], SEED),
        ({"x": X, "y": Y, "classes": NAMES.astype("S")}, NAMES[Y], SEED),
        ({"x": X, "label_names": NAMES}, None, "Left out: label_names."),
        ({"x": X, "y": NAMES[Y], "label_names": NAMES}, NAMES[Y], SEED),
        (
            {"x": X, "y": Y, "label_names": NAMES.astype(object)},
            Y,
            "Left out: label_names (pickled objects).",
        ),
    ],
)
def test_other_arrays(
    tmp_path: Path, arrays: dict[str, Any], labels: np.ndarray | None, note: str
) -> None:
    found, notes = labels_of(tmp_path, npz(**arrays))
    assert found == (["all"] * 60 if labels is None else texts(labels))
    assert any(note in sentence for sentence in notes), notes


@pytest.mark.parametrize("labels", [Y, NAMES[Y]])
def test_records(tmp_path: Path, labels: np.ndarray) -> None:
    records = np.zeros(60, [("image", "u1", (16, 16)), ("label", labels.dtype)])
    records["image"], records["label"] = X, labels
    for content, name in ((npy(records), "a.npy"), (npz(data=records), "a.npz")):
        assert labels_of(tmp_path, content, name)[0] == texts(labels)


def test_a_zip_of_npy_files_in_folders(tmp_path: Path) -> None:
    files = [
        (f"set/{part}/{name}.npy", npy(array[some]))
        for part, some in (("train", slice(40)), ("test", slice(40, None)))
        for name, array in (("images", X), ("labels", Y))
    ]
    content = zipped(("set/README.md", b"hello"), *files, ("__MACOSX/set/._x.npy", b"x"))
    kept = read(tmp_path, content, "a.zip")["kept"]
    assert np.array_equal(kept["x_train"], X[:40])
    assert np.array_equal(kept["x_test"], X[40:])
    assert np.array_equal(kept["y_test"], Y[40:])


# --- labels -------------------------------------------------------------------------------

DATES = np.array(["2020-01-01", "2020-01-02", "2020-01-03"])[Y]


@pytest.mark.parametrize(
    ("y", "labels", "note"),
    [
        (Y[None], Y, SEED),
        (Y[:, None, None], Y, SEED),
        (Y + 0.0, Y, SEED),
        (DATES.astype("M8[D]"), DATES, SEED),
        (DATES.astype("M8[ns]"), DATES, SEED),
        (HOT, Y, "of 3 columns, the one that holds 1 is the label"),
        (HOT.T, Y, "of 3 columns, the one that holds 1 is the label"),
        (HOT * 2 - 1, Y, "of 3 columns, the one that holds 1"),
        ((HOT * 0.9 + 0.1 / 3).astype("f4"), Y, "of 3 columns, the one that holds 0.933"),
        (np.where(Y == 0, -1, Y - 1), np.where(Y == 0, -1, Y - 1), "The label -1 (images: 20)"),
        (np.where(Y == 0, -1, 1), np.where(Y == 0, -1, 1), SEED),
        (np.where(Y == 0, "", NAMES[Y]), np.where(Y == 0, "(none)", NAMES[Y]), "is empty"),
        (
            np.where(Y == 0, "\u200b", NAMES[Y]),
            np.where(Y == 0, "(none)", NAMES[Y]),
            "A label (images: 20) holds nothing that can be seen: it is named (none).",
        ),
        (
            np.where(Y == 0, "\u202eant", NAMES[Y]),
            NAMES[Y],
            "Control characters were left out of the label ant.",
        ),
        (np.where(Y == 0, "\u06dd", "\u06de"), np.where(Y == 0, "\u06dd", "\u06de"), SEED),
        (np.where(Y == 0, "L" * 201, "M"), np.where(Y == 0, "L" * 200, "M"), "was cut to 200"),
    ],
)
def test_labels(tmp_path: Path, y: np.ndarray, labels: np.ndarray, note: str) -> None:
    found, notes = labels_of(tmp_path, npz(x=X, y=y))
    assert found == texts(labels)
    assert any(note in sentence for sentence in notes), notes
    assert len(notes) == (1 if note == SEED else 2)
    for sentence in notes:
        check_sentence(sentence)


def test_unlabelled_images_beside_names_of_labels(tmp_path: Path) -> None:
    y = np.where(np.arange(60) < 9, -1, Y)
    found, _ = labels_of(tmp_path, npz(x=X, y=y, label_names=NAMES))
    assert found == ["-1" if label < 0 else NAMES[label] for label in y]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.where(np.arange(60) == 3, np.nan, Y), "that of image 4 is nan"),
        (Y * 1e300, "that of image"),
        (Y + 0.5, f"that of image 1 is {Y[0] + 0.5}"),
        (np.random.default_rng(0).dirichlet([1, 1, 1], 60), "or leave the labels out"),
        (np.where(Y == 0, 3, 7)[:, None] * [1, 0] + [0, 1], "2 labels for each image"),
        (Y + 0j, "complex"),
        (np.where(Y == 0, "L" * 200 + "a", "L" * 200 + "b"), "after a cut to 200 characters"),
        (np.where(Y == 0, "L" * 3000 + "a", "L" * 3000 + "b"), "after a cut to 200 characters"),
        (np.where(Y == 0, "a", "a\u202e"), "two labels that both read 'a': rename one"),
        (np.where(Y == 0, "a", "a\u200b"), "two labels that look the same"),
    ],
)
def test_labels_that_are_refused(tmp_path: Path, y: np.ndarray, message: str) -> None:
    sentence = parse(tmp_path, npz(x=X, y=y), "a.npz")["error"]
    assert message in sentence
    check_sentence(sentence)
