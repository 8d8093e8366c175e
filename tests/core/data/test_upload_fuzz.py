"""Random and mutated files give a data set or one sentence."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import io as scipy_io

from tests.core.data.test_array_uploads import idx
from tests.core.data.upload_files import (
    IMAGES,
    LABELS,
    check_sentence,
    csv,
    encrypted,
    link,
    npz,
    picture,
    pictures,
    png_of_size,
    with_head,
    zipped,
)
from vae_core.data.own import OWN_NAME
from vae_core.data.upload import reader
from vae_core.data.upload.limits import LIMITS
from vae_core.runs.store import PROJECT
from vae_core.sandbox import RefusedError

pytestmark = pytest.mark.usefixtures("own")


DRIVER = """
import json, sys, tempfile
from vae_core import sandbox
from vae_core.data.upload.child import answer
from vae_core.data.upload.limits import LIMITS
sandbox.limit_process(sandbox.ChildLimits(LIMITS.memory_bytes, 3600))
for line in sys.stdin:
    with tempfile.TemporaryDirectory() as folder:
        request = json.loads(line) | {"folder": folder}
        print(json.dumps(sandbox.answer_or_error(answer, request)), flush=True)
"""


class Driver:
    """One child process that reads many files, with the memory limit of a child for one file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "file"
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", DRIVER],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "TMPDIR": str(folder)},
        )
        assert self.process.stdin
        assert self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def read(self, content: bytes, file_name: str, size: int | None) -> dict[str, Any]:
        self.path.write_bytes(content)
        request = {
            "path": str(self.path),
            "file_name": file_name,
            "size": size,
            "labels": "all",
            "limits": asdict(LIMITS),
        }
        self.stdin.write(json.dumps(request) + "\n")
        self.stdin.flush()
        line = self.stdout.readline()
        assert line, f"the child died when it read {file_name}"
        return json.loads(line)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(tmp_path_factory.mktemp("fuzz"))
    yield driver
    with driver.process:
        driver.stdin.close()
    assert [path.name for path in driver.path.parent.iterdir()] == ["file"]


CASES = Path(__file__).parents[2] / "cases" / "uploads"
DTYPES = ("u1", "i2", "<f4", ">f8", "?", "U3", "S2", "c8", "u8", "f2", "M8[s]", "f4,i2")
NAMES = ("x", "y", "x_train", "x_test", "y_train", "y_test", "label_names", "images", "target")
ENTRIES = st.one_of(
    st.sampled_from(["a/1.png", "../x.png", "/x.png", "a\\b.png", "x.npy", "b.zip", "a/"]),
    st.text(max_size=12).map(lambda text: f"{text}.png"),
    st.text(min_size=1, max_size=300),
)


@st.composite
def some_arrays(draw: st.DrawFn) -> bytes:
    arrays: dict[str, np.ndarray] = {"x": IMAGES, "y": LABELS}
    if draw(st.booleans()):
        arrays = {"x_train": IMAGES, "x_test": IMAGES[:5], "y_train": LABELS, "y_test": LABELS[:5]}
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        shape = draw(st.lists(st.integers(0, 30), max_size=4))
        array = np.zeros([] if not shape else shape if np.prod(shape) < 1e6 else [24], "f8")
        array += draw(st.sampled_from([0, 1, 0.5, -1, 255, 300, np.nan, np.inf, 1e300]))
        with np.errstate(all="ignore"), contextlib.suppress(ValueError, TypeError):
            arrays[name] = array.astype(draw(st.sampled_from(DTYPES)))
    for name in draw(st.lists(st.sampled_from(sorted(arrays)), max_size=2, unique=True)):
        if draw(st.booleans()) or arrays[name].ndim == 0:
            del arrays[name]
        else:
            arrays[name] = np.asfortranarray(arrays[name][: draw(st.integers(0, 24))])
    return npz(draw(st.booleans()), **arrays)


@st.composite
def some_headers(draw: st.DrawFn) -> bytes:
    shape = tuple(draw(st.lists(st.integers(-1, 10**12) | st.integers(0, 30), max_size=4)))
    descr = draw(st.sampled_from(["<f8", "|u1", "|O", ">i4", "<U1000000", "|V8", "x", "|S0"]))
    head = draw(
        st.just(f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}}}")
        | st.text(max_size=110)
    )
    return with_head(
        head.encode()[:110].decode(errors="ignore").encode("ascii", "ignore").decode(),
        draw(st.binary(max_size=3000)),
    )


@st.composite
def some_pictures(draw: st.DrawFn) -> bytes:
    files = pictures(draw(st.integers(0, 21)), draw(st.sampled_from(["", "{}/", "d/{}/"])))
    for _ in range(draw(st.integers(0, 3))):
        text = draw(ENTRIES.filter(lambda text: text[:1] not in ("", "\0")))
        name: str | zipfile.ZipInfo = text
        with contextlib.suppress(UnicodeEncodeError):
            text.encode()
            if draw(st.booleans()):
                name = link(text) if draw(st.booleans()) else zipfile.ZipInfo(text)
            kind = draw(st.sampled_from(["png", "jpeg", "gif", "bmp", "webp", "tiff"]))
            content = draw(
                st.binary(max_size=200)
                | st.just(picture(IMAGES[0], kind)).flatmap(mutated)
                | st.builds(png_of_size, st.integers(0, 2**31), st.integers(0, 2**31))
            )
            files.append((name, content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same name twice
        content = zipped(
            *files,
            method=draw(
                st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
            ),
        )
    return encrypted(content) if files and draw(st.integers(0, 9)) == 0 else content


@st.composite
def some_rows(draw: st.DrawFn) -> bytes:
    columns = draw(st.sampled_from([1, 4, 16, 17, 64, 65, 5]))
    field = st.one_of(
        st.integers(0, 255).map(str),
        st.floats().map(str),
        st.sampled_from(["", "nan", "-1", "1e999", "0x10", '"7"', "label", "é", "1_0", "٣"]),
        st.text(max_size=5),
    )
    plain = ",".join(["7"] * columns)
    rows = [plain] * draw(st.integers(0, 40))
    if draw(st.booleans()):
        rows.insert(0, ",".join(["label"] + ["p"] * (columns - 1)))
    for _ in range(draw(st.integers(0, 3))):
        odd = draw(st.lists(field, min_size=columns - 1, max_size=columns + 1))
        rows.insert(draw(st.integers(0, len(rows))), ",".join(odd))
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(rows)
    text = text.replace(",", draw(st.sampled_from([",", ";", "\t", " "])))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])), "replace")


@st.composite
def _mutated(draw: st.DrawFn, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(changed) - 1, 0)))
        length = draw(st.integers(0, 64))
        piece = draw(st.binary(max_size=16))
        match draw(st.integers(0, 4)):
            case 0:
                changed[at : at + len(piece)] = piece
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = piece
            case 3:
                changed[at:at] = changed[at : at + length]
            case _:
                del changed[at:]
    return bytes(changed)


def mutated(content: bytes) -> st.SearchStrategy[bytes]:
    return st.just(content) | _mutated(content)


MATLAB = io.BytesIO()
scipy_io.savemat(
    MATLAB, {"data": {"X": IMAGES, "y": np.array(["a", "b"], object)[LABELS % 2]}, "cell": [{}, 1]}
)
VALID = [
    MATLAB.getvalue(),
    zipped(
        ("x-idx3-ubyte.gz", gzip.compress(idx(IMAGES))), ("y-idx1-ubyte", idx(LABELS.astype("u1")))
    ),
    *(npz(x=IMAGES, y=LABELS), zipped(*pictures()), csv(labels=LABELS)),
    *((CASES / f"set.{ending}").read_bytes() for ending in ("h5", "mat", "parquet")),
    # Tables: cells with images, words, thousands, lines above the table, rows in quotation marks.
    b"label,pixels\n" + b"\n".join(b'a,"%s"' % str(x.tolist()).encode() for x in IMAGES),
    csv(IMAGES > 127, LABELS),
    b"Export\n# x\n" + csv(IMAGES.astype(int) * 16, LABELS).replace(b",", b";"),
    b"\n".join(b'"%s"' % line for line in csv(labels=LABELS).split(b"\n")),
    csv(labels=LABELS, header="class" + ",p" * 81).decode().encode("utf-16-le"),
    b"\n".join(b"%d " % i + b"1:2 7:1" for i in range(24)),
]
CONTENT = st.one_of(
    some_arrays().flatmap(mutated),
    some_headers(),
    some_pictures().flatmap(mutated),
    some_rows().flatmap(mutated),
    st.sampled_from(range(len(VALID))).flatmap(lambda i: mutated(VALID[i])),
    st.binary(max_size=2000),
)
ENDING = st.sampled_from([".npz", ".zip", ".csv"])
SIZE = st.none() | st.integers(8, 64) | st.integers(6, 66)
NAME = st.text(max_size=20).map(lambda text: f"{text}a")


def fitting(content: bytes, ending: str, any_ending: bool) -> str:
    """Return the ending that fits the content, or the given one if `any_ending`."""
    if any_ending:
        return ending
    for magic, ending_of_magic in ((b"\x89HDF", ".h5"), (b"MATLAB", ".mat"), (b"PAR1", ".parquet")):
        if content.startswith(magic):
            return ending_of_magic
    if not content.startswith(b"PK"):
        return ".csv"
    return ".npz" if b".npy" in content[:60] else ".zip"


def check(reply: dict[str, Any]) -> None:
    if "error" in reply:
        check_sentence(reply["error"])
        return
    summary = reply["answer"]
    assert OWN_NAME.fullmatch(summary["name"])
    assert summary["train"] >= 16
    assert summary["test"] >= 4
    assert 8 <= summary["item_shape"][0] <= 64
    assert sum(summary["counts"]) == summary["train"] + summary["test"]
    assert 1 <= len(summary["label_names"]) == len(summary["counts"]) <= 100
    for note in summary["notes"]:
        check_sentence(note)


FUZZ = settings(
    max_examples=2000,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@FUZZ
@given(CONTENT, ENDING, st.integers(0, 9), NAME, SIZE)
def test_any_file_gives_a_data_set_or_a_sentence(
    driver: Driver, content: bytes, ending: str, other: int, name: str, size: int | None
) -> None:
    check(driver.read(content, name + fitting(content, ending, other == 0), size))


@pytest.mark.slow
@settings(FUZZ, max_examples=15)  # each starts a process
@given(CONTENT, ENDING, st.integers(0, 9), NAME)
def test_reading_any_file_leaves_no_files_behind(
    own: Path, content: bytes, ending: str, other: int, name: str
) -> None:
    try:
        reader.read(content, name + fitting(content, ending, other == 0)).discard()
    except RefusedError as error:
        check_sentence(str(error))
    assert not own.exists()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
