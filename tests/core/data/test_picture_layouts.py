"""Random sets of pictures come back the same from every layout that people use."""

from __future__ import annotations

import random
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.picture_sets import PlainName, encoded, read, zip_of_bytes
from vae_core import sandbox

# Pieces of names: scripts with marks, joiners, symbols, and signs special to Markdown and HTML.
PIECES = (
    *(
        "Käse",
        "Ünï",
        "ǅ",
        "ß",
        "हिन्दी",
        "क्षत्रिय",
        "தமிழ்",
        "ไทยกำ",
        "ខ្មែរ",
        "中文",
        "日本語",
        "한국어",
    ),
    *("می‌خواهم", "עברית", "👩‍🔬", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇩🇪", "👍🏽", "𝔘𝔫𝔦", "∀x∈ℝ", "€™§¶", "½²"),
    *(
        "a_b",
        "*x*",
        "$y$",
        "`z`",
        "[l]",
        "(m)",
        "&amp;",
        "<b>",
        ":smile:",
        "#1",
        "~t~",
        "50%",
        "'q'",
    ),
)
KINDS = {".png": "png", ".pgm": "ppm", ".tif": "tiff", ".BMP": "bmp"}

# What a layout does to a label, a number and the ending.
LAYOUTS: dict[str, Callable[[str, int, str], str]] = {
    "classes": lambda label, i, end: f"{label}/{i:03}{end}",
    "root": lambda label, i, end: f"my set/{label}/{i:03}{end}",
    "two roots": lambda label, i, end: f"data/raw/{label}/{i:03}{end}",
    "a common end": lambda label, i, end: f"{label}/images/{i:03}{end}",
    "patients": lambda label, i, end: f"{label}/patient{i % 3}/{i:03}{end}",
    "patients first": lambda label, i, end: f"set/patient {i % 5}/{label}/{i:03}{end}",
    "a folder each": lambda label, i, end: f"{label}/{i:03}/picture{end}",
    "split": lambda label, i, end: f"{'test' if i % 4 == 0 else 'train'}/{label}/{i:03}{end}",
    "split below": lambda label, i, end: (
        f"x/{label}/{'Val' if i % 4 == 0 else 'Train'}/{i:03}{end}"
    ),
}
SPLITS = ("split", "split below")


def some_labels(random_: random.Random) -> list[str]:
    """Return two to five labels in any script."""
    labels: set[str] = set()
    count = random_.randint(2, 5)
    while len(labels) < count:
        pieces = random_.choices(PIECES, k=random_.randint(1, 3))
        name = unicodedata.normalize("NFC", random_.choice(" _-").join(pieces))
        if len(name.encode()) < 200 and not any(
            name.casefold() == other.casefold() for other in labels
        ):
            labels.add(name)
    return sorted(labels)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(3))
def test_a_set_comes_back_the_same(tmp_path: Path, layout: str, seed: int) -> None:
    random_ = random.Random(f"{layout} {seed}")
    labels = some_labels(random_)
    side = random_.randint(8, 12)
    images = np.random.default_rng(seed).integers(0, 256, (48, side, side)).astype(np.uint8)
    wanted, held_out, files = {}, set(), {}
    for i, image in enumerate(images):
        label, end = labels[i % len(labels)], random_.choice(list(KINDS))
        name = LAYOUTS[layout](label, i, end)
        files[name] = encoded(image, KINDS[end])
        wanted[image.tobytes()] = label
        if i % 4 == 0 and layout in SPLITS:
            held_out.add(image.tobytes())
    for path in (*written_zips(tmp_path, files), written_folder(tmp_path / "set", files)):
        found = read(path)
        assert found.labels is not None
        got = {x.tobytes(): y for x, y in zip(found.x, found.labels, strict=True)}
        assert got == wanted, path
        if held_out:
            assert found.held_out is not None
            assert {x.tobytes() for x in found.x[found.held_out]} == held_out
        else:
            assert found.held_out is None
        assert "left out" not in found.notes
    assert [sandbox.clean_label(label) for label in labels] == labels


def written_folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def written_zips(folder: Path, files: dict[str, bytes]) -> list[Path]:
    """Write the files as zips: plain; with \\ for /; without the flag for UTF-8; decomposed."""

    def write(name: str, entry: Callable[[str], zipfile.ZipInfo | str]) -> Path:
        return zip_of_bytes(folder / name, [(entry(key), files[key]) for key in files])

    return [
        write("plain.zip", lambda name: name),
        write("backslashes.zip", lambda name: name.replace("/", "\\")),
        write("no flag.zip", lambda name: PlainName(name.encode())),
        write("mac.zip", lambda name: PlainName(unicodedata.normalize("NFD", name).encode())),
    ]
