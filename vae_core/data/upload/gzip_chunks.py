"""Unpack what gzip packed, within a limit."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import IO

from vae_core import sandbox
from vae_core.data.upload.limits import CHUNK_BYTES
from vae_core.sandbox import RefusedError

GZIP = b"\x1f\x8b"  # the first bytes


def gzip_chunks(packed: IO[bytes], most: int, shown: str) -> Iterator[bytes]:
    """Yield the content of a file that gzip packed.

    Args:
        packed: the file.
        most: bytes that it may unpack to.
        shown: its name, for error messages.

    Raises:
        RefusedError: it unpacks to more than `most` bytes, or is damaged.
    """
    size = 0
    try:
        with gzip.GzipFile(fileobj=packed) as file:
            while content := file.read(CHUNK_BYTES):
                size += len(content)
                if size > most:
                    raise RefusedError(
                        f"{shown} unpacks to more than {sandbox.format_bytes(most)}: make it "
                        "smaller."
                    )
                yield content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        if str(error).startswith("Not a gzipped file"):  # after a whole one
            raise RefusedError(
                f"{shown} holds more bytes after what gzip packed: unpack it with gunzip, and "
                "upload the unpacked file."
            ) from error
        raise RefusedError(f"{shown} is cut off or damaged: gzip can't unpack it.") from error
