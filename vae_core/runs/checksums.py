"""Read checksums.json: the size and SHA-256 of each file that is final."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, with_config

from vae_core.runs.disk import read_text
from vae_core.runs.files import SEALED_FILES
from vae_core.settings import sentence


@with_config(ConfigDict(strict=True, extra="forbid"))
@dataclass(frozen=True, slots=True)
class Checksum:
    """Size and SHA-256 of one file."""

    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def _check_sealed(name: str) -> str:
    if name not in SEALED_FILES:
        raise ValueError(f"{name!r} must not have a checksum")
    return name


_READER = TypeAdapter(dict[Annotated[str, AfterValidator(_check_sealed)], Checksum])


def read_checksums(file: io.FileIO) -> dict[str, Checksum]:
    """Return the checksums by file name.

    Raises:
        ValueError: the file does not hold checksums.
    """
    try:
        return _READER.validate_json(read_text(file))
    except ValidationError as error:
        raise ValueError(sentence(error, "it", {})) from None
