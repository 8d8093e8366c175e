"""Picture files of every accepted format give the right pixels."""

from __future__ import annotations

import io
import struct
import zlib
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from tests.core.data.picture_sets import encoded
from vae_core.data.upload.limits import FORMATS, IMAGE_ENDINGS
from vae_core.data.upload.pictures.decode import PictureError, changes, decode

RNG = np.random.default_rng(2)
GREY = RNG.integers(0, 256, (8, 10)).astype(np.uint8)
DEEP = RNG.integers(0, 4096, (8, 10)).astype(np.uint16)


def read(content: bytes) -> tuple[list[np.ndarray], str]:
    """Return the pictures of a file and the notes on them."""
    counts: Counter[str] = Counter()
    found = [picture for picture, _ in decode(content, "a", counts)]
    return found, " ".join(changes(counts))


def one(content: bytes) -> np.ndarray:
    (picture,), notes = read(content)
    assert notes == ""
    return picture


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(magic: str, values: np.ndarray, most: int | None = 255) -> bytes:
    """Return a Netpbm file of text."""
    numbers = " ".join(map(str, values.ravel()))
    height, width = values.shape[:2]
    return f"{magic}\n# made by hand\n{width} {height}\n{most or ''}\n{numbers}\n".encode()


RGB = np.stack([GREY] * 3, axis=-1)
TEN = (GREY // 26).astype(np.uint8)  # 0 to 9
BITS = GREY > 99
EIGHT_BITS: dict[str, tuple[bytes, np.ndarray]] = {
    "png": (encoded(GREY), GREY),
    "gif": (encoded(GREY, "gif"), GREY),
    "bmp": (encoded(GREY, "bmp"), GREY),
    "tiff": (encoded(GREY, "tiff"), GREY),
    "packed tiff": (encoded(GREY, "tiff", compression="tiff_lzw"), GREY),
    "webp": (encoded(RGB, "webp", lossless=True), GREY),
    "grey as rgb": (encoded(RGB), GREY),
    "palette": (saved(Image.fromarray(GREY).convert("P"), "png"), GREY),
    "one bit": (saved(Image.fromarray(BITS), "png"), BITS * np.uint8(255)),
    "one bit tiff": (saved(Image.fromarray(BITS), "tiff"), BITS * np.uint8(255)),
    "opaque": (saved(Image.fromarray(RGB).convert("RGBA"), "png"), GREY),
    "cmyk": (saved(Image.fromarray(RGB).convert("CMYK"), "tiff"), GREY),
    "P5": (encoded(GREY, "ppm"), GREY),
    "P6": (encoded(RGB, "ppm"), GREY),
    "P4": (saved(Image.fromarray(BITS), "ppm"), BITS * np.uint8(255)),
    "P2": (plain("P2", GREY), GREY),
    "P2 of ten levels": (plain("P2", TEN, 9), np.rint(TEN / 9 * 255).astype(np.uint8)),
    "P3": (plain("P3", RGB), GREY),
    "P1": (plain("P1", 1 - BITS.astype(int), None), BITS * np.uint8(255)),
}


SHARES = (DEEP / 4095).astype(np.float32)
MORE_BITS: dict[str, tuple[bytes, np.ndarray]] = {
    "png": (encoded(DEEP), DEEP),
    "tiff": (encoded(DEEP, "tiff"), DEEP),
    "tiff, highest byte first": (encoded(DEEP.astype(">u2"), "tiff"), DEEP),
    "float tiff": (encoded(SHARES, "tiff"), SHARES),
    "32-bit tiff": (encoded(DEEP.astype(np.int32), "tiff"), DEEP),
    "large numbers": (
        encoded(DEEP.astype(np.int32) + 70_000, "tiff"),
        (DEEP + 70_000.0).astype(np.float32),
    ),
    "negative": (
        encoded(DEEP.astype(np.int32) - 100, "tiff"),
        (DEEP - np.float32(100)),
    ),
    "P5 of 16 bits": (b"P5\n10 8\n65535\n" + DEEP.astype(">u2").tobytes(), DEEP),
    "P5 of 12 bits": (
        b"P5\n10 8\n4095\n" + DEEP.astype(">u2").tobytes(),
        np.rint(DEEP / 4095 * 65535).astype(np.uint16),
    ),
    "P2 of 16 bits": (plain("P2", DEEP, 65535), DEEP),
    "Pf": (
        b"Pf\n10 8\n-1.0\n" + SHARES[::-1].astype("<f4").tobytes(),
        SHARES,
    ),
}


@pytest.mark.parametrize(
    ("content", "expected"),
    [*EIGHT_BITS.values(), *MORE_BITS.values()],
    ids=[*EIGHT_BITS, *(f"more bits: {name}" for name in MORE_BITS)],
)
def test_pixels_are_kept(content: bytes, expected: np.ndarray) -> None:
    found = one(content)
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


def test_every_ending_belongs_to_a_format() -> None:
    Image.init()
    assert {Image.EXTENSION[ending] for ending in IMAGE_ENDINGS} == {*FORMATS}


def test_transparent_pixels_become_white() -> None:
    pixels = np.dstack([RGB, np.full_like(GREY, 255)])
    pixels[0, 0] = (0, 0, 0, 0)
    pixels[0, 1] = (0, 0, 0, 128)
    (found,), notes = read(encoded(pixels))
    assert (found[0, 0], found[0, 1]) == (255, 127)
    assert np.array_equal(found[1:], GREY[1:])
    assert notes == "Transparent pixels became white, in 1 image."


def test_a_white_drawing_on_nothing_is_seen() -> None:
    white = np.full_like(GREY, 255)
    (found,), notes = read(encoded(np.dstack([white, white, white, GREY])))
    assert np.array_equal(found, GREY)
    assert notes == "Transparent pixels became black, because the others are white, in 1 image."
    (found,), notes = read(encoded(np.dstack([RGB, np.zeros_like(GREY)])))
    assert (found == 255).all()
    assert notes == "All pixels are transparent, and became white, in 1 image."
    (found,), notes = read(encoded(np.dstack([RGB, np.full_like(GREY, 255)]) | 255))
    assert (found == 255).all()
    assert notes == ""


def test_a_transparent_grey_level() -> None:
    (found,), notes = read(encoded(TEN, transparency=3))
    assert np.array_equal(found, np.where(TEN == 3, 255, TEN))
    assert "Transparent" in notes


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_of_an_animation_the_first_frame_is_read(kind: str) -> None:
    frames = [Image.fromarray(image) for image in (RGB, 255 - RGB, RGB // 2)]
    lossless = {"lossless": True} if kind == "webp" else {}
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], **lossless)
    (found,), notes = read(content)
    assert np.array_equal(found, GREY)
    assert notes == "Of animations only the first frame was read, in 1 image."


def test_every_page_of_a_tiff_is_a_picture() -> None:
    pages = [Image.fromarray(image) for image in (GREY, 255 - GREY, GREY // 2)]
    found, notes = read(saved(pages[0], "tiff", save_all=True, append_images=pages[1:]))
    assert np.array_equal(np.stack(found), np.stack([GREY, 255 - GREY, GREY // 2]))
    assert notes == "Each page of a TIFF file was read as an image: 2 images more than files."


def test_smaller_copies_within_a_tiff_are_left_out() -> None:
    small = Image.fromarray(GREY[::2, ::2])
    small.encoderinfo = {"tiffinfo": {254: 1}}
    content = saved(Image.fromarray(GREY), "tiff", save_all=True, append_images=[small])
    (found,), notes = read(content)
    assert np.array_equal(found, GREY)
    assert notes == "Smaller copies and masks within TIFF files were left out: 1 image."


def test_a_damaged_page_leaves_the_pages_before_it() -> None:
    pages = [Image.fromarray(GREY)] * 3
    content = saved(pages[0], "tiff", save_all=True, append_images=pages[1:])
    cut = decode(content[: 2 * len(content) // 3], "a", Counter())
    assert np.array_equal(next(cut)[0], GREY)
    with pytest.raises(PictureError, match="cut off, damaged"):
        list(cut)


def png_of_deep_colour(image: np.ndarray) -> bytes:
    """Return a PNG of 16 bits per channel, which Pillow can't write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width = image.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in image)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_sixteen_bits_of_colour_are_said() -> None:
    (found,), notes = read(png_of_deep_colour(RGB.astype(np.uint16) * 257))
    assert np.array_equal(found, GREY)
    assert notes == (
        "Colours of 16 bits were read with their upper 8 bits, in 1 image: if they are too dark, "
        "save them with 8 bits."
    )


def test_a_phone_s_rotation_is_used() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert np.array_equal(one(encoded(GREY, exif=exif.tobytes())), np.rot90(GREY, -1))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cut off, damaged"),
        (encoded(GREY)[:-30], "cut off, damaged"),
        (b"P5\n8 8\n255\nxx", "cut off, damaged"),
        (saved(Image.fromarray(RGB).convert("LAB"), "tiff"), "of the kind LAB: convert it to RGB"),
        (encoded(np.where(GREY > 250, np.nan, GREY).astype(np.float32), "tiff"), "such as NaN"),
    ],
)
def test_a_broken_picture(content: bytes, message: str) -> None:
    with pytest.raises(PictureError, match=message):
        read(content)
