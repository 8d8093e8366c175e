"""Valid files become data sets, and a child process reads them."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from tests.core.data.upload_files import (
    IMAGES,
    LABELS,
    arrays_of,
    check_sentence,
    csv,
    npz,
    parse,
    picture,
    pictures,
    zipped,
)
from tests.waiting import wait_for
from vae_core import sandbox
from vae_core.data import registry
from vae_core.data.dataset import DatasetError
from vae_core.data.own import own_names
from vae_core.data.upload import reader
from vae_core.data.upload.limits import DEFAULT_SIZE
from vae_core.runs.store import PROJECT
from vae_core.sandbox import RefusedError

pytestmark = pytest.mark.usefixtures("own")


def test_an_npz_is_stored_and_loaded_unchanged(own: Path) -> None:
    split: dict[str, Any] = {"x_train": IMAGES[:20], "y_train": LABELS[:20], "x_test": IMAGES[20:]}
    content = npz(**split, y_test=LABELS[20:], label_names=np.array(["cat", "dog", "T-shirt/top"]))
    upload = reader.read(content, "Ünïcode – faces & more.npz")
    s = upload.summary
    assert s.name.startswith("own_unicode_faces_more_")
    assert (s.item_shape, s.train, s.test, s.counts, s.notes) == ((9, 9, 1), 20, 4, (8, 8, 8), ())
    assert s.label_names == ("cat", "dog", "T-shirt/top")
    assert upload.images.shape == (18, 9, 9), "six of each label"
    assert not own.exists(), "a preview stores nothing"
    assert upload.keep() == s.name
    assert [path.name for path in (own / ".datasets").iterdir()] == [f"{s.name}.npz"]
    data = registry.load(s.name)
    assert np.array_equal(data.x_train, IMAGES[:20, ..., None] / np.float32(255))
    assert np.array_equal(data.x_test, IMAGES[20:, ..., None] / np.float32(255))
    assert np.array_equal(data.y_test, LABELS[20:])
    assert data.label_names == s.label_names
    again = reader.read(content, "Ünïcode – faces & more.npz")
    assert again.summary == s, "same file, same name: same runs"
    again.discard()
    other = reader.read(npz(**split | {"x_test": IMAGES[:4]}, y_test=LABELS[20:]), "x.npz")
    assert other.summary.name.rsplit("_")[-1] != s.name.rsplit("_")[-1]
    other.discard()


def test_without_a_split_a_fixed_fifth_is_held_out(tmp_path: Path) -> None:
    assert "answer" in parse(tmp_path, npz(x=IMAGES, y=LABELS), "a.npz")
    first = arrays_of(tmp_path)
    assert len(first["x_test"]) == 4
    everything = np.concatenate([first["x_train"], first["x_test"]])
    assert {image.tobytes() for image in everything} == {image.tobytes() for image in IMAGES}
    for image, label in zip(first["x_test"], first["y_test"], strict=True):
        (row,) = np.flatnonzero((image == IMAGES).all(axis=(1, 2)))
        assert LABELS[row] == label
    parse(tmp_path, npz(x=IMAGES, y=LABELS), "a.npz")
    assert all(np.array_equal(value, first[key]) for key, value in arrays_of(tmp_path).items())


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (IMAGES, IMAGES),
        (IMAGES[..., None], IMAGES),
        (IMAGES.reshape(24, 81), IMAGES),
        (np.asfortranarray(IMAGES), IMAGES),
        (IMAGES.astype(">f8"), IMAGES),
        (IMAGES.astype(np.int64), IMAGES),
        (IMAGES / 255, IMAGES),
        (IMAGES > 99, (IMAGES > 99) * 255),
        (np.stack([IMAGES] * 3, axis=-1), IMAGES),
        (np.stack([IMAGES] * 3, axis=1), IMAGES),
        (np.concatenate([IMAGES[:, :1], IMAGES, IMAGES[:, :1]], axis=1), IMAGES),
    ],
)
def test_layouts_and_scales_give_the_same_images(
    tmp_path: Path, array: np.ndarray, expected: np.ndarray
) -> None:
    reply = parse(tmp_path, npz(x_train=array, x_test=array[:4]), "a.npz")
    assert reply["answer"]["label_names"] == ("all",)
    assert np.array_equal(arrays_of(tmp_path)["x_train"], expected)


def test_the_scale_is_found_from_all_images_together(tmp_path: Path) -> None:
    """The training images alone would be taken for pixels from 0 to 1."""
    dark = np.ones((20, 2000, 1000), np.uint8)
    reply = parse(tmp_path, npz(True, x_train=dark, x_test=dark[:4] * 100), "a.npz", 8)
    assert reply["answer"]["item_shape"] == (8, 8, 1)
    kept = arrays_of(tmp_path)
    assert (kept["x_train"] == 1).all()
    assert (kept["x_test"] == 100).all()


def test_pictures_become_grey_squares(tmp_path: Path) -> None:
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 0] = 200
    red[:, :10] = red[:, 50:] = 255  # cut off with the sides
    transparent = np.zeros((40, 40, 4), np.uint8)
    deep = np.full((40, 40), 51 * 257, np.uint16)
    deep[0, 0] = 65535
    kinds = [
        *((f"r/{i}.PNG", picture(red)) for i in range(5)),
        *((f"r/{i}.jpg", picture(red, "jpeg", quality=95)) for i in range(5)),
        *((f"r/{i}.webp", picture(red, "webp", lossless=True)) for i in range(4)),
        *((f"clear/{i}.png", picture(transparent)) for i in range(3)),
        *((f"deep/{i}.tif", picture(deep, "tiff")) for i in range(3)),
        ("notes.txt", b"hello"),
        ("__MACOSX/r/._0.png", b"junk"),
    ]
    summary = parse(tmp_path, zipped(*kinds), "p.zip")["answer"]
    assert (summary["item_shape"], summary["label_names"]) == ((40, 40, 1), ("clear", "deep", "r"))
    assert summary["counts"] == (3, 3, 14)
    assert "1 file that is not an image was left out." in summary["notes"]
    assert any("cropped to the middle" in note for note in summary["notes"])
    kept = arrays_of(tmp_path)
    x = np.concatenate([kept["x_train"], kept["x_test"]]).astype(int)
    y = np.concatenate([kept["y_train"], kept["y_test"]])
    assert (x[y == 0] == 255).all(), "transparent pixels become white"
    assert (x[y == 1][:, 0, 0] == 255).all()
    assert (x[y == 1][:, 1:] == 51).all()
    assert abs(x[y == 2] - 200 * 0.299).max() <= 2


def test_pictures_of_several_sizes_are_resized(tmp_path: Path) -> None:
    files = pictures(18)
    files += [(f"a/{n}.png", picture(np.full((n, n + 9), 70, np.uint8))) for n in (50, 90)]
    summary = parse(tmp_path, zipped(*files), "p.zip")["answer"]
    assert summary["item_shape"] == (DEFAULT_SIZE, DEFAULT_SIZE, 1)
    assert any("9x9 to 99x90" in note for note in summary["notes"])
    summary = parse(tmp_path, zipped(*files), "p.zip", 16)["answer"]
    assert summary["item_shape"] == (16, 16, 1)
    assert arrays_of(tmp_path)["x_train"].shape[1:] == (16, 16)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (csv(), ("all",)),
        (csv(labels=LABELS), ("0", "1", "2")),  # 82 columns: the first makes no square
        (csv(labels=LABELS, header="label" + ",p" * 81), ("0", "1", "2")),
        (csv(labels=np.array([9, 10, 11])[LABELS], header="label" + ",p" * 81), ("9", "10", "11")),
        (
            csv(labels=["owl", "ant", '"a cat"'] * 8, header="Label" + ",p" * 81),
            ("a cat", "ant", "owl"),
        ),
        (b"\xef\xbb\xbf" + csv(header="p" + ",p" * 80).replace(b"\n", b"\r\n"), ("all",)),
        (csv().replace(b",", b";") + b"\n\n", ("all",)),
        (csv(IMAGES / 255), ("all",)),
    ],
)
def test_a_csv(tmp_path: Path, content: bytes, names: tuple[str, ...]) -> None:
    summary = parse(tmp_path, content, "a.CSV")["answer"]
    assert summary["label_names"] == names
    kept = arrays_of(tmp_path)
    images = {image.tobytes() for image in np.concatenate([kept["x_train"], kept["x_test"]])}
    assert images == {image.tobytes() for image in IMAGES}


def test_the_label_column_may_be_any_column(tmp_path: Path) -> None:
    rows = [
        ",".join([*map(str, image.ravel()[:30]), f"k{label}", *map(str, image.ravel()[30:])])
        for image, label in zip(IMAGES, LABELS, strict=True)
    ]
    header = ",".join(["p"] * 30 + ["label"] + ["p"] * 51)
    summary = parse(tmp_path, "\n".join([header, *rows]).encode(), "a.csv")["answer"]
    assert summary["label_names"] == ("k0", "k1", "k2")
    kept = arrays_of(tmp_path)
    (row,) = np.flatnonzero((kept["x_test"][0] == IMAGES).all(axis=(1, 2)))
    assert LABELS[row] == kept["y_test"][0]


def test_dark_pixels_are_mentioned(tmp_path: Path) -> None:
    notes = parse(tmp_path, npz(x=IMAGES // 16), "a.npz")["answer"]["notes"]
    assert any("brightest pixel is 15 of 255" in note for note in notes)


@pytest.mark.parametrize(
    ("x", "scale"),
    [
        (IMAGES / 255 - 0.5, "-0.5 was read as black and 0.5 as white."),
        (IMAGES / 127.5 - 1, "-1 was read as black and 1 as white."),
    ],
)
def test_pixels_around_zero(tmp_path: Path, x: np.ndarray, scale: str) -> None:
    assert any(scale in note for note in parse(tmp_path, npz(x=x), "a.npz")["answer"]["notes"])
    kept = arrays_of(tmp_path)
    everything = np.concatenate([kept["x_train"], kept["x_test"]])
    assert {image.tobytes() for image in everything} == {image.tobytes() for image in IMAGES}


@pytest.mark.parametrize(
    "x",
    [
        IMAGES / 255 - 0.4,  # differences to a mean
        IMAGES / 255 * 1.5,
        IMAGES / IMAGES.std(),
    ],
)
def test_other_ranges_of_fractions_are_refused(tmp_path: Path, x: np.ndarray) -> None:
    sentence = parse(tmp_path, npz(x=x), "a.npz")["error"]
    assert f"has pixels from {x.min():g} to {x.max():g}: scale them to 0 to 255" in sentence


# --- the child process --------------------------------------------------------------------


def test_a_misbehaving_child_gives_one_sentence(tmp_path: Path) -> None:
    child = sandbox.ChildLimits(memory_bytes=2 << 30, seconds=1)
    for do, message in (
        ("spin", "within 1 s and 2 GB"),
        ("allocate", "more memory"),
        ("abort", "within 1 s"),
    ):
        request = {"do": do, "file_name": "a.npz", "pid": str(tmp_path / "pid")}
        with pytest.raises(RefusedError, match=message) as caught:
            sandbox.ask_child("tests.core.data.hostile_child", request, child, "a.npz")
        check_sentence(str(caught.value))
    request = {"do": "print", "file_name": "a.npz"}
    assert sandbox.ask_child("tests.core.data.hostile_child", request, child, "a.npz") == {
        "done": True
    }


def test_a_killed_parent_leaves_nothing(tmp_path: Path) -> None:
    """The child ends with its parent. Its folder is deleted when the next file is read."""
    pid = tmp_path / "pid"
    code = f"""if True:
        import tempfile
        from vae_core import sandbox
        tempfile.tempdir = {tempfile.gettempdir()!r}
        with sandbox.private_folder() as folder:
            (folder / "file").write_text("private")
            request = {{"do": "spin", "file_name": "a", "pid": {str(pid)!r}}}
            child = sandbox.ChildLimits(2 << 30, 1000)
            sandbox.ask_child("tests.core.data.hostile_child", request, child, "a")
        """
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT)
    wait_for(lambda: parent.poll() is not None or (pid.is_file() and pid.read_text()))
    assert parent.poll() is None, "the parent failed"
    child = psutil.Process(int(pid.read_text()))
    (left,) = Path(tempfile.gettempdir()).iterdir()
    assert left.stat().st_mode & 0o077 == 0, "other users can't read it"
    with sandbox.private_folder() as folder:
        assert left.is_dir(), "the process that made it still runs"
        folder.rmdir()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    with sandbox.private_folder() as folder:
        assert not left.exists()
        folder.rmdir()


def test_an_upload_that_is_forgotten_takes_its_folder_along() -> None:
    upload = reader.read(npz(x=IMAGES), "a.npz")
    assert len(list(Path(tempfile.gettempdir()).iterdir())) == 1
    del upload  # the fixture looks


def test_a_disk_that_is_full_keeps_nothing(own: Path) -> None:
    upload = reader.read(npz(x=IMAGES), "a.npz")
    own.parent.mkdir(exist_ok=True)
    own.write_text("a file, where the store should be")
    with pytest.raises(DatasetError, match=r"can't be stored in .* \(Not a directory\): make room"):
        upload.keep()
    own.unlink()
    upload.keep()
    assert own_names() == [upload.summary.name]
