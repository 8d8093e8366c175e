"""What one file of a user's may take, and how large its images may be."""

from __future__ import annotations

from dataclasses import dataclass

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
