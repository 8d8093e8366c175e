"""A run that somebody else exported -> a run of this store, or one sentence that says why not.

Of the zip of `vae_core.bundle`, or of a run folder, four files are read: config.json,
metrics.jsonl, vae.weights.h5 and arrays.npz. Each is checked and written anew; the weights go by
name, shape and type into the model that config.json asks for, and the exports are made from it.
Nothing is unpickled, no saved model is loaded, no graph or script of the sender is used. What can't
be checked is what the numbers say: they are the sender's, and the run is marked `imported`.

That happens in a process of its own, whose memory and time are limited:

    python -m vae_core.importing REQUEST      prints one line of JSON, the run's id or the error
"""

from __future__ import annotations

import importlib.util
import io
import json
import math
import os
import re
import shutil
import stat
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from vae_core import architectures, datasets, objective, untrusted
from vae_core.config import RunConfig
from vae_core.metrics import AUTOENCODER_METRICS, METRICS
from vae_core.runs import LOSSES, Run, RunStore, pretrained_store, test_keys
from vae_core.untrusted import RefusedError
from vae_core.uploads import MOST_LABELS, SIZES

# What is read, and how many bytes of it at most.
FILES = {
    "config.json": 1 << 16,
    "metrics.jsonl": 64 << 20,
    "vae.weights.h5": 256 << 20,
    "arrays.npz": 512 << 20,
}
FILE_BYTES, UNPACKED_BYTES = 512 << 20, 1 << 30
CHILD = untrusted.Child(memory_bytes=12 << 30, seconds=180)  # TensorFlow reserves more than it uses
MOST_IMAGES = 200_000
MOST_OBJECTS, DEEPEST = 1000, 8  # of groups and arrays in the weights
LINE_BYTES = 1 << 20  # of metrics.jsonl; objects can be a hundred times as large as their text


def import_run(content: Path | memoryview | bytes, file_name: str, store: RunStore) -> Run:
    """Check a run in a process of its own, and take it into the store. It takes some seconds.

    Args:
        content: the zip, or what is in it; or a run folder.
        file_name: of it.
        store: that gets the run.

    Raises:
        RefusedError: it is no run that can be taken; nothing is left of it.
        RunError: the store has a run of this config already.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise RefusedError("importing a run needs TensorFlow to check it: pip install '.[train]'.")
    is_folder = isinstance(content, Path) and content.is_dir()
    if not is_folder:
        untrusted.check_file(content, file_name, (".zip",), FILE_BYTES)
    with untrusted.private_folder() as folder:
        path = content if isinstance(content, Path) else folder / "file"
        if not isinstance(content, Path):
            path.write_bytes(content)
        request = {
            "path": str(path.absolute()),
            "file_name": path.absolute().name if is_folder else file_name,
            "folder": str(folder),
            "store": str(store.root.absolute()),
        }
        name = untrusted.shown(file_name)
        found = untrusted.ask_child("vae_core.importing", request, CHILD, name)
        config = RunConfig.from_json((folder / found["id"] / "config.json").read_text("utf-8"))
        outer = store.root / f".new-{uuid.uuid4().hex}"
        try:
            outer.mkdir(parents=True)
            shutil.copytree(folder / config.id, outer / config.id)
            return store.adopt(outer / config.id, config)
        finally:
            shutil.rmtree(outer, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)


# --- in the child -------------------------------------------------------------------------


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Check what `import_run` asks for, and write the run into the folder that it names.

    Returns:
        The run's id, which is the name of a new folder there.
    """
    path, folder = Path(request["path"]), Path(request["folder"])
    name = untrusted.shown(request["file_name"])
    home, files = (_folder_files if path.is_dir() else _zip_files)(path, name)
    config = RunConfig.from_json(_text(files["config.json"], name, "config.json"))
    if config.architecture in architectures.TEXT_ARCHITECTURES:
        raise RefusedError("A run on texts can't be imported yet; one on images can.")
    architectures.check_name(config.architecture)
    if home not in ("", config.id):
        raise RefusedError(f"{name}: its config.json belongs to {config.id}, not to the folder.")
    if RunStore(request["store"]).has(config.id):
        raise RefusedError(f"there is a run {config.id} already; delete it first.")
    if pretrained_store().has(config.id):  # whose place it would take on the pages
        raise RefusedError(f"the run {config.id} ships with VAE Lab, so there is no need to.")
    records = _records(files["metrics.jsonl"], name, config)
    start = next(record for record in reversed(records) if record["kind"] == "start")
    arrays = _arrays(files["arrays.npz"], name, config, start["dataset"]["test"])
    size = _size(name, config, start["dataset"]["size"])
    stored = weights(files["vae.weights.h5"], name)

    run = _write(folder / config.id, config, records)
    _write_networks(run, size, stored, name)
    run.write_arrays("arrays", **arrays)
    run.finish(epoch=config.epochs, seconds=records[-1]["seconds"], imported=True)
    return {"id": run.id}


def _zip_files(path: Path, name: str) -> tuple[str, dict[str, bytes]]:
    """The name of the folder in a zip, if there is one, and the files that are read."""
    with untrusted.archive(path, name, UNPACKED_BYTES) as (opened, infos):
        configs = [info for info in infos if PurePosixPath(info.filename).name == "config.json"]
        if len(configs) != 1:
            raise RefusedError(f"{name} must hold one run, and it holds {len(configs)}.")
        home = PurePosixPath(configs[0].filename).parent
        if len(home.parts) > 1:
            raise RefusedError(f"{name} must hold the run's files in one folder.")
        by_name = {info.filename: info for info in infos}
        found = {}
        for file, most in FILES.items():
            info = by_name.get(str(home / file))
            if info is None:
                raise RefusedError(f"{name} has no {file}: export a finished run, whole.")
            if info.file_size > most:
                raise RefusedError(f"{name}: {file} is larger than {untrusted.in_bytes(most)}.")
            found[file] = opened.read(info)
    return str(home) if home.parts else "", found


def _folder_files(path: Path, name: str) -> tuple[str, dict[str, bytes]]:
    """The same of a folder; links in it are not followed, and pipes not waited for."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    found = {}
    for file, most in FILES.items():
        try:
            handle = os.open(path / file, flags)
        except OSError as error:
            raise RefusedError(
                f"{name} has no {file} that can be read (links are not followed)."
            ) from error
        with open(handle, "rb") as opened:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise RefusedError(f"{name}: {file} is no file.")
            found[file] = opened.read(most + 1)
        if len(found[file]) > most:
            raise RefusedError(f"{name}: {file} is larger than {untrusted.in_bytes(most)}.")
    return path.name, found


def _text(content: bytes, name: str, file: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(f"{name}: {file} is no text.") from error


def _size(name: str, config: RunConfig, size: int) -> int:
    """Pixels a side: what the run says, and the data set where it is known here."""
    try:
        known = datasets.source(config.dataset).size
    except datasets.DatasetError:
        known = size
    if size != known or not SIZES[0] <= size <= SIZES[1]:
        raise RefusedError(f"{name}: its images have {size} pixels a side, which can't be.")
    return size


def _write(folder: Path, config: RunConfig, records: list[dict[str, Any]]) -> Run:
    folder.mkdir()
    (folder / "config.json").write_text(config.to_json(), "utf-8")
    lines = "".join(json.dumps(record, allow_nan=False) + "\n" for record in records)
    (folder / "metrics.jsonl").write_text(lines, "utf-8")
    return Run(folder)


# --- numbers ------------------------------------------------------------------------------


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
    return found | ({"sha256": _word(value["sha256"])} if "sha256" in value else {})


def _records(content: bytes, name: str, config: RunConfig) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl with what training writes, and no more.

    Lines that are no JSON were torn, and are left out as everywhere.
    """

    def rates(value: object) -> list[float]:
        if not isinstance(value, list) or len(value) != config.latent_dim:
            raise _WrongError(f"no list of {config.latent_dim} rates")
        return [_number(rate) for rate in value]

    # What is no number of an autoencoder is refused or left out, as anything unknown is.
    needed_of_test, train_keys = test_keys(config), objective.terms(config)
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


def _arrays(content: bytes, name: str, config: RunConfig, count: int) -> dict[str, np.ndarray]:
    """What arrays.npz holds.

    Args:
        count: of held-out images.
    """
    file = f"{name}: arrays.npz"
    with (
        untrusted.archive(io.BytesIO(content), file, FILES["arrays.npz"]),
        np.load(io.BytesIO(content), allow_pickle=False) as data,
    ):
        keys = ("posterior_mean", "posterior_log_var", "labels", "label_names")
        if not {*keys} <= set(data.files):
            raise RefusedError(f"{file} lacks one of {', '.join(keys)}.")
        mean, log_var, labels, label_names = (data[key] for key in keys)
    for array in (mean, log_var):
        if array.dtype != np.float32 or array.shape != (count, config.latent_dim):
            raise RefusedError(
                f"{file} must hold posteriors of {count} images in {config.latent_dim} latent "
                f"dimensions as float32, got {array.dtype} of shape {array.shape}."
            )
    if not (np.isfinite(mean).all() and (np.isfinite(log_var).all() or not config.has_rate)):
        raise RefusedError(f"{file} holds a number that is not finite.")
    if not config.has_rate and not np.isneginf(log_var).all():
        raise RefusedError(f"{file}: the posteriors of an autoencoder have no width.")
    if not 0 < count <= MOST_IMAGES:
        raise RefusedError(f"{file} holds {count} images, and at most {MOST_IMAGES} are taken.")
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
        "label_names": np.array([untrusted.label(str(label)) for label in label_names]),
    }


# --- weights ------------------------------------------------------------------------------


def weights(content: bytes, name: str) -> dict[str, np.ndarray]:
    """The arrays of a Keras weights file by their paths, if it holds nothing but plain ones."""
    import h5py

    file_name = f"{name}: vae.weights.h5"
    found: dict[str, np.ndarray] = {}
    seen = size = 0

    def visit(group: Any, path: str, depth: int) -> None:
        nonlocal seen, size
        for key in group:
            seen += 1
            if seen > MOST_OBJECTS or depth > DEEPEST:
                raise RefusedError(f"{file_name} holds more than weights.")
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise RefusedError(f"{file_name} holds a link, which is not followed.")
            item = group[key]
            if isinstance(item, h5py.Group):
                visit(item, f"{path}{key}/", depth + 1)
            elif isinstance(item, h5py.Dataset):
                size += item.id.get_storage_size()
                if size > len(content):  # one array under many names
                    raise RefusedError(f"{file_name} holds an array twice.")
                found[f"{path}{key}"] = plain(item)
            else:
                raise RefusedError(f"{file_name} holds something that is no array.")

    def plain(item: Any) -> np.ndarray:
        layout = item.id.get_create_plist()
        kind = item.id.get_type()
        if (
            layout.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
            or layout.get_external_count()
            or layout.get_nfilters()
            or not isinstance(kind, h5py.h5t.TypeFloatID)
            or item.dtype != np.float32
            or item.shape is None
            or item.id.get_storage_size() != math.prod(item.shape) * 4
        ):
            raise RefusedError(f"{file_name} holds an array that is not plain float32.")
        return item[()]

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            visit(file, "", 0)
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # h5py raises what it likes on a damaged file
        raise RefusedError(f"{file_name} is damaged, or no weights file.") from error
    if not all(np.isfinite(array).all() for array in found.values()):
        raise RefusedError(f"{file_name} holds a weight that is not finite.")
    return found


def _write_networks(run: Run, size: int, stored: dict[str, np.ndarray], name: str) -> None:
    """Weights and exports of the model that the config asks for.

    Keras reads a file that it has just written itself, with the numbers put in.
    """
    import h5py

    from vae_core.export import export, weights_file  # TensorFlow, only where it is needed
    from vae_core.vae import VAE

    vae = VAE(run.config, size)
    vae.optimizer = None
    fresh = weights_file(vae)
    expected = weights(fresh, name)
    for path in sorted(expected.keys() | stored.keys()):
        want, got = (
            str(found[path].shape) if path in found else "nothing" for found in (expected, stored)
        )
        if want != got:
            raise RefusedError(
                f"{name}: vae.weights.h5 does not fit the config: {untrusted.shown(path)} of "
                f"{path.count('/')} levels should be {want}, and is {got}."
            )
    own = run.path / "own.weights.h5"
    own.write_bytes(fresh)
    with h5py.File(own, "r+") as file:
        for path, array in stored.items():
            file[path][...] = array
    vae.load_weights(own)
    own.unlink()
    export(vae, run)


if __name__ == "__main__":
    untrusted.serve(answer)
