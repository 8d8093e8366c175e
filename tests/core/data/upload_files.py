"""Valid and invalid files that tests upload."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vae_core import sandbox
from vae_core.data.upload.child import answer
from vae_core.data.upload.limits import LIMITS, Limits

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (24, 9, 9)).astype(np.uint8)
LABELS = np.arange(24) % 3


def npz(compressed: bool = False, /, **arrays: Any) -> bytes:
    buffer = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(buffer, **arrays)
    return buffer.getvalue()


def picture(image: np.ndarray, kind: str = "png", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def pictures(count: int = 20, folder: str = "{}/") -> list[tuple[str | zipfile.ZipInfo, bytes]]:
    return [
        (f"{folder.format('ab'[i % 2])}{i}.png", picture(IMAGES[i % len(IMAGES)]))
        for i in range(count)
    ]


def csv(images: np.ndarray = IMAGES, labels: Any = None, header: str = "") -> bytes:
    rows = [",".join(map(str, image.ravel())) for image in images]
    if labels is not None:
        rows = [f"{label},{row}" for label, row in zip(labels, rows, strict=True)]
    return "\n".join(([header] if header else []) + rows).encode()


def parse(
    folder: Path,
    content: bytes,
    file_name: str,
    size: int | None = None,
    labels: str = "all",
    limits: Limits = LIMITS,
) -> dict[str, Any]:
    """Return the answer of the child, which this process runs itself."""
    path = folder / "in"
    path.write_bytes(content)
    request = {
        "path": str(path),
        "file_name": file_name,
        "size": size,
        "labels": labels,
        "limits": asdict(limits),
        "folder": str(folder),
    }
    return sandbox.answer_or_error(answer, request)


def arrays_of(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "data.npz") as data:
        return {key: data[key] for key in data.files}


def with_head(head: str, data: bytes = b"") -> bytes:
    """Return an .npz whose array x has this header."""
    text = head.encode() + b" " * (117 - len(head)) + b"\n"
    return zipped(("x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data))


def png_of_size(width: int, height: int) -> bytes:
    """Return a PNG whose header says that it has this size."""
    content = bytearray(picture(IMAGES[0]))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(bytes(content[12:29])))
    return bytes(content)


def encrypted(content: bytes) -> bytes:
    changed = bytearray(content)
    start = changed.find(b"PK\x01\x02")
    changed[start + 8] |= 1
    return bytes(changed)


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return (
        content[:middle]
        + bytes(b ^ 255 for b in content[middle : middle + 50])
        + content[middle + 50 :]
    )


def bomb() -> bytes:
    """Return a zip of 100 kB whose entry unpacks to 100 MB."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("a/x.png", "w") as file,
    ):
        for _ in range(10):
            file.write(bytes(10_000_000))
    return buffer.getvalue()


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped(*pictures(), ("a/0.png", picture(IMAGES[0])))


def check_sentence(text: str) -> None:
    assert text.endswith(".")
    assert "\n" not in text
    assert "Traceback" not in text
    assert len(text) < (500 if "python -c" in text else 300)
    text.encode()
