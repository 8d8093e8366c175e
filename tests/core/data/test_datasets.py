"""Data sets: their arrays, and one clear sentence for each file that can't be used."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.data.own_data import keep
from vae_core.config import RunConfig
from vae_core.data import excerpts, registry
from vae_core.data.dataset import DatasetError
from vae_core.data.own import OWN_NAME, own_names
from vae_core.data.registry import delete_own, own_file
from vae_core.runs.store import RunStore


@pytest.fixture(autouse=True)
def _forget_loaded() -> None:
    registry.load.cache_clear()


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


def arrays_of(images: np.ndarray) -> dict[str, np.ndarray]:
    return arrays(x_train=images, x_test=images)


def test_digits_have_a_fixed_split() -> None:
    data = registry.load("digits")
    assert data.x_train.shape == (1437, 8, 8, 1)
    assert data.x_test.shape == (360, 8, 8, 1)
    assert data.x_train.dtype == np.float32
    assert (data.x_train.min(), data.x_train.max()) == (0, 1)
    assert set(data.y_test) == set(range(10))
    held_out = {image.tobytes() for image in data.x_test}
    assert not held_out & {image.tobytes() for image in data.x_train}
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.images))[:360]
    assert data.x_test == pytest.approx(bunch.images[order, ..., None] / 16)
    assert np.array_equal(data.y_test, bunch.target[order])
    digest = hashlib.sha256(data.y_test.astype("<i8").tobytes()).hexdigest()[:12]
    assert digest == "7323f6e1154d", "the split of the digits must never change"


@pytest.mark.mnist
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_mnist_from_the_folder(name: str) -> None:
    data = registry.load(name)
    assert data.x_train.shape == (60_000, 28, 28, 1)
    assert data.x_test.shape == (10_000, 28, 28, 1)
    assert data.x_train.dtype == np.float32
    assert (data.x_train.min(), data.x_train.max()) == (0, 1)
    assert len(data.label_names) == 10


@pytest.mark.parametrize(
    "name",
    [
        "digits",
        "shapes",
        *(pytest.param(n, marks=pytest.mark.mnist) for n in ("mnist", "fashion_mnist")),
    ],
)
def test_the_source_agrees_with_the_loaded_data_set(name: str) -> None:
    source, data = registry.DATASETS[name], registry.load(name)
    assert data.item_shape == source.item_shape
    assert len(data.x_train) == source.train_images


def faces(people: int = 3) -> dict[str, np.ndarray]:
    """Return arrays in the layout of olivetti_faces.npz: ten distinct pictures per person."""
    images = np.arange(people * 10, dtype=np.uint8)[:, None, None] + np.zeros((1, 64, 64), np.uint8)
    images[:, 0, 0] = 0
    images[-1, 0, 1] = 100
    return {"images": images, "target": np.repeat(np.arange(people, dtype=np.uint8), 10)}


def test_three_pictures_of_each_person_are_held_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = faces()
    np.savez(tmp_path / "olivetti_faces.npz", allow_pickle=False, **content)
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    data = registry.load("olivetti_faces")
    assert data.item_shape == (64, 64, 1)
    assert np.bincount(data.y_test).tolist() == [3, 3, 3]
    assert np.bincount(data.y_train).tolist() == [7, 7, 7]
    numbers = [(part[:, 1, 1, 0] * 100).round().astype(int) for part in (data.x_train, data.x_test)]
    assert sorted(np.concatenate(numbers)) == list(range(30)), "each picture once, scaled"
    assert numbers[1].tolist() == [2, 4, 6, 12, 13, 19, 24, 25, 29], "the split must never change"
    assert data.label_names[2] == "person 2"
    # The web process reads the same images without loading the whole data set.
    assert np.array_equal(excerpts.held_out("olivetti_faces", [8, 0]), data.x_test[[8, 0]])
    ((images, labels),) = excerpts.training_chunks("olivetti_faces")
    assert np.array_equal(images, data.x_train)
    assert np.array_equal(labels, data.y_train)


def test_faces_from_scikit_learn_are_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """scikit-learn scales pixels to [0, 1]; the file has whole numbers."""
    import sklearn.datasets

    content = faces()
    bunch = sklearn.utils.Bunch(
        images=content["images"].astype(np.float32) / np.float32(100),
        target=content["target"].astype(int),
    )
    np.savez(tmp_path / "olivetti_faces.npz", allow_pickle=False, **content)
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    from_file = registry.load("olivetti_faces").sha256
    (tmp_path / "olivetti_faces.npz").unlink()
    registry.load.cache_clear()
    monkeypatch.setattr(sklearn.datasets, "fetch_olivetti_faces", lambda: bunch)
    assert registry.load("olivetti_faces").sha256 == from_file


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"images": np.zeros((10, 64, 64))}, "must hold images and target"),
        (faces() | {"target": np.zeros(3, int)}, r"target \(n,\)"),
        (faces() | {"target": np.full(30, 40)}, "0 to 39"),
        (faces() | {"target": np.zeros(30)}, "whole-number"),
        (faces() | {"images": np.full((30, 64, 64), np.nan)}, "not finite"),
    ],
)
def test_unusable_faces(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: dict[str, np.ndarray], message: str
) -> None:
    np.savez(tmp_path / "olivetti_faces.npz", allow_pickle=False, **content)
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=message):
        registry.load("olivetti_faces")


def test_no_faces_without_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sklearn.datasets

    def fail() -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(sklearn.datasets, "fetch_olivetti_faces", fail)
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=r"connect to a network, put olivetti_faces\.npz into"):
        registry.load("olivetti_faces")
    with pytest.raises(DatasetError, match="not on this machine"):
        excerpts.held_out("olivetti_faces", [0])


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(DatasetError, match="digits, shapes, mnist"):
        registry.load("minst")


def test_folder_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DatasetError, match="not a folder"):
        registry.load("mnist")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (arrays_of(np.zeros((4, 3, 2), np.uint8)), "grey squares"),
        (arrays_of(np.zeros((4, 3, 3, 3), np.uint8)), "grey squares"),
        (arrays_of(np.zeros((4, 9), np.uint8)), "grey squares"),
        (arrays(x_train=np.zeros((4, 3, 3, 2), np.uint8)), r"\(n, h, w, 3\)"),
        (arrays(x_train=np.zeros((4, 3, 2), np.uint8)), "differ in the shape"),
        (arrays(x_test=np.full((4, 3, 3), np.nan)), "not finite"),
        (arrays(x_test=np.full((4, 3, 3), -1.0)), r"\[0, 1\]"),
        (arrays(x_test=np.full((4, 3, 3), 255.0)), r"\[0, 1\]"),
        (arrays(x_test=np.zeros((4, 3, 3), np.int32)), "uint8 or float"),
        (arrays(x_test=np.zeros((4, 5, 5), np.uint8)), "differ in the shape"),
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
        registry.load("mnist")


def test_unreadable_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    path = tmp_path / "mnist.npz"
    np.savez(path, allow_pickle=False, x_train=np.zeros(3))
    with pytest.raises(DatasetError, match="lacks an array"):
        registry.load("mnist")
    path.write_bytes(b"")
    with pytest.raises(DatasetError, match="can't be read"):
        registry.load("mnist")
    path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(DatasetError, match="can't be read"):
        registry.load("mnist")
    np.savez(path, allow_pickle=True, **arrays(x_train=np.array([{}], dtype=object)))
    with pytest.raises(DatasetError, match="can't be read"):
        registry.load("mnist")


def test_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import keras

    def fail() -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", fail)
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=r"connect to a network, put mnist\.npz into"):
        registry.load("mnist")


def test_held_out_images_are_read_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match="set VAE_LAB_DATA to that folder"):
        excerpts.held_out("mnist", [0])
    x_test = arrays()["x_test"]
    np.savez(tmp_path / "mnist.npz", x_test=x_test)
    picked = excerpts.held_out("mnist", [2, 0])
    assert picked.dtype == np.float32
    assert picked == pytest.approx(x_test[[2, 0], ..., None] / 255)
    with pytest.raises(DatasetError, match="other images"):
        excerpts.held_out("mnist", [4])
    (tmp_path / "mnist.npz").write_bytes(b"PK")
    with pytest.raises(DatasetError, match="can't be read"):
        excerpts.held_out("mnist", [0])
    digits = registry.load("digits").x_test[[3]]
    assert np.array_equal(excerpts.held_out("digits", [3]), digits)


# --- data sets of users -----------------------------------------------------------------------


def own(name: str = "Cats & dogs.npz", count: int = 16) -> tuple[str, Path]:
    """Store a data set of 9x9 pixels, and return its name and path."""
    images = np.random.default_rng(0).integers(0, 256, (count, 9, 9)).astype(np.uint8)
    content = {
        "x_train": images,
        "y_train": np.zeros(count, np.uint8),
        "x_test": images[:4],
        "y_test": np.array([0, 1, 1, 0], np.uint8),
        "label_names": np.array(["cat", "dog"]),
    }
    path = keep(name, **content)
    return path.stem, path


@pytest.mark.usefixtures("own_store")
def test_an_own_data_set_is_loaded_by_name() -> None:
    name, path = own()
    assert name.startswith("own_cats_dogs_")
    assert RunConfig(dataset=name).id.startswith(name)
    assert registry.names() == [*registry.DATASETS, name]
    assert own_file(name) == path
    assert own_file("digits") is None
    source = registry.source(name)
    assert (source.item_shape, source.train_images) == ((9, 9, 1), 16)
    assert (source.bundled, source.own) == (False, True)
    data = registry.load(name)
    assert data.item_shape == (9, 9, 1)
    assert data.label_names == ("cat", "dog")
    assert np.array_equal(excerpts.held_out(name, [2, 0]), data.x_test[[2, 0]])
    chunks = list(excerpts.training_chunks(name, 10))
    assert [len(images) for images, _ in chunks] == [10, 6]
    assert np.array_equal(np.concatenate([images for images, _ in chunks]), data.x_train)
    for other in ("猫.npz", "a" * 500 + ".csv", "..npz", "/../x y.zip"):
        assert OWN_NAME.fullmatch(own(other)[0]), other


@pytest.mark.usefixtures("own_store")
def test_a_damaged_own_data_set_is_refused() -> None:
    name, path = own()
    content = path.read_bytes()
    place = content.index(b"x_test.npy") + 300
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with pytest.raises(DatasetError, match=r"damaged|can't be read"):
        registry.load(name)
    _, other = own("other.npz", count=20)
    other.replace(path)  # a valid file, but not with the content that the name says
    with pytest.raises(DatasetError, match="is damaged: delete it"):
        registry.load(name)
    path.write_bytes(content[:500])
    with pytest.raises(DatasetError, match="is damaged: delete it"):
        registry.source(name)
    path.unlink()
    path.symlink_to("/etc/passwd")
    with pytest.raises(DatasetError, match="not on this machine"):
        registry.source(name)
    assert own_names() == []


def test_names_with_a_path_are_unknown(own_store: RunStore) -> None:
    for name in (
        "own_../../x_00000000",
        "own_x_000000000000000g",
        "../digits",
        "own_x_0000000000000000\n",
        "",
    ):
        with pytest.raises(DatasetError, match="unknown data set"):
            registry.source(name)
    assert not own_store.root.exists()


def test_a_data_set_that_a_run_needs_is_not_deleted(own_store: RunStore) -> None:
    name, path = own()
    run = own_store.create(RunConfig(dataset=name))
    with pytest.raises(DatasetError, match=f"run {run.id} needs {name}: stop it first"):
        delete_own(name, own_store)
    run.lifecycle.request_cancel()
    delete_own(name, own_store)
    assert not path.exists()
    assert own_store.scan()[0][0].id == run.id
    for other in (name, "digits"):
        with pytest.raises(DatasetError):
            delete_own(other, own_store)
