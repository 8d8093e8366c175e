"""Size and SHA-256 of the files that stay."""

from __future__ import annotations

import dataclasses
import io
import json
import re

from vae_core.runs.disk import read_text
from vae_core.runs.files import SEALED_FILES


@dataclasses.dataclass(frozen=True, slots=True)
class Checksum:
    """Of a file; see checksums.json."""

    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if type(self.bytes) is not int or not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError("a checksum is none")


def read_checksums(file: io.FileIO) -> dict[str, Checksum]:
    checksums = {name: Checksum(**values) for name, values in json.loads(read_text(file)).items()}
    if not checksums.keys() <= set(SEALED_FILES):
        raise ValueError("it names other files")
    return checksums
