"""A file of the user's own -> a data set, or one sentence that says why not.

    .npz   `x`, or `x_train` and `x_test`: (n, h, w), (n, h, w, 3) or (n, pixels); labels `y`, or
           `y_train` and `y_test`, whole numbers or text; `label_names`
    .zip   PNG, JPEG, GIF, BMP, WebP or TIFF; labels are the names of folders, if all are in one
    .csv   an image a row; labels in a column named label, or in the first where the others make
           a square
    .txt   a text a line, for an architecture of texts; see `vae_core.text.items_of`

Colour becomes grey by the luma of ITU-R 601; of what is not square the middle is taken; where the
size differs it is resized (bilinear, over the area of each new pixel). Pixels are 0 to 255, or 0 to
1 where none is above 1. Without `x_test` a fifth is held out, drawn by a fixed seed.

Nobody knows what is in a file from outside, so it is read in a process of its own, whose memory
and time are limited:

    python -m vae_core.uploads REQUEST      prints one line of JSON, the summary or the error
"""

from __future__ import annotations

import contextlib
import io
import math
import shutil
import time
import warnings
import weakref
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps

from vae_core import text, untrusted
from vae_core.datasets import own_folder, own_name
from vae_core.runs import replace_file
from vae_core.untrusted import RefusedError

TEXT_ENDING = ".txt"
ENDINGS = (".npz", ".zip", ".csv", TEXT_ENDING)
SIZES = (8, 64)  # pixels a side, smallest and largest
DEFAULT_SIZE = 28  # where the images have no size of their own in that range
FEWEST_IMAGES = 20
FEWEST_HELD_OUT = 4
MOST_LABELS = 100
HELD_OUT = 5  # one of so many
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
LARGEST_SIDE = 10_000  # pixels of an image before it is resized
LARGEST_IMAGE = 50_000_000  # pixels
LONGEST_LINE = 1 << 20  # bytes of a CSV
CHUNK_BYTES = 8 << 20
SHOWN_LABELS, SHOWN_EACH = 10, 8  # pictures of the preview
LARGEST_TEXT = 32 << 20  # bytes of a text file
SHOWN_TEXTS = 20  # of the preview
ALIASES = {"target": "y", "labels": "y", "images": "x"}  # of scikit-learn and others
ARRAY_DTYPES = "biuf"  # kinds: truth values, whole numbers, floats


@dataclass(frozen=True)
class Limits:
    """What one file may take.

    Attributes:
        images: in all.
        file_bytes: of the file.
        unpacked_bytes: of all that is in an archive.
        pixels: of all images as they are kept, a byte each; training takes four.
        memory_bytes, seconds: of the process that reads it.
    """

    images: int = 200_000
    file_bytes: int = 1 << 30
    unpacked_bytes: int = 1 << 30
    pixels: int = 1 << 28
    memory_bytes: int = 2 << 30
    seconds: int = 120


LIMITS = Limits()


@dataclass(frozen=True)
class Summary:
    """What a file was made into.

    Attributes:
        name: see `vae_core.datasets.own_name`.
        size: pixels a side.
        train, test: images; test is held out.
        label_names: one a label.
        counts: images of each label, train and test together.
        notes: sentences on what was done to the images.
        kind: `images`, or `text`: then size is the tokens of the longest.
    """

    name: str
    size: int
    train: int
    test: int
    label_names: tuple[str, ...]
    counts: tuple[int, ...]
    notes: tuple[str, ...]
    kind: str = "images"


class Upload:
    """A file that was read, and is not kept yet: what it was made into lies in a private folder.

    The folder goes with this object, with the process, or with the next one that reads a file.

    Attributes:
        images, labels: (k, size, size) uint8 and (k,), some of each label, to be looked at.
        texts: (k,) str, of a text file; images and labels are empty then.
    """

    def __init__(self, summary: Summary, folder: Path) -> None:
        self.summary = summary
        self._data = folder / "data.npz"
        self.discard = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        with np.load(folder / "preview.npz", allow_pickle=False) as preview:
            self.images, self.labels = preview["images"], preview["labels"]
            self.texts = preview["texts"] if "texts" in preview else np.array([], str)

    def keep(self) -> str:
        """Put it among the user's own data sets, and return its name."""
        folder = own_folder()
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".*-own_*.npz"):  # of a process that died here
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > 3600:
                    left.unlink()
        path = folder / f"{self.summary.name}.npz"
        replace_file(path, lambda new: shutil.copyfile(self._data, new))
        self.discard()
        return self.summary.name


def read(
    content: Path | memoryview | bytes,
    file_name: str,
    size: int | None = None,
    limits: Limits = LIMITS,
) -> Upload:
    """Read a file in a process of its own.

    Args:
        content: the file, or what is in it.
        file_name: its ending says what it is; the data set is named after it.
        size: pixels a side; None for the images' own, or 28 where that is out of range.
        limits: of what it may take.

    Raises:
        RefusedError: it holds no data set; nothing is left of it.
    """
    untrusted.check_file(content, file_name, ENDINGS, limits.file_bytes)
    with untrusted.private_folder() as folder:
        path = content if isinstance(content, Path) else folder / "file"
        if not isinstance(content, Path):
            path.write_bytes(content)
        request = {
            "path": str(path.absolute()),
            "file_name": file_name,
            "size": size,
            "limits": asdict(limits),
            "folder": str(folder),
        }
        child = untrusted.Child(limits.memory_bytes, limits.seconds)
        found = untrusted.ask_child("vae_core.uploads", request, child, untrusted.shown(file_name))
        (folder / "file").unlink(missing_ok=True)
        for key in ("label_names", "counts", "notes"):
            found[key] = tuple(found[key])
        return Upload(Summary(**found), folder)


# --- in the child -------------------------------------------------------------------------


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Read one file as `read` asks.

    Returns:
        The fields of `Summary`; data.npz and preview.npz are in the folder that was asked for.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        summary = _parse(
            Path(request["path"]),
            request["file_name"],
            request["size"],
            Limits(**request["limits"]),
            Path(request["folder"]),
        )
    return asdict(summary)


def _parse(path: Path, file_name: str, size: int | None, limits: Limits, folder: Path) -> Summary:
    if size is not None and not SIZES[0] <= size <= SIZES[1]:
        raise RefusedError(f"The size must be from {SIZES[0]} to {SIZES[1]} pixels, got {size}.")
    untrusted.check_file(path, file_name, ENDINGS, limits.file_bytes)
    shown = untrusted.shown(file_name)
    if Path(file_name).suffix.lower() == TEXT_ENDING:
        return _parse_text(path, file_name, shown, folder)
    images = _Images(shown, size, limits)
    reader = {".npz": _read_npz, ".zip": _read_zip, ".csv": _read_csv}
    raw = reader[Path(file_name).suffix.lower()](path, images)
    if images.count < FEWEST_IMAGES:
        raise RefusedError(
            f"{shown} holds {images.count} {'image' if images.count == 1 else 'images'}: at least "
            f"{FEWEST_IMAGES} are needed."
        )
    labels, label_names = _labels(shown, raw.labels, raw.label_names, images.count)
    x = images.joined()
    order, notes = np.arange(len(x)), images.notes()
    train = raw.train
    if train is None:
        order = np.random.default_rng(0).permutation(len(x))
        train = len(x) - len(x) // HELD_OUT
        notes.append(f"A fifth, {len(x) - train:,} images drawn by a fixed seed, is held out.")
    elif len(x) - train < FEWEST_HELD_OUT or train < FEWEST_IMAGES - FEWEST_HELD_OUT:
        raise RefusedError(
            f"{shown}: x_train must hold at least {FEWEST_IMAGES - FEWEST_HELD_OUT} images and "
            f"x_test {FEWEST_HELD_OUT}, got {train} and {len(x) - train}."
        )
    chosen, held_out = order[:train], order[train:]
    arrays = {
        "x_train": x[chosen],
        "y_train": labels[chosen],
        "x_test": x[held_out],
        "y_test": labels[held_out],
        "label_names": np.array(label_names),
    }
    np.savez(folder / "data.npz", allow_pickle=False, **arrays)
    counts = np.bincount(labels, minlength=len(label_names))
    _write_preview(folder / "preview.npz", x, labels)
    return Summary(
        own_name(file_name, arrays),
        int(x.shape[1]),
        len(chosen),
        len(held_out),
        label_names,
        tuple(int(count) for count in counts),
        (*raw.notes, *notes),
    )


def _parse_text(path: Path, file_name: str, shown: str, folder: Path) -> Summary:
    if path.stat().st_size > LARGEST_TEXT:
        raise RefusedError(
            f"{shown} is larger than {untrusted.in_bytes(LARGEST_TEXT)}: leave some lines out."
        )
    texts, notes = text.items_of(path.read_bytes(), shown)
    items = text.split(texts)
    arrays = {key: np.array(value) for key, value in items._asdict().items()}
    np.savez(folder / "data.npz", allow_pickle=False, **arrays)
    np.savez(
        folder / "preview.npz",
        allow_pickle=False,
        images=np.zeros((0, 1, 1), np.uint8),
        labels=np.zeros(0, np.int64),
        texts=np.array(text.decode(items.x_train[:SHOWN_TEXTS], items.vocabulary)),
    )
    counts = np.bincount(np.concatenate([items.y_train, items.y_test]))
    notes.append(f"A fifth, {len(items.x_test):,} texts drawn by a fixed seed, is held out.")
    return Summary(
        own_name(file_name, arrays),
        int(items.x_train.shape[1]),
        len(items.x_train),
        len(items.x_test),
        items.label_names,
        tuple(int(count) for count in counts),
        tuple(notes),
        "text",
    )


def _write_preview(path: Path, x: np.ndarray, labels: np.ndarray) -> None:
    """Some pictures of the labels that have most."""
    counts = np.bincount(labels)
    largest = np.sort(np.argsort(-counts, kind="stable")[:SHOWN_LABELS])
    some = np.concatenate([np.flatnonzero(labels == label)[:SHOWN_EACH] for label in largest])
    np.savez(path, allow_pickle=False, images=x[some], labels=labels[some])


@dataclass(frozen=True)
class _Raw:
    """What a file holds beside the images.

    Attributes:
        labels: one an image, numbers or text; None where there are none.
        label_names: that numbers point to.
        train: images of x_train, which come first; None where nothing is held out yet.
        notes: sentences on how it was read.
    """

    labels: Sequence[Any] | np.ndarray | None
    label_names: tuple[str, ...] | None = None
    train: int | None = None
    notes: tuple[str, ...] = ()


class _Images:
    """Collects images as grey squares of one size, uint8.

    Args:
        shown: name of the file, for sentences.
        size: pixels a side, or None for the images' own.
    """

    def __init__(self, shown: str, size: int | None, limits: Limits) -> None:
        self.shown, self.size, self.limits = shown, size, limits
        self.own_size = size is None
        self.count = 0
        self._parts: list[np.ndarray] = []
        self._brightest = 0.0
        self._shares = True  # no pixel was above 1 so far: they are shares of white
        self._sources: Counter[tuple[int, int]] = Counter()
        self._colour = False

    def expect(self, count: int) -> None:
        """Refuse so many images in all before any is read."""
        if count > self.limits.images:
            raise RefusedError(
                f"{self.shown} holds more than {self.limits.images:,} images: leave some out."
            )
        pixels = count * (self.size or SIZES[0]) ** 2
        if pixels > self.limits.pixels:
            most = math.isqrt(self.limits.pixels // count)
            raise RefusedError(
                f"{self.shown}: {count:,} images of {self.size}x{self.size} pixels are too much; "
                f"choose a size of at most {most} pixels, or fewer images."
            )

    def add(self, values: np.ndarray) -> None:
        """Some images (k, h, w) or (k, h, w, 3) of one size, as any numbers."""
        if not np.isfinite(values).all():
            raise RefusedError(f"{self.shown} has pixels that are no finite numbers, such as NaN.")
        lowest, brightest = float(values.min()), float(values.max())
        if lowest < 0:
            raise RefusedError(
                f"{self.shown} has negative pixels ({lowest:g}): scale them to 0 to 255, or to 0 "
                "to 1."
            )
        if brightest > 255:
            raise RefusedError(
                f"{self.shown} has pixels above 255 ({brightest:g}): scale them to 0 to 255, or to "
                "0 to 1."
            )
        self._brightest = max(self._brightest, brightest)
        if self._shares and brightest > 1:
            self._shares = False
            self._parts = [np.rint(part / 255).astype(np.uint8) for part in self._parts]
        if values.ndim == 4:
            values = values @ np.array([0.299, 0.587, 0.114])
        scaled = values.astype(np.float64) * 255 if self._shares else values
        self._add_grey(np.rint(scaled).astype(np.uint8), colour=values.ndim == 4)

    def add_picture(self, picture: np.ndarray, colour: bool) -> None:
        """One image (h, w) uint8 of a picture file."""
        self._shares = False
        self._brightest = 255.0
        self._add_grey(picture[None], colour)

    def _add_grey(self, images: np.ndarray, colour: bool) -> None:
        self._colour |= colour
        self.count += len(images)
        self._sources[images.shape[1:]] += len(images)
        side = min(images.shape[1:])
        top, left = ((length - side) // 2 for length in images.shape[1:])
        images = images[:, top : top + side, left : left + side]
        if self.size is None:
            self.size = side if SIZES[0] <= side <= SIZES[1] else DEFAULT_SIZE
        elif self.own_size and self.size not in (side, DEFAULT_SIZE):
            self.size = DEFAULT_SIZE
            self._parts = [_resized(part, DEFAULT_SIZE) for part in self._parts]
        self.expect(self.count)
        self._parts.append(_resized(images, self.size))

    def joined(self) -> np.ndarray:
        """All of them, (n, size, size) uint8; once."""
        parts, self._parts = self._parts, []
        return np.concatenate(parts)

    def notes(self) -> list[str]:
        """What was done to them, in sentences."""
        found = []
        if self._colour:
            found.append("Colour became grey (luma of ITU-R 601).")
        sizes = list(self._sources)
        if any(height != width for height, width in sizes):
            found.append("Of images that are not square the middle was taken.")
        if any(min(size) != self.size for size in sizes):
            heights, widths = zip(*sizes, strict=True)
            least, most = f"{min(widths)}x{min(heights)}", f"{max(widths)}x{max(heights)}"
            of = least if least == most else f"{least} to {most}"
            found.append(f"Images of {of} pixels were resized to {self.size}x{self.size}.")
        if self._brightest <= 1:
            found.append("No pixel was above 1, so 1 was taken for white.")
        elif self._brightest < 64:
            found.append(
                f"The brightest pixel is {self._brightest:g} of 255: if that should be white, "
                "scale the pixels to 0 to 255, or to 0 to 1."
            )
        return found


def _resized(images: np.ndarray, size: int) -> np.ndarray:
    if images.shape[1] == size:
        return np.ascontiguousarray(images)
    out = np.empty((len(images), size, size), np.uint8)
    for image, new in zip(images, out, strict=True):
        picture = Image.fromarray(np.ascontiguousarray(image))
        new[:] = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR))
    return out


def _labels(
    shown: str,
    values: Sequence[Any] | np.ndarray | None,
    given: tuple[str, ...] | None,
    count: int,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels as (n,) uint8 and their names."""
    if values is None:
        return np.zeros(count, np.uint8), ("all",)
    if len(values) != count:
        raise RefusedError(f"{shown} has {count:,} images and {len(values):,} labels.")
    array = np.asarray(values)
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.rint(array)).all():
        array = array.astype(np.int64)
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iuU":
        raise RefusedError(f"{shown} has labels that are neither whole numbers nor text.")
    if array.dtype.kind == "U":
        with contextlib.suppress(ValueError, OverflowError):
            array = array.astype(np.int64)  # so that 10 comes after 9
    known, labels = np.unique(array, return_inverse=True)
    if len(known) > MOST_LABELS:
        raise RefusedError(
            f"{shown} has {len(known):,} different labels: at most {MOST_LABELS} are taken."
        )
    if given is not None:
        if array.dtype.kind == "U" or known[0] < 0 or known[-1] >= len(given):
            raise RefusedError(
                f"{shown}: with {len(given)} label_names the labels must be whole numbers from 0 "
                f"to {len(given) - 1}."
            )
        known = np.array(given)[known.astype(np.int64)]
    names = tuple(untrusted.label(str(value)) for value in known)
    if len(set(names)) != len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise RefusedError(f"{shown} has two labels that both read {twice!r}: rename one.")
    return labels.astype(np.uint8), names


# --- .npz ---------------------------------------------------------------------------------


def _read_npz(path: Path, images: _Images) -> _Raw:
    shown, limits = images.shown, images.limits
    with untrusted.archive(path, shown, limits.unpacked_bytes) as (opened, files):
        members = {info.filename.removesuffix(".npy"): info for info in files}
        for other, key in ALIASES.items():
            if other in members and not members.keys() & {"x", "x_train", key}:
                members[key] = members.pop(other)
        if len(members) != len(files):
            raise RefusedError(f"{shown} holds an array twice.")
        parts = ["x"] if "x" in members else ["x_train"]
        if "x" in members and {"x_train", "x_test"} & members.keys():
            raise RefusedError(f"{shown} holds both x and x_train or x_test: keep one of them.")
        if "x_test" in members:
            parts.append("x_test")
        if parts[0] not in members:
            found = ", ".join(untrusted.shown(name) for name in sorted(members)[:8]) or "nothing"
            raise RefusedError(f"{shown} must hold x, or x_train and x_test; it holds {found}.")
        heads = {}
        for part in parts:
            with opened.open(members[part]) as file:
                heads[part] = _array_head(file, shown, part)
        for part, head in heads.items():
            _check_image_shape(shown, part, head)
        shapes = {head.image_shape for head in heads.values()}
        if len(shapes) > 1:
            raise RefusedError(f"{shown}: the images of x_train and x_test differ in shape.")
        images.expect(sum(head.shape[0] for head in heads.values()))
        for part, head in heads.items():
            with opened.open(members[part]) as file:
                _array_head(file, shown, part)
                for chunk in _array_chunks(file, head, shown, part):
                    images.add(head.as_images(chunk))
        labels = []
        for part in parts:
            name = part.replace("x", "y", 1)
            if name in members:
                labels.append(_whole_array(opened, members[name], shown, name))
                if len(labels[-1]) != heads[part].shape[0]:
                    raise RefusedError(
                        f"{shown}: {part} has {heads[part].shape[0]:,} images and {name} "
                        f"{len(labels[-1]):,} labels."
                    )
        if labels and len(labels) != len(parts):
            raise RefusedError(f"{shown} holds one of y_train and y_test: it needs both or none.")
        label_names = None
        if "label_names" in members and labels:
            array = _whole_array(opened, members["label_names"], shown, "label_names")
            if array.dtype.kind not in "US" or not 1 <= len(array) <= 10_000:
                raise RefusedError(f"{shown}: label_names must be texts.")
            label_names = tuple(str(name) for name in array.astype(str))
    return _Raw(
        _joined_labels(shown, labels) if labels else None,
        label_names,
        heads["x_train"].shape[0] if len(parts) == 2 else None,
    )


def _joined_labels(shown: str, labels: list[np.ndarray]) -> np.ndarray:
    if len({array.dtype.kind in "US" for array in labels}) > 1:
        raise RefusedError(f"{shown}: y_train and y_test must both be numbers or both texts.")
    return np.concatenate(
        [array.astype(str) if array.dtype.kind == "S" else array for array in labels]
    )


@dataclass(frozen=True)
class _Head:
    """What the header of an array says."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w) or (h, w, 3) of its images."""
        rest = self.shape[1:]
        if len(rest) == 1:
            side = math.isqrt(rest[0])
            return (side, side)
        if len(rest) == 3 and rest[2] == 1:
            return rest[:2]
        if len(rest) == 3 and rest[0] in (1, 3) and rest[2] != 3:
            return rest[1:] if rest[0] == 1 else (*rest[1:], 3)
        return rest

    def as_images(self, chunk: np.ndarray) -> np.ndarray:
        """Images (k, *image_shape) of some rows of the array."""
        if (
            len(self.shape) == 4
            and len(self.image_shape) == 3
            and self.shape[1:] != self.image_shape
        ):
            return np.moveaxis(chunk, 1, -1)
        return chunk.reshape(len(chunk), *self.image_shape)


def _array_head(file: IO[bytes], shown: str, name: str) -> _Head:
    """Read the header of an .npy file, up to where its numbers start."""
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        version = np.lib.format.read_magic(file)
        shape, fortran, dtype = read_header[version](file)
    except Exception as error:  # NumPy raises what it likes on a damaged header
        raise RefusedError(f"{shown}: {name} is no plain NumPy array.") from error
    if dtype.hasobject:
        raise RefusedError(f"{shown}: {name} holds pickled objects: save plain numbers instead.")
    if not shape or 0 in shape or min(shape) < 0:
        raise RefusedError(f"{shown}: {name} is empty.")
    return _Head(tuple(int(length) for length in shape), bool(fortran), dtype)


def _check_image_shape(shown: str, name: str, head: _Head) -> None:
    shape = head.image_shape
    square = len(head.shape) != 2 or shape[0] ** 2 == head.shape[1]
    if not square or not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)):
        raise RefusedError(
            f"{shown}: {name} must have the shape (n, height, width), (n, height, width, 3) or "
            f"(n, pixels of a square), got {head.shape}."
        )
    if head.dtype.kind not in ARRAY_DTYPES or head.dtype.itemsize > 8:
        raise RefusedError(f"{shown}: {name} must hold numbers, got {head.dtype.name}.")
    if max(shape[:2]) > LARGEST_SIDE or math.prod(shape) > LARGEST_IMAGE:
        raise RefusedError(f"{shown}: images of {shape[1]}x{shape[0]} pixels are too large.")


def _array_chunks(file: IO[bytes], head: _Head, shown: str, name: str) -> Iterator[np.ndarray]:
    """The rows of an array, some at a time; nothing may follow them."""
    row = math.prod(head.shape[1:]) * head.dtype.itemsize
    if head.fortran:  # rows lie apart: all at once
        yield _numbers(file, head, head.shape[0], shown, name).reshape(head.shape, order="F")
    else:
        step = max(1, CHUNK_BYTES // row)
        for start in range(0, head.shape[0], step):
            count = min(step, head.shape[0] - start)
            yield _numbers(file, head, count, shown, name).reshape(count, *head.shape[1:])
    if file.read(1):
        raise RefusedError(f"{shown}: {name} holds more than its header says.")


def _numbers(file: IO[bytes], head: _Head, rows: int, shown: str, name: str) -> np.ndarray:
    count = rows * math.prod(head.shape[1:])
    content = file.read(count * head.dtype.itemsize)
    if len(content) != count * head.dtype.itemsize:
        raise RefusedError(f"{shown}: {name} is cut off: it holds less than its header says.")
    return np.frombuffer(content, head.dtype)


def _whole_array(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, name: str
) -> np.ndarray:
    """An array (n,)."""
    with opened.open(info) as file:
        head = _array_head(file, shown, name)
        if len(head.shape) == 2 and head.shape[1] == 1:  # a column, as some save labels
            head = _Head(head.shape[:1], False, head.dtype)
        if len(head.shape) != 1 or head.dtype.kind not in ARRAY_DTYPES + "US":
            raise RefusedError(f"{shown}: {name} must be one row of numbers or texts.")
        if head.dtype.itemsize * head.shape[0] > info.file_size:
            raise RefusedError(f"{shown}: {name} is cut off: it holds less than its header says.")
        return next(_array_chunks(file, _Head(head.shape, True, head.dtype), shown, name))


# --- .zip ---------------------------------------------------------------------------------


def _read_zip(path: Path, images: _Images) -> _Raw:
    shown = images.shown
    with untrusted.archive(path, shown, images.limits.unpacked_bytes) as (opened, files):
        pictures, others = [], 0
        for info in files:
            place = PurePosixPath(info.filename)
            if place.name.startswith(".") or place.name == "Thumbs.db" or "__MACOSX" in place.parts:
                continue  # what systems add unasked
            if place.suffix.lower() in (".zip", ".gz", ".tar", ".7z", ".rar", ".npz"):
                inside = untrusted.shown(info.filename)
                raise RefusedError(f"{shown} holds an archive, {inside!r}: unpack that first.")
            if place.suffix.lower() in IMAGE_ENDINGS:
                pictures.append(info)
            else:
                others += 1
        if not pictures:
            raise RefusedError(
                f"{shown} holds no images: {', '.join(IMAGE_ENDINGS)} are looked for."
            )
        images.expect(len(pictures))
        for info in pictures:
            images.add_picture(*_picture(opened, info, shown))
    folders = [PurePosixPath(info.filename).parent.name for info in pictures]
    notes = []
    if others:
        notes.append(f"{others:,} {'file' if others == 1 else 'files'} without an image left out.")
    return _Raw(folders if all(folders) else None, notes=tuple(notes))


def _picture(opened: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str) -> tuple[np.ndarray, bool]:
    """An image as (h, w) uint8, and whether it has colour; its size is known before it is read."""
    inside = untrusted.shown(info.filename)
    content = io.BytesIO(opened.read(info))
    try:
        with Image.open(content, formats=FORMATS) as image:
            width, height = image.size
            if max(width, height) > LARGEST_SIDE or width * height > LARGEST_IMAGE:
                raise RefusedError(
                    f"{shown}: {inside} has {width}x{height} pixels: make it smaller."
                )
            if image.mode in ("I", "F"):
                raise RefusedError(f"{shown}: {inside} has 32-bit pixels: save it with 8 bits.")
            turned = ImageOps.exif_transpose(image)
            if turned.mode.startswith("I;16"):
                return (np.asarray(turned).astype(np.uint16) >> 8).astype(np.uint8), False
            colour = turned.mode not in ("1", "L", "LA", "La")
            if turned.has_transparency_data:
                turned = turned.convert("RGBA")
                paper = Image.new("RGBA", turned.size, "white")
                turned = Image.alpha_composite(paper, turned)
            return np.asarray(turned.convert("L")), colour
    except (RefusedError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise RefusedError(f"{shown}: {inside} has too many pixels: make it smaller.") from error
    except Exception as error:  # Pillow's plugins raise what they like
        raise RefusedError(f"{shown}: {inside} is cut off, damaged, or no image.") from error


# --- .csv ---------------------------------------------------------------------------------


def _read_csv(path: Path, images: _Images) -> _Raw:
    shown = images.shown
    labels: list[str] = []
    notes = []
    with open(path, "rb") as file:
        first = _line(file, shown, 1).removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        delimiter = max(",;\t", key=first.count)
        fields = _fields(first, delimiter)
        header = not all(_is_number(field) for field in fields)
        columns = len(fields)
        names = [field.lower() for field in fields] if header else []
        column = names.index("label") if "label" in names else None
        if column is None and math.isqrt(columns) ** 2 != columns:
            if math.isqrt(columns - 1) ** 2 != columns - 1 or columns < 2:
                raise RefusedError(
                    f"{shown} has {columns:,} columns: an image a row needs as many pixels as a "
                    "square has, and labels a column named label."
                )
            column = 0
            notes.append("The first column was taken for the label.")
        pixels = columns - (column is not None)
        side = math.isqrt(pixels)
        if side**2 != pixels or not side:
            raise RefusedError(
                f"{shown} has {pixels:,} pixels a row beside the label, which make no square."
            )
        images.expect(1)
        used = [i for i in range(columns) if i != column]
        row = 1 if header else 0
        pending = [] if header else [first]
        step = max(1, min(2000, CHUNK_BYTES // (8 * columns)))
        while True:
            while len(pending) < step and (content := _line(file, shown, row + len(pending) + 1)):
                text = content.decode("utf-8").strip()
                if not text:
                    continue
                pending.append(text)
            if not pending:
                break
            rows = [_fields(text, delimiter) for text in pending]
            for number, found in enumerate(rows, start=row + 1):
                if len(found) != columns:
                    raise RefusedError(
                        f"{shown}: row {number:,} has {len(found):,} columns, the first has "
                        f"{columns:,}."
                    )
            if column is not None:
                labels += [found.pop(column) for found in rows]
            try:
                values = np.array(rows, np.float64)
            except ValueError:
                raise RefusedError(_not_a_number(shown, rows, row, used)) from None
            images.add(values.reshape(len(values), side, side))
            row += len(pending)
            pending = []
    return _Raw(_csv_labels(labels) if column is not None else None, notes=tuple(notes))


def _line(file: IO[bytes], shown: str, number: int) -> bytes:
    line = file.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        most = untrusted.in_bytes(LONGEST_LINE)
        raise RefusedError(f"{shown}: row {number:,} is longer than {most}.")
    if b"\0" in line:
        raise RefusedError(f"{shown} is no text: row {number:,} holds a NUL.")
    return line


def _fields(text: str, delimiter: str) -> list[str]:
    return [field.strip().strip('"').strip() for field in text.strip().split(delimiter)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _not_a_number(shown: str, rows: list[list[str]], before: int, used: list[int]) -> str:
    for number, fields in enumerate(rows, start=before + 1):
        for place, field in zip(used, fields, strict=True):
            if not _is_number(field):
                what = f"{untrusted.shown(field)!r}" if field else "nothing"
                return f"{shown}: row {number:,}, column {place + 1:,} holds {what}, not a number."
    return f"{shown} holds something that is no number."


def _csv_labels(labels: list[str]) -> np.ndarray:
    """As whole numbers where all are."""
    with contextlib.suppress(ValueError, OverflowError):
        numbers = np.array(labels, np.float64)
        if np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all():
            return numbers.astype(np.int64)
    return np.array([label[:1000] for label in labels])


if __name__ == "__main__":
    untrusted.serve(answer)
