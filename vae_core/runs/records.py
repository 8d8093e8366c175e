"""The lines of metrics.jsonl: what each kind holds."""

from __future__ import annotations

import json
from typing import Any

from vae_core.config import RunConfig

RECORD_KEYS = {
    "start": {"epoch", "steps_per_epoch", "time"},
    "step": {"epoch", "step", "seconds", "train"},
    "epoch": {"epoch", "step", "seconds", "beta", "capacity", "train", "test"},
    "end": {"epoch", "state"},
}


AUTOENCODER_KEYS = {"loss", "distortion"}  # of `test`: it has no rate and no elbo


TEST_KEYS = AUTOENCODER_KEYS | {"rate", "elbo", "rate_per_dim"}


LOSSES = ("loss", "distortion", "rate", "elbo")  # the numbers in it, in the order of the tables


def _number(*values: Any) -> bool:
    """Are all of these numbers that can be drawn? (JSON from Python may hold nan.)"""
    return all(type(value) in (int, float) and -1e300 < value < 1e300 for value in values)


def _numbers(found: dict[str, Any]) -> bool:
    """The same of a dict of numbers and of lists of them."""
    return all(_number(*(v if isinstance(v, list) else [v])) for v in found.values())


def test_keys(config: RunConfig) -> set[str]:
    """What `test` of an `epoch` holds."""
    return TEST_KEYS if config.has_rate else AUTOENCODER_KEYS


def parse_record(line: bytes, config: RunConfig) -> dict[str, Any] | None:
    """A line of metrics.jsonl, or None if it is torn, lacks what its kind always has, or holds a
    rate that can't be.
    """
    try:
        record = json.loads(line)
        whole = record.keys() >= RECORD_KEYS[record["kind"]] and _number(record["epoch"])
        if record["kind"] == "start":
            whole = whole and _number(record["steps_per_epoch"], record["time"])
        if record["kind"] in ("step", "epoch"):
            rates = {"rate_per_dim": record.get("rate_per_dim", [])}
            whole = whole and (config.has_rate or not rates["rate_per_dim"])
            whole = whole and _number(record["step"], record["seconds"])
            whole = whole and _numbers(rates) and _numbers(record["train"] or {})
        if record["kind"] == "epoch":
            keys = test_keys(config)
            whole = whole and record["test"].keys() >= keys and _numbers(record["test"])
            if config.has_rate:
                whole = whole and isinstance(record["test"]["rate_per_dim"], list)
                whole = whole and _number(record["beta"], record["capacity"] or 0)
            else:
                whole = whole and record["test"].keys() == keys
        if record["kind"] == "end":
            whole = whole and _numbers(record.get("metrics", {}))
        return record if whole else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
