"""Limits of a user's file: its size, its images, and the resources to read it."""

from __future__ import annotations

from dataclasses import dataclass

TEXT_ENDING = ".txt"
SIZES = (8, 64)  # smallest and largest pixels per side
DEFAULT_SIZE = 28  # pixels per side if the images' own size is not in that range
FEWEST_IMAGES = 20
FEWEST_HELD_OUT = 4
MOST_LABELS = 100
HELD_OUT = 5  # one of five images is held out
IMAGE_ENDINGS = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff"),
    *(".pgm", ".ppm", ".pbm", ".pnm", ".pfm"),
)
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
LARGEST_SIDE = 10_000  # pixels, before an image is resized
LARGEST_IMAGE = 50_000_000  # pixels, before an image is resized
LONGEST_LINE = 1 << 20  # bytes, of a .csv file
CHUNK_BYTES = 8 << 20  # read at a time
SHOWN_LABELS, SHOWN_EACH = 6, 6  # labels in the preview, and pictures of each
LARGEST_TEXT = 32 << 20  # bytes, of a .txt file
SHOWN_TEXTS = 20  # in the preview


@dataclass(frozen=True)
class Limits:
    """The most that one file may take.

    Attributes:
        images: number of images.
        file_bytes: size of the file.
        unpacked_bytes: size of an archive's content.
        pixels: pixels of all images after resizing. They are stored with one byte each, and
            take four in training.
        memory_bytes, seconds: memory and processor time of the child process.
    """

    images: int = 200_000
    file_bytes: int = 1 << 30
    unpacked_bytes: int = 1 << 30
    pixels: int = 1 << 28
    memory_bytes: int = 2 << 30
    seconds: int = 120


LIMITS = Limits()


def kind_of_file(file_name: str) -> str:
    """Return what a file holds according to its ending, `text` or `images`."""
    return "text" if file_name.lower().removesuffix(".gz").endswith(TEXT_ENDING) else "images"
