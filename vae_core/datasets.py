"""Data sets by name: grey square images, float32 in [0, 1], with the set's own split; or texts.

`VAE_LAB_DATA` names a folder that is looked in first (mnist.npz, fashion_mnist.npz in the layout
of keras.datasets, olivetti_faces.npz as scikit-learn's loader has it: images and target); else the
usual loader downloads. `digits` and `shapes` need neither, and `shapes_NUMBER_SIZE` asks for as
many shapes of that many pixels a side, a fifth of them held out. `melodies` are made of scores that
music21 carries, and kept beside the user's own.

Data sets of the user's own (`vae_core.uploads` makes them) lie in `.datasets/<name>.npz` of the
default run store. Their name holds a hash of their content, so a name always means the same images.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import math
import os
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from vae_core import chorales, shapes, text
from vae_core.config import VaeLabError
from vae_core.runs import RunStore, default_store, replace_file
from vae_core.untrusted import RefusedError


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

    kind: ClassVar[str] = "images"

    @property
    def size(self) -> int:
        """Pixels a side."""
        return int(self.x_train.shape[1])

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


@dataclass(frozen=True)
class TextDataset(Dataset):
    """Texts and labels.

    Attributes:
        x_train, x_test: (n, length) int32 tokens, see `vae_core.text`; x_test is held out.
        vocabulary: the characters that tokens stand for.
    """

    vocabulary: str = ""
    kind: ClassVar[str] = "text"

    @property
    def size(self) -> int:
        """Tokens of a row: one more than the longest text has characters."""
        return int(self.x_train.shape[1])

    @functools.cached_property
    def sha256(self) -> str:
        """As of images, and of the vocabulary."""
        return hashlib.sha256((super().sha256 + self.vocabulary).encode()).hexdigest()


ALIGNMENT = 64  # bytes
NAMES, MELODIES = "names.txt", "melodies.npz"
NO_NAMES = (
    "data set 'names' needs names.txt, one name a line: put it into a folder and name that "
    "in VAE_LAB_DATA, or use the bundled 'unicode_names'."
)
NO_MELODIES = (
    "data set 'melodies' is made from the chorales in music21 when a run is first trained on it: "
    "pip install '.[music]', or put a melodies.npz made elsewhere into a folder and name that "
    "in VAE_LAB_DATA."
)

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


FACES = "olivetti_faces"
PEOPLE = tuple(f"person {number}" for number in range(40))
FACES_HELD_OUT = 3  # of the ten pictures of each person


def _olivetti_faces() -> Dataset:
    """The Olivetti faces (AT&T Laboratories Cambridge): 400 pictures, ten each of 40 people."""
    path = _local_file(f"{FACES}.npz")
    arrays = _read_npz(path, "images", "target") if path else _download_faces()
    return _checked(FACES, **_split_faces(arrays), label_names=PEOPLE)


def _split_faces(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Three pictures of each person, drawn by a fixed seed, are held out.

    By picture, not by person: 28 people would be too few to draw the faces of 12 others, and what
    is held out of them would say more about who happens to be among the 12 than about the model.
    So what a run has not seen are poses and expressions, not people. The brightest pixel of all
    becomes 1, as in scikit-learn, so that both sources give the same numbers.

    Args:
        arrays: images (n, size, size) of any range, target (n,), the person.
    """
    images, target = arrays["images"], np.asarray(arrays["target"])
    if images.ndim != 3 or target.shape != images.shape[:1] or not images.size:
        raise DatasetError(
            f"{FACES}: images must be of shape (n, size, size) and target (n,), got "
            f"{images.shape} and {target.shape}."
        )
    images = images.astype(np.float32)
    images -= images.min()
    images /= max(float(images.max()), 1e-6)
    rng = np.random.default_rng(0)
    held_out = np.zeros(len(target), bool)
    for person in np.unique(target):
        held_out[rng.permutation(np.flatnonzero(target == person))[:FACES_HELD_OUT]] = True
    return {
        "x_train": images[~held_out],
        "y_train": target[~held_out],
        "x_test": images[held_out],
        "y_test": target[held_out],
    }


def _download_faces() -> dict[str, np.ndarray]:
    # Takes 2 s and 80 MB to import: only in the training process.
    from sklearn.datasets import fetch_olivetti_faces

    try:
        found = fetch_olivetti_faces()
    except Exception as error:  # urllib, ssl, hash and file errors alike mean: not to be had
        raise _not_to_be_had(FACES) from error
    return {"images": found.images, "target": found.target}


def _unicode_names() -> Dataset:
    """5,845 names of characters, see `vae_core.text.unicode_names`; a fifth is held out."""
    return _of_items("unicode_names", text.split(*text.unicode_names()))


def _names() -> Dataset:
    """Given names from names.txt, each once; a fifth is held out."""
    path = _local_file(NAMES)
    if path is None:
        raise DatasetError(NO_NAMES)
    try:
        items, _ = text.items_of(path.read_bytes(), path.name)
    except RefusedError as error:
        raise DatasetError(f"{path.parent}: {error}") from error
    return _of_items("names", text.split(items))


def _melodies(make: bool = True) -> Dataset:
    """Two bars each of chorales, see `vae_core.chorales`.

    Args:
        make: where they are not here yet, and keep them.
    """
    path = _melodies_file()
    if path is None and make and chorales.available():
        arrays = chorales.make()
        path = own_folder() / MELODIES
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, lambda to: np.savez_compressed(to, allow_pickle=False, **arrays))
    if path is None:
        raise DatasetError(NO_MELODIES)
    return _of_items("melodies", _items(path, _read_npz(path, *OWN_KEYS, "vocabulary")))


def _melodies_file() -> Path | None:
    kept = own_folder() / MELODIES
    return _local_file(MELODIES) or (kept if kept.is_file() else None)


def melody_sources(part: str) -> list[str]:
    """Which bars of which chorale the melodies are, `train` or `test`, for the pages.

    Raises:
        DatasetError: they are not on this machine.
    """
    path = _melodies_file()
    if path is None:
        raise DatasetError(NO_MELODIES)
    key = f"sources_{part}"
    return list(map(str, _read_npz(path, key)[key]))


def _of_items(name: str, items: text.Items) -> TextDataset:
    return TextDataset(
        name=name,
        **items._asdict()
        | {"x_train": items.x_train.astype(np.int32), "x_test": items.x_test.astype(np.int32)},
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
        needed = " and ".join([", ".join(keys[:-1]), keys[-1]] if keys[1:] else keys)
        raise DatasetError(f"{path} lacks an array: it must hold {needed}.") from error
    except Exception as error:  # NumPy, zipfile and zlib raise what they like on a damaged file
        raise DatasetError(
            f"{path} can't be read as a plain npz file; replace or remove it."
        ) from error


def _rows(path: Path, key: str, chunk: int) -> Iterator[np.ndarray]:
    """Rows of an array of a plain npz file, some at a time: all of MNIST's are 47 MB."""
    try:
        with zipfile.ZipFile(path) as file, file.open(f"{key}.npy") as member:
            first = np.lib.format.read_magic(member) == (1, 0)
            shape, by_column, dtype = (
                np.lib.format.read_array_header_1_0(member)
                if first
                else np.lib.format.read_array_header_2_0(member)
            )
            if by_column or dtype.hasobject or not shape:
                raise ValueError("not rows of numbers")
            row = dtype.itemsize * math.prod(shape[1:])
            for start in range(0, shape[0], chunk):
                number = min(chunk, shape[0] - start)
                content = member.read(number * row)
                yield np.frombuffer(content, dtype).reshape(number, *shape[1:])
    except KeyError as error:
        raise DatasetError(f"{path} lacks an array: it must hold {key}.") from error
    except Exception as error:  # as in `_read_npz`
        raise DatasetError(
            f"{path} can't be read as a plain npz file; replace or remove it."
        ) from error


def _download(name: str) -> dict[str, np.ndarray]:
    import keras  # the loader brings TensorFlow: only in the training process

    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # urllib, ssl, hash and file errors alike mean: not to be had
        raise _not_to_be_had(name) from error
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _not_to_be_had(name: str) -> DatasetError:
    folder = os.environ.get("VAE_LAB_DATA")
    put = f"put {name}.npz into {folder}" if folder else "set VAE_LAB_DATA to a folder with it"
    return DatasetError(
        f"data set {name!r} could not be downloaded: connect to a network, {put}, "
        "or use the bundled 'digits'."
    )


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
    size: int  # pixels a side; of texts, tokens of the longest
    train_images: int  # or texts
    bundled: bool = False  # there without a file and a network
    own: bool = False  # of the user's
    kind: str = "images"  # or "text"
    stored: Callable[[], Dataset] | None = None  # for pages, where `load` may take a minute
    missing: Callable[[], str | None] = lambda: None  # how to get it, where it can't be had


SHAPES_NAME = re.compile(r"shapes(?:_([1-9][0-9]{0,8})_([1-9][0-9]{0,3}))?")
SHAPES_NUMBERS = (20, 50_000)  # of more the shapes with fewer looks would run out
SHAPES_SIZES = (8, 64)  # pixels a side
SHAPES_USUAL = (15_000, 32)  # number and size of `shapes`


def shapes_name(number: int, size: int) -> str:
    """The data set of so many shapes of so many pixels a side."""
    return "shapes" if (number, size) == SHAPES_USUAL else f"shapes_{number}_{size}"


def _drawn(name: str) -> tuple[int, int] | None:
    """How many shapes a name asks for, and their pixels a side; None of a name of another kind.

    Raises:
        DatasetError: as many, or such large ones, are not drawn.
    """
    found = SHAPES_NAME.fullmatch(name)
    if not found:
        return None
    number, size = map(int, found.groups()) if found[1] else SHAPES_USUAL
    for value, (low, high) in ((number, SHAPES_NUMBERS), (size, SHAPES_SIZES)):
        if not low <= value <= high:
            raise DatasetError(
                f"{name}: shapes_NUMBER_SIZE takes {SHAPES_NUMBERS[0]} to {SHAPES_NUMBERS[1]:,} "
                f"pictures of {SHAPES_SIZES[0]} to {SHAPES_SIZES[1]} pixels a side."
            )
    return number, size


@functools.lru_cache(maxsize=4)
def _shape_factors(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors of the training pictures and of the held-out ones, no two the same."""
    factors = shapes.sample_factors(number, seed=0)
    return factors[: -(number // 5)], factors[-(number // 5) :]


def _shapes_source(name: str, number: int, size: int) -> Source:
    def load() -> Dataset:
        train, test = _shape_factors(number)
        x_train, x_test = shapes.draw(train, size), shapes.draw(test, size)
        data = _checked(name, x_train, train[:, 0], x_test, test[:, 0], shapes.SHAPES)
        return replace(data, factors=test)

    return Source(load, size, number - number // 5, bundled=True)


# A new data set is a loader and a line here.
DATASETS = {
    "digits": Source(_digits, 8, 1437, bundled=True),
    "shapes": _shapes_source("shapes", *SHAPES_USUAL),
    "mnist": Source(lambda: _from_npz("mnist", DIGIT_NAMES), 28, 60_000),
    "fashion_mnist": Source(lambda: _from_npz("fashion_mnist", FASHION_NAMES), 28, 60_000),
    FACES: Source(_olivetti_faces, 64, 280),
    "unicode_names": Source(_unicode_names, 33, 4676, bundled=True, kind="text"),
    "names": Source(
        _names,
        16,
        23_596,
        kind="text",
        missing=lambda: None if _local_file(NAMES) else NO_NAMES,
    ),
    "melodies": Source(
        _melodies,
        33,
        2748,
        kind="text",
        stored=lambda: _melodies(make=False),
        missing=lambda: None if _melodies_file() or chorales.available() else NO_MELODIES,
    ),
}


# --- of the user's own --------------------------------------------------------------------

OWN_NAME = re.compile(r"own_[a-z0-9_]{1,19}_[0-9a-f]{16}")
OWN_KEYS = ("x_train", "y_train", "x_test", "y_test", "label_names")


def own_name(file_name: str, arrays: Mapping[str, np.ndarray]) -> str:
    """The name of a data set of the user's own: of its file, and a hash of its content.

    Args:
        file_name: in any script, of any length.
        arrays: `OWN_KEYS`.

    Returns:
        It matches `OWN_NAME`.
    """
    text = unicodedata.normalize("NFKD", Path(file_name).stem[:200]).encode("ascii", "ignore")
    slug = re.sub(r"[^a-z0-9]+", "_", text.decode().lower())[:19].strip("_") or "data"
    return f"own_{slug}_{_own_hash(arrays)}"


def _own_hash(arrays: Mapping[str, np.ndarray]) -> str:
    named = [str(name) for name in arrays["label_names"]]
    if "vocabulary" in arrays:
        named.append(str(arrays["vocabulary"]))
    digest = hashlib.sha256(json.dumps(named).encode())
    for key in OWN_KEYS[:4]:
        array = np.ascontiguousarray(arrays[key], np.uint8)
        digest.update(repr(array.shape).encode())
        digest.update(array.data)
    return digest.hexdigest()[:16]


def own_folder() -> Path:
    """Where the user's own data sets lie: copied with the runs, skipped by `RunStore.scan`."""
    return default_store().root / ".datasets"


def own_names() -> list[str]:
    """The user's own data sets on this machine, in alphabetical order."""
    return sorted(path.stem for path in own_folder().glob("own_*.npz") if _is_own(path))


def own_bytes() -> int:
    """What the user's own data sets take up on the disk."""
    return sum(path.stat().st_size for path in own_folder().glob("own_*.npz") if _is_own(path))


def _is_own(path: Path) -> bool:
    return bool(OWN_NAME.fullmatch(path.stem)) and path.is_file() and not path.is_symlink()


def own_file(name: str) -> Path | None:
    """The file of a data set of the user's own, to be taken to where it is trained.

    Returns:
        None for those that every installation knows or draws.

    Raises:
        DatasetError: there is no such data set here.
    """
    if name in DATASETS or _drawn(name):
        return None
    path = own_folder() / f"{name}.npz"
    if not OWN_NAME.fullmatch(name):
        raise DatasetError(f"unknown data set {name!r}: choose one of {', '.join(names())}.")
    if not _is_own(path):
        raise DatasetError(
            f"the data set {name} is not on this machine: upload its file again, or put "
            f"{name}.npz from where it is into {path.parent}."
        )
    return path


def delete_own(name: str, store: RunStore) -> None:
    """Remove a data set of the user's own; runs that were trained on it stay.

    Args:
        store: whose runs may need it.

    Raises:
        DatasetError: there is none of that name, or a run that trains or waits needs it.
    """
    path = own_file(name)
    if path is None:
        raise DatasetError(f"{name} comes with VAE Lab and can't be deleted.")
    for run in store.scan()[0]:
        if run.config.dataset == name and run.status().active:
            raise DatasetError(f"run {run.id} needs {name}: stop it first.")
    path.unlink(missing_ok=True)


def names() -> list[str]:
    """All data sets that can be asked for."""
    return [*DATASETS, *own_names()]


def source(name: str) -> Source:
    """How to load the data set of that name, and what is known of it before.

    Raises:
        DatasetError: there is none of that name here, or its file is damaged.
    """
    path = own_file(name)
    if path is None:
        drawn = _drawn(name)
        return _shapes_source(name, *drawn) if drawn else DATASETS[name]
    stat = path.stat()
    return _own_source(path, (stat.st_ino, stat.st_mtime_ns, stat.st_size))


@functools.lru_cache(maxsize=64)
def _own_source(path: Path, _signature: tuple[int, ...]) -> Source:
    """What the header of its file says: no pixel is read."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("x_train.npy") as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if len(shape) == 2 and dtype == np.uint8:
            return Source(lambda: _load_own_text(path), shape[1], shape[0], own=True, kind="text")
        n, height, width = shape
        if dtype != np.uint8 or height != width:
            raise ValueError(f"{dtype} of shape {shape}")
    except Exception as error:  # NumPy and zipfile raise what they like on a damaged file
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.") from error
    return Source(lambda: _load_own(path), width, n, own=True)


def _load_own(path: Path) -> Dataset:
    arrays = _read_npz(path, *OWN_KEYS)
    if path.stem.rsplit("_", 1)[-1] != _own_hash(arrays):
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.")
    label_names = tuple(str(name) for name in arrays.pop("label_names"))
    return _checked(path.stem, **arrays, label_names=label_names)


def _load_own_text(path: Path) -> Dataset:
    arrays = _read_npz(path, *OWN_KEYS, "vocabulary")
    if path.stem.rsplit("_", 1)[-1] != _own_hash(arrays):
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.")
    return _of_items(path.stem, _items(path, arrays))


def _items(path: Path, arrays: Mapping[str, np.ndarray]) -> text.Items:
    """Texts of a file, checked.

    Args:
        arrays: `OWN_KEYS` and `vocabulary`.
    """
    vocabulary = str(arrays["vocabulary"])
    highest = text.FIRST + len(vocabulary)
    if any(
        arrays[key].ndim != 2 or arrays[key].max(initial=0) >= highest
        for key in ("x_train", "x_test")
    ):
        raise DatasetError(f"{path} is damaged: delete it, and upload the data again.")
    return text.Items(
        x_train=arrays["x_train"],
        y_train=arrays["y_train"].astype(np.int64),
        x_test=arrays["x_test"],
        y_test=arrays["y_test"].astype(np.int64),
        label_names=tuple(str(name) for name in arrays["label_names"]),
        vocabulary=vocabulary,
    )


# --- by name ------------------------------------------------------------------------------


def check_name(name: str) -> None:
    """Raise DatasetError where there is no data set of that name."""
    source(name)


@functools.lru_cache(maxsize=2)
def load(name: str) -> Dataset:
    """The data set of that name; the last two stay in memory for the next run.

    Raises:
        DatasetError: unknown name, missing file and no network, or unusable content.
    """
    return source(name).load()


def stored(name: str) -> Dataset:
    """As `load`, but nothing is made that takes a minute: for the pages.

    Raises:
        DatasetError: see `load`; or it was not made yet.
    """
    return (source(name).stored or functools.partial(load, name))()


def held_out(name: str, indices: Sequence[int]) -> np.ndarray:
    """Some held-out images (k, size, size), for the pages.

    Of a file only these are kept, and nothing is downloaded: that would bring TensorFlow into the
    web process.

    Raises:
        DatasetError: the data set is not on this machine, damaged, or has fewer images.
    """
    drawn = _drawn(name)
    if drawn:  # what is not asked for isn't drawn
        images = _shape_factors(drawn[0])[1]
    elif source(name).bundled:
        images = load(name).x_test
    else:
        images = _local_arrays(name, "x_test")["x_test"]
    if len(images) <= max(indices, default=0) or images.ndim != (2 if drawn else 3):
        raise DatasetError(f"{name}: x_test holds other images than the run was trained with.")
    picked = images[np.asarray(indices, int)]
    if drawn:
        picked = shapes.draw(picked, drawn[1])
    return picked if picked.dtype == np.float32 else _scaled(picked)


class Factors(NamedTuple):
    """What pictures were made from.

    Attributes:
        names: one a factor.
        values: (n, f) int64.
    """

    names: tuple[str, ...]
    values: np.ndarray


def has_factors(name: str) -> bool:
    """Is it known what the images of that data set were made from?"""
    try:
        return _drawn(name) is not None
    except DatasetError:
        return False


def held_out_factors(name: str) -> Factors | None:
    """The known factors of the held-out images, for the pages; None of a set without any."""
    drawn = _drawn(name)
    return Factors(shapes.FACTORS, _shape_factors(drawn[0])[1]) if drawn else None


def texts(name: str, part: str, sha256: str | None = None) -> list[str]:
    """The texts of a data set for the pages: `train` or `test`, those held out.

    Args:
        sha256: of the content that is asked for, as a run has written it down; None of any.

    Raises:
        DatasetError: it holds images, or other texts, or is not on this machine.
    """
    data = stored(name)
    if not isinstance(data, TextDataset):
        raise DatasetError(f"{name} holds images, not texts.")
    if sha256 not in (None, data.sha256):
        raise DatasetError(f"{name} holds other texts than the run was trained with.")
    return text.decode(data.x_train if part == "train" else data.x_test, data.vocabulary)


def training_chunks(name: str, chunk: int = 2000) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The training images (k, size, size) and their labels (k,), some at a time, for the pages.

    As floats all 60,000 of MNIST would take 190 MB; as in `held_out` nothing is downloaded.

    Raises:
        DatasetError: the data set is not on this machine or damaged.
    """
    if drawn := _drawn(name):
        factors = _shape_factors(drawn[0])[0]
        for start in range(0, len(factors), chunk):
            rows = factors[start : start + chunk]
            yield _scaled(shapes.draw(rows, drawn[1])), rows[:, 0]
        return
    found = source(name)
    parts: Iterable[np.ndarray]
    if found.bundled or name == FACES:
        if found.bundled:
            data = load(name)
            images, labels = data.x_train, data.y_train
        else:
            images, labels = _local_arrays(name, "x_train", "y_train").values()
        parts = np.split(images, range(chunk, len(images), chunk))
    else:
        labels = _local_arrays(name, "y_train")["y_train"]
        parts = _rows(_local_path(name), "x_train", chunk)
    start = 0
    for part in parts:
        of_part = labels[start : start + len(part)]
        if part.shape[1:] != (found.size, found.size) or of_part.shape != part.shape[:1]:
            break
        yield part if part.dtype == np.float32 else _scaled(part), of_part.astype(np.int64)
        start += len(part)
    if start != len(labels):
        raise DatasetError(f"{name}: x_train holds other images than the run was trained with.")


def _local_path(name: str) -> Path:
    """A data set's file, if it is on this machine."""
    path = own_file(name) or _local_file(f"{name}.npz")
    if path is None:
        raise DatasetError(
            f"The images of {name} are not on this machine: put {name}.npz into a folder and "
            "name it in VAE_LAB_DATA to see them."
        )
    return path


def _local_arrays(name: str, *keys: str) -> dict[str, np.ndarray]:
    """Arrays of a data set's file, if it is on this machine."""
    path = _local_path(name)
    if name == FACES:
        parts = _split_faces(_read_npz(path, "images", "target"))
        return {key: parts[key] for key in keys}
    return _read_npz(path, *keys)
