"""Check the records of an imported run: what training writes, and no more."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from vae_core import kinds, sandbox
from vae_core.config import RunConfig
from vae_core.data import text_items
from vae_core.data.upload.limits import MOST_LABELS
from vae_core.metrics.catalogue import AUTOENCODER_METRICS, METRICS
from vae_core.model import objectives
from vae_core.runs.records import LOSSES, test_keys
from vae_core.sandbox import RefusedError

# What is read, and how many bytes of it at most.
FILES = {
    "config.json": 1 << 16,
    "metrics.jsonl": 64 << 20,
    "vae.weights.h5": 256 << 20,
    "arrays.npz": 512 << 20,
}


MOST_IMAGES = 200_000


LINE_BYTES = 1 << 20  # of metrics.jsonl; objects can be a hundred times as large as their text


class _WrongError(Exception):
    """A record is not what training writes; says what."""


def _number(value: object) -> float:
    if type(value) not in (int, float) or not -1e30 < value < 1e30:  # type: ignore[operator]
        raise _WrongError(f"{value!r:.40} where a number should be")
    return float(value)  # type: ignore[arg-type]


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 40:
        raise _WrongError(f"{value!r:.40} where a count should be")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Za-z_.+-]{1,64}", value):
        raise _WrongError(f"{value!r:.40} where a word should be")
    return value


def _vocabulary(value: object) -> str:
    if not (
        isinstance(value, str)
        and 1 <= len(value) <= text_items.MOST_CHARACTERS
        and list(value) == sorted(set(value))
        and value.isprintable()
    ):
        raise _WrongError(f"{value!r:.40} where characters in order should be")
    return value


def _or_none(check: Callable[[object], Any]) -> Callable[[object], Any]:
    return lambda value: None if value is None else check(value)


def _nothing(value: object) -> None:
    if value is not None:
        raise _WrongError(f"{value!r:.40} where an autoencoder has nothing")


def _several(
    check: Callable[[object], Any], names: Iterable[str], needed: Iterable[str] = ()
) -> Callable[[object], dict[str, Any]]:
    """Of a dict these names, those in `needed` at least; others are left out."""
    known, missing = frozenset(names), frozenset(needed)

    def checked(value: object) -> dict[str, Any]:
        if not isinstance(value, dict) or not missing <= value.keys():
            raise _WrongError("a part is missing")
        return {name: check(value[name]) for name in value if name in known}

    return checked


DATASET_COUNTS = ("train", "test", "size")


def _dataset(value: object) -> dict[str, Any]:
    found = _several(_count, DATASET_COUNTS, DATASET_COUNTS)(value)
    assert isinstance(value, dict)
    more = {"sha256": _word, "vocabulary": _vocabulary}
    return found | {key: check(value[key]) for key, check in more.items() if key in value}


def checked_records(content: bytes, name: str, config: RunConfig) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl with what training writes, and no more.

    Lines that are no JSON were torn, and are left out as everywhere.
    """

    def rates(value: object) -> list[float]:
        if not isinstance(value, list) or len(value) != config.latent_dim:
            raise _WrongError(f"no list of {config.latent_dim} rates")
        return [_number(rate) for rate in value]

    # What is no number of an autoencoder is refused or left out, as anything unknown is.
    needed_of_test, train_keys = test_keys(config), objectives.of(config).parts
    losses = [name for name in LOSSES if name in needed_of_test]

    def test(value: object) -> dict[str, Any]:
        found = _several(_number, losses, needed_of_test)(value)
        assert isinstance(value, dict)
        return found | ({"rate_per_dim": rates(value["rate_per_dim"])} if config.has_rate else {})

    measured = _several(_number, METRICS if config.has_rate else AUTOENCODER_METRICS)
    # Kind -> what it must have, what it may have; each with its check.
    known: dict[str, tuple[dict[str, Callable[[object], Any]], dict[str, Callable[[object], Any]]]]
    known = {
        "start": (
            {"time": _number, "epoch": _count, "steps_per_epoch": _count, "dataset": _dataset},
            {
                "parameters": _several(_count, ("encoder", "decoder")),
                "versions": _several(_word, ("python", "tensorflow", "keras", "numpy")),
                "machine": _word,
                "cpus": _count,
            },
        ),
        "step": (
            {
                "step": _count,
                "epoch": _number,
                "seconds": _number,
                "train": _several(_number, losses, train_keys),
            },
            {"rate_per_dim": rates} if config.has_rate else {},
        ),
        "epoch": (
            {
                "step": _count,
                "epoch": _count,
                "seconds": _number,
                "beta": _number if config.has_rate else _nothing,
                "capacity": _or_none(_number) if config.has_rate else _nothing,
                "train": _or_none(_several(_number, losses, train_keys)),
                "test": test,
            },
            {},
        ),
        "end": (
            {"state": _word, "epoch": _count, "seconds": _number},
            {"metrics": measured, "active_units": _count, "high_rate_units": _count},
        ),
    }
    found = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if len(line) > LINE_BYTES:
            raise RefusedError(f"{name}: line {number} of metrics.jsonl is too long.")
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        try:
            needed, optional = known[record["kind"]]
            checks = needed | {key: optional[key] for key in optional if key in record}
            values = {key: check(record[key]) for key, check in checks.items()}
        except (_WrongError, KeyError, TypeError) as error:
            what = f": {error}" if isinstance(error, _WrongError) else ""
            raise RefusedError(
                f"{name}: line {number} of metrics.jsonl is not what training writes{what}."
            ) from error
        found.append({"kind": record["kind"]} | values)
    kinds = [record["kind"] for record in found]
    ended = found and found[-1]["kind"] == "end" and found[-1]["state"] == "finished"
    epochs = [record for record in found if record["kind"] in ("epoch", "end")][-2:]
    whole = [(record["kind"], record["epoch"]) for record in epochs] == [
        ("epoch", config.epochs),
        ("end", config.epochs),
    ]
    if not ended or "start" not in kinds or not whole:
        raise RefusedError(f"{name}: the run is not finished: only finished ones are taken.")
    return found


def checked_arrays(
    content: bytes, name: str, config: RunConfig, count: int
) -> dict[str, np.ndarray]:
    """What arrays.npz holds.

    Args:
        count: of held-out images or texts.
    """
    items = kinds.of_run(config).items
    file = f"{name}: arrays.npz"
    with (
        sandbox.archive(io.BytesIO(content), file, FILES["arrays.npz"]),
        np.load(io.BytesIO(content), allow_pickle=False) as data,
    ):
        keys = ("posterior_mean", "posterior_log_var", "labels", "label_names")
        if not {*keys} <= set(data.files):
            raise RefusedError(f"{file} lacks one of {', '.join(keys)}.")
        mean, log_var, labels, label_names = (data[key] for key in keys)
    for array in (mean, log_var):
        if array.dtype != np.float32 or array.shape != (count, config.latent_dim):
            raise RefusedError(
                f"{file} must hold posteriors of {count} {items} in {config.latent_dim} latent "
                f"dimensions as float32, got {array.dtype} of shape {array.shape}."
            )
    if not (np.isfinite(mean).all() and (np.isfinite(log_var).all() or not config.has_rate)):
        raise RefusedError(f"{file} holds a number that is not finite.")
    if not config.has_rate and not np.isneginf(log_var).all():
        raise RefusedError(f"{file}: the posteriors of an autoencoder have no width.")
    if not 0 < count <= MOST_IMAGES:
        raise RefusedError(f"{file} holds {count} {items}, and at most {MOST_IMAGES} are taken.")
    if label_names.dtype.kind != "U" or not (
        label_names.ndim == 1 and 1 <= len(label_names) <= MOST_LABELS
    ):
        raise RefusedError(f"{file} must hold 1 to {MOST_LABELS} label_names.")
    if labels.dtype.kind not in "iu" or labels.shape != (count,):
        raise RefusedError(f"{file} must hold {count} labels.")
    if labels.min() < 0 or labels.max() >= len(label_names):
        raise RefusedError(f"{file} has labels without a name.")
    return {
        "posterior_mean": mean,
        "posterior_log_var": log_var,
        "labels": labels.astype(np.uint8),
        "label_names": np.array([sandbox.clean_label(str(label)) for label in label_names]),
    }
