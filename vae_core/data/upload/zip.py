"""Read images from the folders of a .zip file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageOps

from vae_core import sandbox
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.limits import FORMATS, IMAGE_ENDINGS, LARGEST_IMAGE, LARGEST_SIDE
from vae_core.sandbox import RefusedError


def read_zip(path: Path, images: Images) -> Raw:
    """Add the images of a .zip file to `images`, and return the names of their folders."""
    shown = images.shown
    with sandbox.archive(path, shown, images.limits.unpacked_bytes) as (opened, files):
        pictures, others = [], 0
        for info in files:
            place = PurePosixPath(info.filename)
            if place.name.startswith(".") or place.name == "Thumbs.db" or "__MACOSX" in place.parts:
                continue  # files that operating systems add
            if place.suffix.lower() in (".zip", ".gz", ".tar", ".7z", ".rar", ".npz"):
                inner = sandbox.display_name(info.filename)
                raise RefusedError(f"{shown} holds an archive, {inner!r}: unpack that first.")
            if place.suffix.lower() in IMAGE_ENDINGS:
                pictures.append(info)
            else:
                others += 1
        if not pictures:
            raise RefusedError(
                f"{shown} holds no image files (with the ending {', '.join(IMAGE_ENDINGS)})."
            )
        images.expect(len(pictures))
        for info in pictures:
            images.add_picture(*_picture(opened, info, shown))
    folders = [PurePosixPath(info.filename).parent.name for info in pictures]
    notes = []
    if others:
        what = "file that is not an image was" if others == 1 else "files that are not images were"
        notes.append(f"{others:,} {what} left out.")
    return Raw(folders if all(folders) else None, notes=tuple(notes))


def _picture(opened: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str) -> tuple[np.ndarray, bool]:
    """Read an image as (h, w) uint8, and return whether it has colour.

    Its size is checked before its pixels are read.
    """
    name = sandbox.display_name(info.filename)
    content = io.BytesIO(opened.read(info))
    try:
        with Image.open(content, formats=FORMATS) as image:
            width, height = image.size
            if max(width, height) > LARGEST_SIDE or width * height > LARGEST_IMAGE:
                raise RefusedError(f"{shown}: {name} has {width}x{height} pixels: make it smaller.")
            if image.mode in ("I", "F"):
                raise RefusedError(f"{shown}: {name} has 32-bit pixels: save it with 8 bits.")
            turned = ImageOps.exif_transpose(image)
            if turned.mode.startswith("I;16"):
                return (np.asarray(turned).astype(np.uint16) >> 8).astype(np.uint8), False
            colour = turned.mode not in ("1", "L", "LA", "La")
            if turned.has_transparency_data:
                turned = turned.convert("RGBA")
                background = Image.new("RGBA", turned.size, "white")
                turned = Image.alpha_composite(background, turned)
            return np.asarray(turned.convert("L")), colour
    except (RefusedError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise RefusedError(f"{shown}: {name} has too many pixels: make it smaller.") from error
    except Exception as error:  # Pillow's plugins raise many errors on damaged files
        raise RefusedError(f"{shown}: {name} is cut off, damaged, or not an image.") from error
