"""Sets of pictures, written as zips and folders, and what is read of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import LIMITS
from vae_core.data.upload.pictures.folder import read_folder
from vae_core.data.upload.pictures.zip import read_zip

UPLOADS = Path(__file__).parents[2] / "cases" / "uploads"


@dataclass(frozen=True)
class Found:
    """What was read: labels, x (n, h, w) uint8, held_out (n,) or None, and notes."""

    labels: list[str] | None
    x: np.ndarray
    held_out: np.ndarray | None
    notes: str

    @property
    def by_label(self) -> dict[str, list[np.ndarray]]:
        """The images of each label, in the order of the file."""
        assert self.labels is not None
        return {
            label: [x for x, other in zip(self.x, self.labels, strict=True) if other == label]
            for label in sorted({*self.labels})
        }


def read(path: Path) -> Found:
    """Read a zip or a folder."""
    images = Images(path.name, None, LIMITS)
    raw: Raw = (read_folder if path.is_dir() else read_zip)(path, images)
    notes = " ".join([*raw.notes, *images.notes()])
    x = images.joined()
    assert raw.labels is None or len(raw.labels) == len(x)
    assert raw.held_out is None or raw.held_out.shape == (len(x),)
    return Found(None if raw.labels is None else list(raw.labels), x, raw.held_out, notes)


def read_files(folder: Path, files: Mapping[str, bytes]) -> Found:
    """Read these files from a zip and from a folder, compare the two, and return what was read."""
    zipped, plain = folder / "set.zip", folder / "set"
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
    for name, content in files.items():
        (plain / name).parent.mkdir(parents=True, exist_ok=True)
        (plain / name).write_bytes(content)
    first, second = read(zipped), read(plain)
    assert first.labels == second.labels
    assert np.array_equal(first.x, second.x)
    assert first.notes.replace("set.zip", "set") == second.notes
    return first


def encoded(image: np.ndarray, kind: str = "png", **options: object) -> bytes:
    """Return a picture file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


class PlainName(zipfile.ZipInfo):
    """An entry whose name is these bytes, without the flag for UTF-8."""

    def __init__(self, name: bytes, extra: bytes = b"") -> None:
        super().__init__(name.decode("latin-1"))
        self.raw, self.extra = name, extra

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag_bits


def zip_of_bytes(path: Path, files: Sequence[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    """Write a zip and return its path."""
    with zipfile.ZipFile(path, "w") as archive:
        for info, content in files:
            archive.writestr(info, content)
    return path
