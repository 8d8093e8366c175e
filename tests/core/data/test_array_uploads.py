"""Files of arrays as other programs write them: names, order of axes, range, labels."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.data.upload_files import IMAGES, LABELS, arrays_of, npz, parse, zipped
from vae_core.runs.store import PROJECT

CASES = PROJECT / "tests" / "cases" / "uploads"
with np.load(CASES / "capital.npz") as capital:
    X, Y = capital["X"], capital["y"]  # (60, 16, 16) and (60,): most cases hold these
ONE_LABEL = np.zeros(60, int)


def read(folder: Path, content: bytes, name: str, **options: Any) -> dict[str, Any]:
    """Return the summary, with the arrays of all items in the order of `X` as "x" and "y"."""
    reply = parse(folder, content, name, **options)
    assert "answer" in reply, reply
    kept = arrays_of(folder)
    x = np.concatenate([kept["x_train"], kept["x_test"]])
    y = np.concatenate([kept["y_train"], kept["y_test"]])
    return {**reply["answer"], "x": x, "y": y, "kept": kept}


def in_order(x: np.ndarray, y: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Return the labels y in the order of the images `of`, which must be the images x."""
    place = {image.tobytes(): label for image, label in zip(x, y, strict=True)}
    assert len(x) == len(of)
    return np.array([place[image.tobytes()] for image in of])


@pytest.mark.parametrize(
    ("case", "labels", "names", "note"),
    [
        ("bitmap.npy", ONE_LABEL, ("all",), "The file has no labels."),
        ("capital.npz", Y, ("0", "1", "2"), "X as images, y as labels"),
        ("data_target.npz", Y, ("0", "1", "2"), "data as images, target as labels"),
        ("lastaxis.npz", Y, ("0", "1", "2"), "(16, 16, 60) counts the images: it was read as 60"),
        ("svhn.npz", Y, ("0", "1", "2"), "(16, 16, 3, 60) counts the images: it was read as 60"),
        ("medmnist.npz", Y, ("0", "1", "2"), "The validation and test images are held out."),
        ("idx.zip", Y, ("0", "1", "2"), "is held out"),
        ("train-images-idx3-ubyte.gz", ONE_LABEL, ("all",), "The file has no labels."),
        ("byteslabels.npz", Y, ("Käse", "c", "Öl"), "is held out"),
        ("leading0.npz", Y, ("001", "002", "010"), "is held out"),
        ("caselabels.npz", Y, ("A", "a", "b"), "is held out"),
    ],
)
def test_cases(
    tmp_path: Path, case: str, labels: np.ndarray, names: tuple[str, ...], note: str
) -> None:
    content = (CASES / case).read_bytes()
    result = read(tmp_path, content, case)
    assert result["label_names"] == names
    read_labels = in_order(result["x"], result["y"], X)
    if names[0] in ("Käse", "A"):  # the case's own labels: their indices depend on the order
        with np.load(CASES / case) as arrays:
            own = [t.decode() if isinstance(t, bytes) else str(t) for t in arrays["y"].tolist()]
        assert [names[label] for label in read_labels] == own
    else:
        assert np.array_equal(read_labels, labels)
    assert note in " ".join(result["notes"])


def test_the_split_of_a_file_is_used(tmp_path: Path) -> None:
    kept = read(tmp_path, (CASES / "medmnist.npz").read_bytes(), "a.npz")["kept"]
    assert np.array_equal(kept["x_train"], X[:40])
    assert np.array_equal(kept["x_test"], X[40:])
    assert np.array_equal(kept["y_test"], Y[40:])


def test_the_last_axis_counts_the_images_without_labels(tmp_path: Path) -> None:
    result = read(tmp_path, (CASES / "lastaxis_nolabels.npz").read_bytes(), "a.npz")
    with np.load(CASES / "lastaxis_nolabels.npz") as arrays:
        expected = np.moveaxis(arrays["x"], -1, 0)
    assert np.array_equal(in_order(result["x"], result["y"], expected), np.zeros(120))


def test_pixels_of_16_bits(tmp_path: Path) -> None:
    result = read(tmp_path, (CASES / "uint16.npz").read_bytes(), "a.npz")
    with np.load(CASES / "uint16.npz") as arrays:
        expected = np.rint(arrays["x"] / 257).astype(np.uint8)
    assert np.array_equal(in_order(result["x"], result["y"], expected), Y)
    assert "65,535 (16 bits) was read as white" in " ".join(result["notes"])


def test_pixels_beyond_the_range_are_clipped(tmp_path: Path) -> None:
    result = read(tmp_path, (CASES / "overshoot.npz").read_bytes(), "a.npz")
    with np.load(CASES / "overshoot.npz") as arrays:
        expected = np.clip(np.rint(arrays["x"].astype(float) * 255), 0, 255).astype(np.uint8)
    assert np.array_equal(in_order(result["x"], result["y"], expected), Y)
    assert "above 1 (to 1.01998): they were clipped to 0 to 1" in " ".join(result["notes"])


@pytest.mark.parametrize(
    ("values", "expected", "note"),
    [
        (IMAGES.astype(np.uint16) * 16, IMAGES * (255 * 16 / 4095), "4,095 (12 bits)"),
        (IMAGES.astype(np.int32) * 257, IMAGES, "65,535 (16 bits)"),
        (IMAGES / 127.5 - 1, IMAGES, "-1 was read as black and 1 as white"),
        (IMAGES.astype(int) - 128, IMAGES, "-128 was read as black and 127 as white"),
        (IMAGES * 263.0 - 300, np.clip((IMAGES * 263.0 - 300) / 257, 0, 255), "0 to 65535"),
        (IMAGES * 1.05 - 3, np.clip(IMAGES * 1.05 - 3, 0, 255), "clipped to 0 to 255"),
        (IMAGES * 20.5, IMAGES * (255 / IMAGES.max()), "5,227.5, was read as white"),
        (IMAGES.astype(np.float16), IMAGES, "The file has no labels."),
        ((IMAGES / 255).astype(np.longdouble), IMAGES, "1 was read as white"),
    ],
)
def test_ranges(tmp_path: Path, values: np.ndarray, expected: np.ndarray, note: str) -> None:
    result = read(tmp_path, npz(x_train=values, x_test=values[:4]), "a.npz")
    got = result["kept"]["x_train"].astype(float)
    assert np.abs(got - expected).max() <= 0.51
    assert note in " ".join(result["notes"])


@pytest.mark.parametrize("use", ["none", "frequent"])
def test_more_labels_than_are_accepted(tmp_path: Path, use: str) -> None:
    content = (CASES / "ids.npz").read_bytes()
    reply = parse(tmp_path, content, "ids.npz")
    assert "120 different labels" in reply["error"]
    assert "Leave the labels out, or keep the 99 most frequent" in reply["error"]
    result = read(tmp_path, content, "ids.npz", labels=use)
    if use == "none":
        assert result["label_names"] == ("all",)
        assert "The labels were left out, as asked." in result["notes"]
        return
    assert len(result["label_names"]) == 100
    assert result["label_names"][-1] == "other"
    assert result["counts"][-1] == 21
    assert sum(result["counts"]) == 120


def test_the_most_frequent_labels_are_kept(tmp_path: Path) -> None:
    """Labels 100 to 149 have two images each, the others one."""
    y = np.concatenate([np.arange(150), np.arange(100, 150)])
    x = np.random.default_rng(1).integers(0, 256, (200, 8, 8)).astype(np.uint8)
    result = read(tmp_path, npz(x=x, y=y), "a.npz", labels="frequent")
    got = in_order(result["x"], result["y"], x)
    names = [result["label_names"][label] for label in got]
    kept = {str(label) for label in (*range(49), *range(100, 150))}
    assert names == [str(label) if str(label) in kept else "other" for label in y]


def test_one_hot_labels(tmp_path: Path) -> None:
    for hot in (np.eye(3)[LABELS], np.eye(3, dtype=bool)[LABELS]):
        result = read(tmp_path, npz(X=IMAGES, Y=hot), "a.npz")
        assert np.array_equal(in_order(result["x"], result["y"], IMAGES), LABELS)
        assert "one-hot" in " ".join(result["notes"])
    reply = parse(tmp_path, npz(x=IMAGES, y=np.ones((24, 3), int)), "a.npz")
    assert "3 labels for each image" in reply["error"]


@pytest.mark.parametrize(
    ("names", "train"),
    [
        ({"images": IMAGES, "labels": LABELS}, None),
        ({"Data": IMAGES, "Labels": LABELS[:, None]}, None),
        ({"X": IMAGES, "Y": LABELS[None]}, None),
        ({"arr_0": IMAGES, "arr_1": LABELS}, None),
        ({"pictures": IMAGES, "kind": LABELS, "seed": np.array(3)}, None),
        ({"X_train": IMAGES[:20], "X_test": IMAGES[20:]}, 20),
        ({"trainX": IMAGES[:20], "testX": IMAGES[20:]}, 20),
        ({"xtrain": IMAGES[:20], "xtest": IMAGES[20:]}, 20),
        ({"train_images": IMAGES[:20], "test_images": IMAGES[20:]}, 20),
        ({"images_train": IMAGES[:18], "images_valid": IMAGES[18:]}, 18),
        ({"Xtr": IMAGES[:18], "Xte": IMAGES[18:]}, 18),
        ({"x_trn": IMAGES[:18], "x_eval": IMAGES[18:]}, 18),
        ({"trainimages": IMAGES[:18], "testimages": IMAGES[18:]}, 18),
    ],
)
def test_names_of_arrays(tmp_path: Path, names: dict[str, np.ndarray], train: int | None) -> None:
    labelled = train is None
    if train:
        keys = [key.replace("images", "labels").replace("X", "Y") for key in names]
        keys = [key.replace("x", "y") if key.startswith("x") else key for key in keys]
        names = names | dict(zip(keys, (LABELS[:train], LABELS[train:]), strict=True))
    result = read(tmp_path, npz(**names), "a.npz")
    assert np.array_equal(in_order(result["x"], result["y"], IMAGES), LABELS)
    assert any("by their names" in note for note in result["notes"])
    if not labelled:
        assert np.array_equal(result["kept"]["x_train"], IMAGES[:train])


@pytest.mark.parametrize("first", [True, False])
def test_neighbouring_pixels_tell_the_axis_that_counts(tmp_path: Path, first: bool) -> None:
    """400 smooth images of 16x16, or 256 of 20x20, as an array (400, 256) without labels."""
    count, side = (400, 16) if first else (256, 20)
    steps = np.random.default_rng(0).normal(size=(count, side, side)).cumsum(1).cumsum(2)
    low, high = steps.min((1, 2), keepdims=True), steps.max((1, 2), keepdims=True)
    x = ((steps - low) / (high - low) * 255).astype(np.uint8)
    flat = x.reshape(count, -1)
    result = read(tmp_path, npz(x=flat if first else flat.T), "a.npz")
    assert np.array_equal(in_order(result["x"], result["y"], x), np.zeros(count))
    words = f"{count} images of {side}x{side}, because neighbouring pixels are then more alike"
    assert words in " ".join(result["notes"])


@pytest.mark.parametrize("shape", [(24, 81, 1), (24, 1, 81), (24, 1, 81, 1), (24, 9, 9, 1)])
def test_axes_of_length_1_are_left_out(tmp_path: Path, shape: tuple[int, ...]) -> None:
    result = read(tmp_path, npz(x=IMAGES.reshape(shape), y=LABELS), "a.npz")
    assert np.array_equal(in_order(result["x"], result["y"], IMAGES), LABELS)


def test_arrays_that_are_not_used_are_named(tmp_path: Path) -> None:
    content = npz(x=IMAGES, y=LABELS, image_mean=IMAGES.mean(axis=0), info=np.array([{}], object))
    result = read(tmp_path, content, "a.npz")
    assert "Left out: image_mean and info (pickled objects)." in result["notes"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": IMAGES, "images": IMAGES}, "holds images twice, x and images"),
        ({"data": IMAGES.reshape(24, 81), "images": IMAGES}, ""),
        ({"a": IMAGES, "b": IMAGES}, r"several arrays that may be images: a (24, 9, 9), b"),
        ({"x": np.zeros((30, 40, 50))}, "may be 30 images of 50x40 or 50 images of 40x30"),
        ({"x": np.zeros((100, 64))}, "may be 100 images of 8x8 or 64 images of 10x10"),
        ({"x": np.zeros((49, 64))}, ""),
        ({"x": np.zeros((256, 110, 10))}, "images that long are not accepted"),
        ({"x": np.zeros((24, 82, 1))}, "the shape (24, 82, 1)"),
        ({"x": np.zeros((30, 3072), np.uint8)}, "reshape it to (n, 3, 32, 32)"),
        ({"x": np.zeros((30, 9, 9, 4), np.uint8)}, "alpha"),
        ({"x": IMAGES, "y": np.array([b"\xff\xfe"] * 24)}, "not UTF-8"),
        ({"x_test": IMAGES, "y_test": LABELS}, "no images to train on"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    reply = parse(tmp_path, npz(**arrays), "a.npz")
    if not message:
        assert "answer" in reply, "flat rows beside images; images of 7x7 are too small"
        return
    assert message in reply["error"]


# --- any small set in every format ------------------------------------------------------------


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    """Return an IDX file."""
    return (
        bytes([0, 0, kind, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize("seed", range(12))
def test_any_set_is_read_back_from_every_format(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, side = int(rng.integers(20, 40)), int(rng.integers(8, 13))
    x = rng.integers(0, 256, (n, side, side)).astype(np.uint8)
    x[:, 0, 0] = np.arange(n)  # no two are the same
    x[0, 0, 1] = 255
    texts = ["कि", "की", "ä", "ÄÖ", "猫", "สระ", "0 1"]
    y = rng.integers(0, 3, n)
    y[:3] = 0, 1, 2
    text_labels = np.array(rng.choice(texts, 3, replace=False))[y]
    files = {
        "plain.npz": npz(x=x, y=y),
        "deflated.npz": npz(True, x=x, y=y),
        "columns.npz": npz(data=x.reshape(n, -1), target=y.astype(float)),
        "fortran.npz": npz(x=np.asfortranarray(x), y=y),
        "big.npz": npz(X=x.astype(">i4"), Y=y.astype(">i2")),
        "unit.npz": npz(x=x / 255, y=y),
        "half.npz": npz(images=x.astype(np.float32), labels=y[:, None]),
        "deep.npz": npz(x=x.astype(np.uint16) * 257, y=y),
        "matlab.npz": npz(X=np.moveaxis(x, 0, -1), y=y[:, None]),
        "colour.npz": npz(x=np.stack([x] * 3, axis=-1), y=np.eye(3)[y]),
        "first.npz": npz(x=np.stack([x] * 3, axis=1), y=y),
        "text.npz": npz(x=x, y=text_labels),
        "bytes.npz": npz(x=x, y=np.char.encode(text_labels, "utf-8")),
        "names.npz": npz(x=x, y=y, class_names=np.array(["a", "b", "c"])),
        "bare.npy": npy(x),
        "bare.npy.gz": gzip.compress(npy(x)),
        "idx3-ubyte": idx(x),
        "mnist.zip": zipped(("images-idx3", idx(x)), ("labels.idx1-ubyte", idx(y.astype("u1")))),
    }
    for name, content in files.items():
        result = read(tmp_path, content, name)
        names = [result["label_names"][label] for label in in_order(result["x"], result["y"], x)]
        if name.startswith(("bare", "idx3")):
            assert set(names) == {"all"}, name
        elif name in ("text.npz", "bytes.npz"):
            assert names == text_labels.tolist(), name
        elif name == "names.npz":
            assert names == ["abc"[label] for label in y]
        else:
            assert names == [str(label) for label in y], name
