"""Decode a picture file to grey arrays."""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps

from vae_core.data.upload.limits import FORMATS, LARGEST_IMAGE, LARGEST_SIDE
from vae_core.data.upload.wording import counted
from vae_core.sandbox import RefusedError

REDUCED_OR_MASK = 0b101  # bits of a TIFF page's NewSubfileType: no picture of its own
NEW_SUBFILE_TYPE = 254  # tag of a TIFF page
DAMAGED = "is cut off, damaged, or not an image"
# First bytes of a file that is something else -> the end of a sentence.
OTHERS = (
    (re.compile(rb"version https://git-lfs"), "is a pointer of Git LFS: fetch the image itself"),
    (
        re.compile(rb".{4}ftyp(?:hei|hev|mif1|msf1|avi)", re.DOTALL),
        "is a HEIC or AVIF file: convert it to PNG or JPEG",
    ),
    (re.compile(rb".{128}DICM", re.DOTALL), "is a DICOM file: convert it to PNG or TIFF"),
    (
        re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg"),
        "is an SVG drawing: convert it to PNG",
    ),
    (
        re.compile(rb"\s*<(!doctype )?html", re.IGNORECASE),
        "is a web page, not an image: download the image itself",
    ),
    (re.compile(rb"%PDF"), "is a PDF: convert it to PNG"),
    (
        re.compile(rb"\x80[\2-\5]"),
        "is a pickle, which can run code when it is read: where you trust it, load it in Python "
        "and save its arrays with numpy.savez",
    ),
)
# First bytes of accepted pictures, for files whose name has no usual ending.
FIRST_BYTES = re.compile(
    rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP|II\*\0|MM\0\*|P[1-6]\s|BM.{4}\0{4}",
    re.DOTALL,
)

# What `decode` counts, and the sentence that says it.
TRANSPARENT, ANIMATED, PAGES = "transparent", "animated", "pages"
REDUCED, DEEP_COLOUR = "reduced", "deep colour"
INVISIBLE, WHITE_ON_NOTHING = "invisible", "white on nothing"
ALMOST_WHITE = 247  # grey level


class PictureError(Exception):
    """A picture can't be read; the message is the end of a sentence that begins with its name."""


def decode(content: bytes, name: str, counts: Counter[str]) -> Iterator[tuple[np.ndarray, bool]]:
    """Yield the pictures of a file: every page of a TIFF, of other files the first frame.

    A picture's size is checked before its pixels are read.

    Args:
        content: of the file.
        name: of the file, for error messages.
        counts: how many pictures were changed or left out, see `changes`; they are added to it.

    Yields:
        A picture (h, w), and whether it has colour, which became grey (luma of ITU-R 601). Pixels
        are uint8 from black to white, or as they are in the file: uint16, float32.

    Raises:
        PictureError: the file is damaged.
        RefusedError: a picture is too large.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.format != "TIFF":
                yield _decoded(image, name, counts)
                with contextlib.suppress(Exception):  # the frames after the first are damaged
                    counts[ANIMATED] += bool(getattr(image, "is_animated", False))
                return
            page = 0
            while True:
                if page and _subfile_type(image) & REDUCED_OR_MASK:
                    counts[REDUCED] += 1
                else:
                    yield _decoded(image, name, counts)
                    counts[PAGES] += page > 0
                page += 1
                try:
                    image.seek(page)
                except EOFError:
                    return
    except (RefusedError, PictureError, MemoryError, GeneratorExit):
        raise
    except Image.DecompressionBombError as error:
        raise RefusedError(f"{name} has too many pixels: make it smaller.") from error
    except Exception as error:  # Pillow's plugins raise many errors on damaged files
        raise PictureError(other_format(content) or DAMAGED) from error


def is_picture(content: bytes) -> bool:
    """Return whether a file is a picture, whatever the ending of its name says."""
    if not FIRST_BYTES.match(content[:16]):
        return False
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS):
            return True
    except Exception:  # Pillow's plugins raise many errors on damaged files
        return False


def count_pages(content: bytes) -> int:
    """Return how many pages a TIFF file has; 1 if it is damaged."""
    try:
        with Image.open(io.BytesIO(content), formats=["TIFF"]) as image:
            return int(getattr(image, "n_frames", 1))
    except Exception:  # Pillow's plugins raise many errors on damaged files
        return 1


def other_format(content: bytes) -> str:
    """Return what a file is and the cure, the end of a sentence; empty if it is not known."""
    return next((reason for first, reason in OTHERS if first.match(content)), "")


def _subfile_type(image: Image.Image) -> int:
    return int(getattr(image, "tag_v2", {}).get(NEW_SUBFILE_TYPE, 0))


def _decoded(image: Image.Image, name: str, counts: Counter[str]) -> tuple[np.ndarray, bool]:
    width, height = image.size
    if max(width, height) > LARGEST_SIDE or width * height > LARGEST_IMAGE:
        raise RefusedError(f"{name} has {width}x{height} pixels: make it smaller.")
    deep_colour = any(";16" in str(tile.args) for tile in getattr(image, "tile", ()))
    image.load()
    turned: Image.Image = image
    with contextlib.suppress(Exception):  # damaged EXIF is no damage to the picture
        turned = ImageOps.exif_transpose(image)
    if turned.mode in ("I", "F") or turned.mode.startswith("I;16"):
        return _deep(turned), False
    counts[DEEP_COLOUR] += deep_colour  # Pillow has no mode for it, and reads the upper 8 bits
    colour = turned.mode not in ("1", "L", "LA", "La")
    if turned.has_transparency_data:
        turned = turned.convert("RGBA")
        return _on_background(turned, counts), colour
    if turned.mode not in ("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr"):
        raise PictureError(f"has colours of the kind {turned.mode}: convert it to RGB")
    return np.asarray(turned.convert("L")), colour


def _on_background(image: Image.Image, counts: Counter[str]) -> np.ndarray:
    """Return an image (h, w) uint8 on white, or on black if on white nothing of it can be seen."""
    alpha = np.asarray(image.getchannel("A"))
    on_white, on_black = (
        np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, name), image).convert("L"))
        for name in ("white", "black")
    )
    if not alpha.any():
        counts[INVISIBLE] += 1
    elif alpha.min() < 255 and on_white.min() > ALMOST_WHITE:
        counts[WHITE_ON_NOTHING] += 1
        return on_black
    else:
        counts[TRANSPARENT] += bool(alpha.min() < 255)
    return on_white


def _deep(image: Image.Image) -> np.ndarray:
    """Return pixels of more than 8 bits as uint16, or as float32 if that can't hold them."""
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)
    pixels = np.asarray(image)
    if pixels.dtype.kind == "i" and pixels.min() >= 0 and pixels.max() < 1 << 16:
        return pixels.astype(np.uint16)
    pixels = pixels.astype(np.float32)
    if not np.isfinite(pixels).all():
        raise PictureError("has pixels that are no finite numbers, such as NaN")
    return pixels


def changes(counts: Counter[str]) -> list[str]:
    """Return a sentence for each thing that `decode` counted."""
    sentences = {
        TRANSPARENT: "Transparent pixels became white, in {}.",
        WHITE_ON_NOTHING: "Transparent pixels became black, because the others are white, in {}.",
        INVISIBLE: "All pixels are transparent, and became white, in {}.",
        ANIMATED: "Of animations only the first frame was read, in {}.",
        PAGES: "Each page of a TIFF file was read as an image: {} more than files.",
        REDUCED: "Smaller copies and masks within TIFF files were left out: {}.",
        DEEP_COLOUR: "Colours of 16 bits were read with their upper 8 bits, in {}: if they are "
        "too dark, save them with 8 bits.",
    }
    return [
        sentence.format(counted(counts[key], "image", "images"))
        for key, sentence in sentences.items()
        if counts[key]
    ]
