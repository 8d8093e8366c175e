"""Data sets by name: grey square images, float32 in [0, 1], with the set's own split.

`VAE_LAB_DATA` names a folder that is looked in first (mnist.npz, fashion_mnist.npz in the layout
of keras.datasets); else the usual loader downloads. `digits` and `shapes` need neither.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vae_core import shapes
from vae_core.config import VaeLabError


class DatasetError(VaeLabError):
    """A data set is unknown, can't be had, or is not what it should be."""


@dataclass(frozen=True)
class Dataset:
    """Images and labels.

    Attributes:
        name: as asked for.
        x_train, x_test: (n, size, size) float32 in [0, 1]; x_test is held out.
        y_train, y_test: (n,) int64, index into label_names.
        label_names: one name a label.
        factors: (n, f) int64 of x_test, where what the images were made from is known.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    label_names: tuple[str, ...]
    factors: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self.x_train.shape[1], self.x_train.shape[2]

    @functools.cached_property
    def sha256(self) -> str:
        """Fingerprint of all arrays, stored with a run to tell what it was trained on."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


ALIGNMENT = 64  # bytes

DIGIT_NAMES = tuple(str(digit) for digit in range(10))
FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def _digits() -> Dataset:
    """scikit-learn's 1,797 real 8x8 digits; 360 of them held out by a fixed seed.

    Read from the file in its package: importing it takes 2 s and 80 MB, and pages show digits too.
    """
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise DatasetError("scikit-learn, which has the digits, is not installed: install it.")
    rows = np.loadtxt(Path(package.origin).parent / "datasets/data/digits.csv.gz", delimiter=",")
    order = np.random.default_rng(0).permutation(len(rows))
    images, labels = rows[order, :64].reshape(-1, 8, 8) / 16.0, rows[order, 64].astype(np.int64)
    return _checked("digits", images[360:], labels[360:], images[:360], labels[:360], DIGIT_NAMES)


def _shapes() -> Dataset:
    """15,000 pictures of known factors, no two the same; the last fifth is held out."""
    factors = shapes.sample_factors(15_000, seed=0)
    images, labels = shapes.draw(factors, 32), factors[:, 0]
    return replace(
        _checked(
            "shapes",
            images[:12_000],
            labels[:12_000],
            images[12_000:],
            labels[12_000:],
            shapes.SHAPES,
        ),
        factors=factors[12_000:],
    )


def _from_npz(name: str, label_names: tuple[str, ...]) -> Dataset:
    path = _local_file(f"{name}.npz")
    keys = ("x_train", "y_train", "x_test", "y_test")
    arrays = _read_npz(path, *keys) if path else _download(name)
    x_train, y_train, x_test, y_test = (arrays[key] for key in keys)
    return _checked(name, x_train, y_train, x_test, y_test, label_names)


def _local_file(file_name: str) -> Path | None:
    folder = os.environ.get("VAE_LAB_DATA")
    if not folder:
        return None
    if not Path(folder).is_dir():
        raise DatasetError(
            f"VAE_LAB_DATA names {folder!r}, which is not a folder: correct it or unset it."
        )
    path = Path(folder) / file_name
    return path if path.is_file() else None


def _read_npz(path: Path, *keys: str) -> dict[str, np.ndarray]:
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as data:
            return {key: data[key] for key in keys}
    except KeyError as error:
        raise DatasetError(
            f"{path} lacks an array: it must hold x_train, y_train, x_test and y_test."
        ) from error
    except Exception as error:  # NumPy, zipfile and zlib raise what they like on a damaged file
        raise DatasetError(
            f"{path} can't be read as a plain npz file; replace or remove it."
        ) from error


def _download(name: str) -> dict[str, np.ndarray]:
    import keras  # the loader brings TensorFlow: only in the training process

    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # urllib, ssl, hash and file errors alike mean: not to be had
        folder = os.environ.get("VAE_LAB_DATA")
        put = f"put {name}.npz into {folder}" if folder else "set VAE_LAB_DATA to a folder with it"
        raise DatasetError(
            f"data set {name!r} could not be downloaded: connect to a network, {put}, "
            "or use the bundled 'digits'."
        ) from error
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _checked(
    name: str,
    x_train: Any,
    y_train: Any,
    x_test: Any,
    y_test: Any,
    label_names: tuple[str, ...],
) -> Dataset:
    """Scale 8-bit images to [0, 1]; refuse what training can't use with a sentence that says why.

    Floats are taken to be in [0, 1] already.
    """
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if x.ndim != 3 or x.shape[1] != x.shape[2] or 0 in x.shape:
            raise DatasetError(
                f"{name}: x_{part} must be grey square images of shape (n, size, size), "
                f"got {x.shape}."
            )
        if x.dtype != np.uint8:
            _check_floats(name, part, x)
        if y.shape != (len(x),) or not np.issubdtype(y.dtype, np.integer):
            raise DatasetError(
                f"{name}: y_{part} must be {len(x)} whole-number labels, "
                f"got {y.dtype} of shape {y.shape}."
            )
        if y.min() < 0 or y.max() >= len(label_names):
            raise DatasetError(
                f"{name}: y_{part} must lie in 0 to {len(label_names) - 1}, "
                f"got {y.min()} to {y.max()}."
            )
    if x_train.shape[1:] != x_test.shape[1:]:
        raise DatasetError(
            f"{name}: train and test images differ in size, "
            f"{x_train.shape[1:]} and {x_test.shape[1:]}."
        )
    return Dataset(
        name,
        _scaled(x_train),
        np.ascontiguousarray(y_train, np.int64),
        _scaled(x_test),
        np.ascontiguousarray(y_test, np.int64),
        label_names,
    )


def _check_floats(name: str, part: str, x: np.ndarray) -> None:
    if not np.issubdtype(x.dtype, np.floating):
        raise DatasetError(f"{name}: x_{part} must be uint8 or float, got {x.dtype}.")
    if not np.isfinite(x).all():
        raise DatasetError(f"{name}: x_{part} has pixels that are not finite; remove them.")
    if x.min() < 0 or x.max() > 1:
        raise DatasetError(
            f"{name}: x_{part} must lie in [0, 1] (or be uint8), got {x.min():g} to {x.max():g}."
        )


def _scaled(images: np.ndarray) -> np.ndarray:
    """float32 in [0, 1], on a 64-byte boundary: TensorFlow then shares the memory."""
    buffer = np.empty(images.size * 4 + ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT
    aligned = buffer[start : start + images.size * 4].view(np.float32).reshape(images.shape)
    scale = np.float32(255 if images.dtype == np.uint8 else 1)
    return np.divide(images, scale, out=aligned, casting="same_kind")


class Source(NamedTuple):
    """How to load a data set, and what is known of it before."""

    load: Callable[[], Dataset]
    size: int  # pixels a side
    train_images: int
    bundled: bool = False  # there without a file and a network


# A new data set is a loader and a line here.
DATASETS = {
    "digits": Source(_digits, 8, 1437, bundled=True),
    "shapes": Source(_shapes, 32, 12_000, bundled=True),
    "mnist": Source(lambda: _from_npz("mnist", DIGIT_NAMES), 28, 60_000),
    "fashion_mnist": Source(lambda: _from_npz("fashion_mnist", FASHION_NAMES), 28, 60_000),
}


def check_name(name: str) -> None:
    """Raise DatasetError where there is no data set of that name."""
    if name not in DATASETS:
        raise DatasetError(f"unknown data set {name!r}: choose one of {', '.join(DATASETS)}.")


@functools.lru_cache(maxsize=2)
def load(name: str) -> Dataset:
    """The data set of that name; the last two stay in memory for the next run.

    Raises:
        DatasetError: unknown name, missing file and no network, or unusable content.
    """
    check_name(name)
    return DATASETS[name].load()


def held_out(name: str, indices: Sequence[int]) -> np.ndarray:
    """Some held-out images (k, size, size), for the pages.

    Of a file only these are kept, and nothing is downloaded: that would bring TensorFlow into the
    web process.

    Raises:
        DatasetError: the data set is not on this machine, damaged, or has fewer images.
    """
    check_name(name)
    if DATASETS[name].bundled:
        images = load(name).x_test
    else:
        images = _local_arrays(name, "x_test")["x_test"]
    if images.ndim != 3 or len(images) <= max(indices, default=0):
        raise DatasetError(f"{name}: x_test holds other images than the run was trained with.")
    picked = images[np.asarray(indices, int)]
    return picked if picked.dtype == np.float32 else _scaled(picked)


def training_chunks(name: str, chunk: int = 2000) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The training images (k, size, size) and their labels (k,), some at a time, for the pages.

    As floats all 60,000 of MNIST would take 190 MB; as in `held_out` nothing is downloaded.

    Raises:
        DatasetError: the data set is not on this machine or damaged.
    """
    check_name(name)
    if DATASETS[name].bundled:
        data = load(name)
        images, labels = data.x_train, data.y_train
    else:
        arrays = _local_arrays(name, "x_train", "y_train")
        images, labels = arrays["x_train"], arrays["y_train"]
    size = DATASETS[name].size
    if images.shape[1:] != (size, size) or labels.shape != images.shape[:1]:
        raise DatasetError(f"{name}: x_train holds other images than the run was trained with.")
    for start in range(0, len(images), chunk):
        part = images[start : start + chunk]
        scaled = part if part.dtype == np.float32 else _scaled(part)
        yield scaled, labels[start : start + chunk].astype(np.int64)


def _local_arrays(name: str, *keys: str) -> dict[str, np.ndarray]:
    """Arrays of a data set's file, if it is on this machine."""
    path = _local_file(f"{name}.npz")
    if path is None:
        raise DatasetError(
            f"The images of {name} are not on this machine: put {name}.npz into a folder and "
            "name it in VAE_LAB_DATA to see them."
        )
    return _read_npz(path, *keys)
