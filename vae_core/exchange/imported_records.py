"""Check that the records of an imported run are what training writes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from vae_core import sandbox
from vae_core.config import RunConfig
from vae_core.data import text_characters, text_items
from vae_core.kinds.contents import Contents
from vae_core.metrics.catalogue import AUTOENCODER_METRICS, METRICS
from vae_core.model import objectives, priors
from vae_core.runs.files import METRICS as METRICS_FILE
from vae_core.runs.records import LOSSES, schema
from vae_core.sandbox import RefusedError
from vae_core.settings import sentence

LINE_BYTES = 1 << 20  # parsed, a line can take a hundred times as much memory
# Of all lines that are kept. Pages hold them in memory; parsed they take some ten times as much.
KEPT_BYTES = 8 << 20
MOST_SECONDS = 1e12  # as in status.json
LARGEST = 1e30  # limit of every number: plots of sums and squares must not overflow


def checked_records(content: bytes, name: str, config: RunConfig) -> list[dict[str, Any]]:
    """Read and check the lines of metrics.jsonl.

    Lines that are not JSON were torn by a crash and are left out, as in `parse_record`. Names that
    this version doesn't know are left out, too. If the lines are more than `KEPT_BYTES`, every
    second one of kind step is left out, and again until the rest fits: no chart shows so many.

    Args:
        content: of the file.
        name: of the import, for error messages.
        config: of the run.

    Raises:
        RefusedError: a line is not what training writes, the lines of other kinds alone are more
            than `KEPT_BYTES`, or the run is not finished.
    """
    kept = _Kept()
    for number, line in enumerate(io.BytesIO(content), start=1):
        line = line.rstrip(b"\n")
        place = f"{name}: line {number} of {METRICS_FILE}"
        if len(line) > LINE_BYTES:
            raise RefusedError(f"{place} is too long.")
        try:
            record = _known_parts(schema(config.has_rate).validate_json(line), config)
        except ValidationError as error:
            if error.errors()[0]["type"] != "json_invalid":
                why = sentence(error, "it", {})
                raise RefusedError(f"{place} is not what training writes: {why}") from error
        except ValueError as error:
            raise RefusedError(f"{place} is not what training writes: {error}.") from error
        else:
            if not kept.add(record, len(line)):
                raise RefusedError(
                    f"{name}: the epochs in {METRICS_FILE} are more than "
                    f"{sandbox.format_bytes(KEPT_BYTES)}, and pages could not hold them."
                )
    records = kept.records()
    if not _finished(records, config):
        raise RefusedError(f"{name}: the run is not finished: only a finished run can be imported.")
    return records


class _Kept:
    """Records within `KEPT_BYTES`: all but some of the steps."""

    def __init__(self) -> None:
        self._kept: list[tuple[dict[str, Any], int]] = []
        self._bytes = 0
        self._every = 1  # of so many steps one is kept
        self._steps = 0

    def add(self, record: dict[str, Any], length: int) -> bool:
        """Keep a record of so many bytes; return False if there is no room even without steps."""
        if record["kind"] == "step":
            self._steps += 1
            if self._steps % self._every:
                return True
        self._kept.append((record, length))
        self._bytes += length
        while self._bytes > KEPT_BYTES:
            if not any(record["kind"] == "step" for record, _ in self._kept):
                return False
            self._every *= 2
            self._thin()
        return True

    def _thin(self) -> None:
        """Leave out every second step."""
        kept, number = [], 0
        for record, length in self._kept:
            number += record["kind"] == "step"
            if record["kind"] != "step" or number % 2 == 0:
                kept.append((record, length))
        self._kept = kept
        self._bytes = sum(length for _, length in kept)

    def records(self) -> list[dict[str, Any]]:
        return [record for record, _ in self._kept]


def _known_parts(record: Any, config: RunConfig) -> dict[str, Any]:
    """Return the record without names that this version doesn't know.

    Raises:
        ValueError: a field that every run of this config has is missing, or a value is impossible.
    """
    kind = record["kind"]
    reported = objectives.of(config).parts
    prior = priors.of(config)
    rates = ("rate_per_dim",) if prior and prior.factorised else ()
    # The names that a part may have, and those that it must have.
    parts: dict[str, tuple[Iterable[str], Iterable[str]]] = {
        "train": (reported, reported),
        "test": ((*LOSSES, *rates, *reported), (*rates, *reported)),
        "metrics": (METRICS if Contents(config).has_prior else AUTOENCODER_METRICS, ()),
    }
    for part, (known, needed) in parts.items():
        values = record.get(part)
        if values is not None:
            missing = [name for name in needed if name not in values]
            if missing:
                raise ValueError(f"it lacks the field {kind}.{part}.{missing[0]}")
            record[part] = {name: values[name] for name in values if name in known}
    for needed_field in {"start": ("dataset",), "end": ("seconds",)}.get(kind, ()):
        if needed_field not in record:
            raise ValueError(f"it lacks the field {kind}.{needed_field}")
    per_dim = record["test"].get("rate_per_dim") if kind == "epoch" else record.get("rate_per_dim")
    if per_dim is not None and len(per_dim) != config.latent_dim:
        raise ValueError(f"it has {len(per_dim)} rates for {config.latent_dim} latent dimensions")
    if any(abs(number) >= LARGEST for number in _numbers(record)):
        raise ValueError(f"it holds a number of {LARGEST:g} or more")
    if record.get("seconds", 0) >= MOST_SECONDS:
        raise ValueError(f"its seconds are {record['seconds']:g}, more than 30,000 years")
    vocabulary = record["dataset"].get("vocabulary") if kind == "start" else None
    if vocabulary is not None and not is_vocabulary(vocabulary):
        raise ValueError("its vocabulary must be characters in order")
    return record


def _numbers(value: Any) -> Iterable[float]:
    """Yield all numbers in a record."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float):
        yield value


def is_vocabulary(text: str) -> bool:
    return (
        1 <= len(text) <= text_items.MOST_CHARACTERS
        and list(text) == sorted(set(text))
        and all(map(text_characters.is_allowed, text))
    )


def _finished(records: list[dict[str, Any]], config: RunConfig) -> bool:
    """Return whether training started, did its last epoch, and ended as finished."""
    last = [r for r in records if r["kind"] in ("epoch", "end")][-2:]
    return (
        any(record["kind"] == "start" for record in records)
        and [(r["kind"], r["epoch"]) for r in last]
        == [("epoch", config.epochs), ("end", config.epochs)]
        and records[-1]["kind"] == "end"
        and records[-1]["state"] == "finished"
    )
