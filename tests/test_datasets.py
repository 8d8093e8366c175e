"""Data sets: real arrays as promised, and one clear sentence for everything that is not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vae_core import datasets
from vae_core.datasets import DatasetError


@pytest.fixture(autouse=True)
def _forget_loaded() -> None:
    datasets.load.cache_clear()


def arrays(**changes: Any) -> dict[str, np.ndarray]:
    images = np.arange(4 * 9, dtype=np.uint8).reshape(4, 3, 3)
    labels = np.arange(4)
    good: dict[str, np.ndarray] = {
        "x_train": images,
        "y_train": labels,
        "x_test": images,
        "y_test": labels,
    }
    return good | changes


def test_digits_are_whole_and_split_for_good() -> None:
    data = datasets.load("digits")
    assert data.x_train.shape == (1437, 8, 8)
    assert data.x_test.shape == (360, 8, 8)
    assert data.x_train.dtype == np.float32
    assert (data.x_train.min(), data.x_train.max()) == (0, 1)
    assert set(data.y_test) == set(range(10))
    held_out = {image.tobytes() for image in data.x_test}
    assert not held_out & {image.tobytes() for image in data.x_train}
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.images))[:360]
    assert data.x_test == pytest.approx(bunch.images[order] / 16)
    assert np.array_equal(data.y_test, bunch.target[order])
    digest = hashlib.sha256(data.y_test.astype("<i8").tobytes()).hexdigest()[:12]
    assert digest == "7323f6e1154d", "the split of the digits must never change"


@pytest.mark.mnist
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_mnist_from_the_folder(name: str) -> None:
    data = datasets.load(name)
    assert data.x_train.shape == (60_000, 28, 28)
    assert data.x_test.shape == (10_000, 28, 28)
    assert data.x_train.dtype == np.float32
    assert (data.x_train.min(), data.x_train.max()) == (0, 1)
    assert len(data.label_names) == 10


@pytest.mark.parametrize(
    "name",
    ["digits", *(pytest.param(n, marks=pytest.mark.mnist) for n in ("mnist", "fashion_mnist"))],
)
def test_what_is_said_before_loading_is_true(name: str) -> None:
    source, data = datasets.DATASETS[name], datasets.load(name)
    assert data.shape == (source.size, source.size)
    assert len(data.x_train) == source.train_images


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(DatasetError, match="digits, shapes, mnist"):
        datasets.load("minst")


def test_folder_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DatasetError, match="not a folder"):
        datasets.load("mnist")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (arrays(x_train=np.zeros((4, 3, 2), np.uint8)), "square"),
        (arrays(x_train=np.zeros((4, 3, 3, 3), np.uint8)), "grey square"),
        (arrays(x_test=np.full((4, 3, 3), np.nan)), "not finite"),
        (arrays(x_test=np.full((4, 3, 3), -1.0)), r"\[0, 1\]"),
        (arrays(x_test=np.full((4, 3, 3), 255.0)), r"\[0, 1\]"),
        (arrays(x_test=np.zeros((4, 3, 3), np.int32)), "uint8 or float"),
        (arrays(x_test=np.zeros((4, 5, 5), np.uint8)), "differ in size"),
        (arrays(y_train=np.arange(3)), "4 whole-number labels"),
        (arrays(y_train=np.arange(4) + 7), "0 to 9"),
    ],
)
def test_unusable_arrays(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: dict[str, np.ndarray],
    message: str,
) -> None:
    np.savez(tmp_path / "mnist.npz", allow_pickle=False, **content)
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=message):
        datasets.load("mnist")


def test_unreadable_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    path = tmp_path / "mnist.npz"
    np.savez(path, allow_pickle=False, x_train=np.zeros(3))
    with pytest.raises(DatasetError, match="lacks an array"):
        datasets.load("mnist")
    path.write_bytes(b"")
    with pytest.raises(DatasetError, match="can't be read"):
        datasets.load("mnist")
    path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(DatasetError, match="can't be read"):
        datasets.load("mnist")
    np.savez(path, allow_pickle=True, **arrays(x_train=np.array([{}], dtype=object)))
    with pytest.raises(DatasetError, match="can't be read"):
        datasets.load("mnist")


def test_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import keras

    def fail() -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", fail)
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=r"connect to a network, put mnist\.npz into"):
        datasets.load("mnist")


def test_held_out_images_without_the_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match="name it in VAE_LAB_DATA"):
        datasets.held_out("mnist", [0])
    x_test = arrays()["x_test"]
    np.savez(tmp_path / "mnist.npz", x_test=x_test)
    picked = datasets.held_out("mnist", [2, 0])
    assert picked.dtype == np.float32
    assert picked == pytest.approx(x_test[[2, 0]] / 255)
    with pytest.raises(DatasetError, match="other images"):
        datasets.held_out("mnist", [4])
    (tmp_path / "mnist.npz").write_bytes(b"PK")
    with pytest.raises(DatasetError, match="can't be read"):
        datasets.held_out("mnist", [0])
    digits = datasets.load("digits").x_test[[3]]
    assert np.array_equal(datasets.held_out("digits", [3]), digits)
