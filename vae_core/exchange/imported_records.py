"""Check that the records of an imported run are what training writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

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
LARGEST = 1e30  # limit of every number: plots of sums and squares must not overflow


def checked_records(content: bytes, name: str, config: RunConfig) -> list[dict[str, Any]]:
    """Read and check the lines of metrics.jsonl.

    Lines that are not JSON were torn by a crash and are left out, as in `parse_record`. Names that
    this version doesn't know are left out, too.

    Args:
        content: of the file.
        name: of the import, for error messages.
        config: of the run.

    Raises:
        RefusedError: a line is not what training writes, or the run is not finished.
    """
    records = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        place = f"{name}: line {number} of {METRICS_FILE}"
        if len(line) > LINE_BYTES:
            raise RefusedError(f"{place} is too long.")
        try:
            records.append(_known_parts(schema(config.has_rate).validate_json(line), config))
        except ValidationError as error:
            if error.errors()[0]["type"] != "json_invalid":
                why = sentence(error, "it", {})
                raise RefusedError(f"{place} is not what training writes: {why}") from error
        except ValueError as error:
            raise RefusedError(f"{place} is not what training writes: {error}.") from error
    if not _finished(records, config):
        raise RefusedError(f"{name}: the run is not finished: only a finished run can be imported.")
    return records


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
