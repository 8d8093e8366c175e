"""Tell what a column of a .parquet file holds by its type, and the names of its labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vae_core import sandbox
from vae_core.sandbox import RefusedError


def holds(field: Any, shown: str) -> str:
    """Return what a column holds: `number`, `text` or `pictures`.

    Raises:
        RefusedError: it holds something else.
    """
    from pyarrow import types

    kind = field.type
    if types.is_struct(kind):
        names = {kind.field(i).name for i in range(kind.num_fields)}
        if {"bytes", "path"} >= names >= {"bytes"}:
            return "pictures"
    if types.is_binary(kind) or types.is_large_binary(kind):
        return "pictures"
    while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        kind = kind.value_type
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text"
    numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    if numbers or types.is_null(kind):
        return "number"
    raise RefusedError(
        f"{shown}: column {sandbox.display_text(field.name)} holds "
        + (
            "structs: save pictures as PNG in a .zip, in one folder per label."
            if types.is_struct(kind)
            else f"{kind}, neither numbers nor texts: leave it out."
        )
    )


def picture_column(names: Sequence[str], kinds: Sequence[str], shown: str) -> int | None:
    """Return the column of encoded pictures, None if there is none.

    Raises:
        RefusedError: there are several.
    """
    found = [c for c, kind in enumerate(kinds) if kind == "pictures"]
    if len(found) > 1:
        both = " and ".join(f"column {sandbox.display_text(names[c])}" for c in found[:2])
        raise RefusedError(f"{shown} holds pictures in both {both}: keep one of them.")
    return found[0] if found else None


def class_names(metadata: Mapping[bytes, bytes], column: str) -> tuple[str, ...] | None:
    """Return the names that the labels in a column index, as Hugging Face's datasets keep them."""
    try:
        feature = json.loads(metadata[b"huggingface"])["info"]["features"][column]
        names = feature["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return tuple(names) or None
