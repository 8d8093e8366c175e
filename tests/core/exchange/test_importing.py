"""Imports give the same run again, or one sentence that says why not."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.conftest import SMALL
from tests.core.data.upload_files import check_sentence, link, npz, zipped
from tests.core.exchange.exported_files import (
    Files,
    answered,
    changed_config,
    changed_record,
    packed,
)
from tests.trained_runs import TrainedRuns
from vae_core.config import RunConfig
from vae_core.data import dataset, excerpts, registry
from vae_core.data.upload import reader
from vae_core.engines.in_process import InProcessEngine
from vae_core.exchange import imported_arrays, imported_files, imported_records, importing
from vae_core.exchange.bundle import bundle
from vae_core.inference.browser import browser_decoder
from vae_core.inference.images import Inference
from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store
from vae_core.sandbox import RefusedError
from vae_core.training import evaluation

CONFIG, WEIGHTS = "config.json", "vae.weights.h5"
METRICS, ARRAYS = "metrics.jsonl", "arrays.npz"
pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.mark.slow
def test_an_exported_run_is_the_same_after_import(trained: Run, store: RunStore) -> None:
    run = importing.import_run(bundle(trained), "run.zip", store)
    status = run.status()
    assert (status.state, status.imported, status.epoch) == ("finished", True, 3)
    assert run.viewable
    assert run.records() == trained.records()
    assert run.metrics() == trained.metrics()
    z = np.random.default_rng(0).standard_normal((20, 2))
    images = excerpts.held_out("digits", range(20))
    theirs, ours = Inference(trained), Inference(run)
    assert np.array_equal(theirs.decode(z), ours.decode(z))
    for before, after in zip(theirs.encode(images), ours.encode(images), strict=True):
        assert np.array_equal(before, after)
    assert browser_decoder(run, "x") == browser_decoder(trained, "x")
    for name, array in trained.arrays().items():
        assert np.array_equal(run.arrays()[name], array)
    assert evaluation.evaluate(run) == evaluation.evaluate(trained)
    assert {path.name for path in run.path.iterdir()} == {
        *(CONFIG, METRICS, WEIGHTS, ARRAYS, "status.json", "checksums.json"),
        *("encoder.onnx", "decoder.onnx", "decoder.json"),
    }
    assert [path.name for path in store.root.iterdir()] == [run.id]
    with pytest.raises(RefusedError, match=f"there is a run {run.id} already"):
        importing.import_run(bundle(trained), "run.zip", store)
    again = importing.import_run(bundle(run), "again.zip", RunStore(store.root.parent / "third"))
    assert again.metrics() == trained.metrics()


def test_a_run_that_ships_is_not_replaced(store: RunStore) -> None:
    shipped = next(run for run in pretrained_store().scan()[0] if run.viewable)
    with pytest.raises(RefusedError, match="ships with VAE Lab"):
        importing.import_run(bundle(shipped), "run.zip", store)
    assert not store.root.exists()


def test_the_zip_holds_neither_user_nor_host(store: RunStore, make_run: TrainedRuns) -> None:
    run = make_run(store, SMALL)
    run.lifecycle.finish(submitted_by="ada@example.org")
    run.log_path.write_text("a path of this host")
    assert run.status().submitted_by == "ada@example.org"
    with zipfile.ZipFile(io.BytesIO(bundle(run))) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert b"ada@" not in content
    assert b"a path of this host" not in content


@pytest.mark.usefixtures("no_child")
def test_imported_numbers_do_not_mix_with_ours(
    trained: Run, store: RunStore, make_run: TrainedRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.shared import comparable_runs, sweeps

    monkeypatch.setenv("VAE_LAB_RUNS", str(store.root))
    theirs = importing.import_run(bundle(trained), "run.zip", store)
    ours = make_run(store, replace(trained.config, beta=2.0))
    seed = make_run(store, replace(trained.config, seed=1))
    assert [run.id for run in sweeps.sweep_of(ours)] == [ours.id]
    assert theirs.id not in [run.id for run in comparable_runs.default_sweep()]
    assert len(comparable_runs.numbers_over_seeds([seed])[0]) == 1
    assert len(comparable_runs.numbers_over_seeds([theirs])[0]) == 1


@pytest.mark.usefixtures("no_xla", "no_child")
def test_a_run_whose_data_set_is_not_here(
    tmp_path: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be opened, because its records hold the size of its images."""
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "theirs"))
    images = np.random.default_rng(0).integers(0, 256, (20, 10, 10))
    name = reader.read(npz(x=images), "mine.npz").keep()
    run = RunStore(tmp_path / "theirs").create(RunConfig(dataset=name, epochs=2, batch_size=16))
    InProcessEngine().submit(run)
    assert run.status().state == "finished", run.status()
    monkeypatch.setenv("VAE_LAB_RUNS", str(store.root))
    content = bundle(run)
    registry.load.cache_clear()
    imported = importing.import_run(content, "run.zip", store)
    assert Inference(imported).item_shape == (10, 10, 1)
    assert bundle(imported)
    with pytest.raises(dataset.DatasetError, match="not on this machine"):
        excerpts.held_out(name, [0])
    with pytest.raises(dataset.DatasetError, match="not on this machine"):
        evaluation.evaluate(imported)


# --- what is refused ----------------------------------------------------------------------


def changed_arrays(**changes: Any) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        with np.load(io.BytesIO(files[ARRAYS])) as data:
            arrays = dict(data) | changes
        return files | {ARRAYS: npz(**{k: v for k, v in arrays.items() if v is not None})}

    return change


def changed_weights(edit: Callable[[h5py.File], Any]) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        buffer = io.BytesIO(files[WEIGHTS])
        with h5py.File(buffer, "r+") as file:
            edit(file)
        return files | {WEIGHTS: buffer.getvalue()}

    return change


def first_array(file: h5py.File) -> tuple[str, np.ndarray]:
    found: list[str] = []
    file.visititems(lambda name, item: found.append(name) if hasattr(item, "shape") else None)
    return found[0], file[found[0]][()]


def replaced(make: Callable[[h5py.File, str, np.ndarray], Any]) -> Callable[[Files], Files]:
    def edit(file: h5py.File) -> None:
        name, array = first_array(file)
        del file[name]
        make(file, name, array)

    return changed_weights(edit)


def virtual(file: h5py.File, name: str, array: np.ndarray) -> None:
    layout = h5py.VirtualLayout(array.shape, "f4")
    layout[...] = h5py.VirtualSource("/etc/passwd", "x", array.shape)
    file.create_virtual_dataset(name, layout)


def huge(file: h5py.File, name: str, _array: np.ndarray) -> None:
    """Declare an array of 4 TB that takes no room in the file."""
    kind = h5py.h5t.IEEE_F32LE
    space = h5py.h5s.create_simple((1 << 40,))
    h5py.h5d.create(file.id, name.encode(), kind, space, h5py.h5p.create(h5py.h5p.DATASET_CREATE))


def cycle(file: h5py.File) -> None:
    file["loop"] = file["/"]


def many_names(file: h5py.File) -> None:
    name, _ = first_array(file)
    for i in range(900):
        file[f"again{i}"] = file[name]


def without(name: str) -> Callable[[Files], Files]:
    return lambda files: {key: files[key] for key in files if key != name}


PICKLED = npz(posterior_mean=np.array([{}], object))

BAD: dict[str, tuple[Callable[[Files], Files], str]] = {
    **{
        f"no {name}": (without(name), message)
        for name, message in (
            (CONFIG, "must hold one run, but it holds 0"),
            (METRICS, "no metrics.jsonl"),
            (WEIGHTS, "no vae.weights.h5"),
            (ARRAYS, "no arrays.npz"),
        )
    },
    "config is no JSON": (lambda files: files | {CONFIG: b"{"}, "not valid JSON"),
    "config is no text": (lambda files: files | {CONFIG: b"\xff\xfe"}, "is not UTF-8 text"),
    "config is deep": (lambda files: files | {CONFIG: b"[" * 60_000}, "can't be read|not valid"),
    "config is large": (lambda files: files | {CONFIG: b" " * (1 << 17)}, "larger than 64 kB"),
    "another config": (changed_config(beta=3), "belongs to digits-mlp-d2-beta3"),
    "unknown field": (changed_config(code="x"), "unknown fields"),
    "traversal in the config": (changed_config(dataset="../../x"), "lower-case name"),
    "unknown architecture": (changed_config(architecture="evil"), "unknown architecture"),
    "metrics of nan": (changed_record("end", seconds=float("nan")), "end.seconds"),
    "metrics of text": (
        changed_record("epoch", beta="<b>"),
        "epoch.beta must be a number",
    ),
    "metrics of lists": (
        changed_record("end", metrics=[1]),
        "end.metrics: input should be an object",
    ),
    "metrics of lists of lists": (
        changed_record("start", dataset=[]),
        "start.dataset: input should be an object",
    ),
    "too many rates": (
        changed_record("epoch", test=dict.fromkeys(LOSSES, 1.0) | {"rate_per_dim": [1.0] * 3}),
        "3 rates for 2 latent dimensions",
    ),
    "script in a version": (
        changed_record("start", versions={"keras": '"""; import os'}),
        "start.versions.keras: string should match pattern",
    ),
    "an epoch without its losses": (
        changed_record("epoch", train={"loss": 1}),
        "lacks the field epoch.train.distortion",
    ),
    "two ends": (
        lambda files: (
            files
            | {
                METRICS: b"\n".join(
                    line
                    for line in files[METRICS].splitlines()
                    for _ in range(2 if b'"kind": "end"' in line else 1)
                )
            }
        ),
        "not finished",
    ),
    "a long line": (lambda files: files | {METRICS: b"[" + b"{}," * (1 << 19)}, "too long"),
    "other epochs": (changed_record("end", epoch=2), "not finished"),
    "cancelled": (changed_record("end", state="cancelled"), "not finished"),
    "no records": (lambda files: files | {METRICS: b"\n\nhello\n"}, "not finished"),
    "records of nothing": (lambda files: files | {METRICS: b"[]\n3\nnull"}, "line 1 of metrics"),
    "other size": (
        changed_record("start", dataset={"train": 1437, "test": 360, "size": 28}),
        "28 pixels",
    ),
    "more images": (
        changed_record("start", dataset={"train": 1437, "test": 361, "size": 8}),
        "of 361 images",
    ),
    "arrays of other dimensions": (
        changed_arrays(posterior_mean=np.zeros((360, 3), np.float32)),
        "2 latent dimensions",
    ),
    "arrays of doubles": (changed_arrays(posterior_mean=np.zeros((360, 2))), "as float32"),
    "arrays of nan": (
        changed_arrays(posterior_log_var=np.full((360, 2), np.nan, np.float32)),
        "not finite",
    ),
    "an array is missing": (changed_arrays(labels=None), "lacks one of"),
    "labels without names": (changed_arrays(labels=np.full(360, 10, np.uint8)), "without a name"),
    "names that are numbers": (changed_arrays(label_names=np.arange(10)), "label_names"),
    "too many names": (changed_arrays(label_names=np.array(["a"] * 101)), "1 to 100"),
    "pickled arrays": (lambda files: files | {ARRAYS: PICKLED}, "lacks one of"),
    "pickled array among them": (
        changed_arrays(label_names=np.array([{}] * 10, object)),
        "not what its name says",
    ),
    "arrays are no zip": (lambda files: files | {ARRAYS: b"hello"}, "damaged"),
    "arrays are a bomb": (
        lambda files: files | {ARRAYS: npz(True, posterior_mean=np.zeros((360, 60_000)))},
        "zip bomb",
    ),
    "weights are no HDF5": (lambda files: files | {WEIGHTS: b"hello"}, "not a weights file"),
    "weights are cut off": (lambda f: f | {WEIGHTS: f[WEIGHTS][:-3000]}, "not a weights file"),
    "a weight of nan": (
        replaced(lambda file, name, a: file.create_dataset(name, data=a * np.nan)),
        "not finite",
    ),
    "a weight of another shape": (
        replaced(lambda file, name, a: file.create_dataset(name, data=np.stack([a]))),
        "does not fit the config",
    ),
    "a weight of doubles": (
        replaced(lambda file, name, a: file.create_dataset(name, data=a.astype("f8"))),
        "not plain float32",
    ),
    "a weight of text": (
        replaced(lambda file, name, _: file.create_dataset(name, data="x" * 99)),
        "not plain float32",
    ),
    "no weight": (replaced(lambda *_: None), "but is nothing"),
    "one weight more": (
        changed_weights(lambda file: file.create_dataset("extra", data=np.zeros(3, "f4"))),
        "should be nothing",
    ),
    "a soft link": (
        replaced(lambda file, name, _: file.__setitem__(name, h5py.SoftLink("/x"))),
        "a link",
    ),
    "an external link": (
        replaced(lambda file, name, _: file.__setitem__(name, h5py.ExternalLink("/etc/x", "/"))),
        "a link",
    ),
    "external storage": (
        replaced(
            lambda file, name, a: file.create_dataset(
                name, a.shape, "f4", external=[("/etc/passwd", 0, a.nbytes)]
            )
        ),
        "not plain float32",
    ),
    "a virtual array": (replaced(virtual), "not plain float32"),
    "a compressed array": (
        replaced(lambda file, name, a: file.create_dataset(name, data=a, compression="gzip")),
        "not plain float32",
    ),
    "a huge array": (replaced(huge), "not plain float32"),
    "an empty array": (
        replaced(lambda file, name, _: file.create_dataset(name, data=h5py.Empty("f4"))),
        "not plain float32",
    ),
    "objects": (
        replaced(
            lambda file, name, _: file.create_dataset(
                name, (3,), dtype=h5py.special_dtype(vlen=str)
            )
        ),
        "not plain float32",
    ),
    "a named type": (
        changed_weights(lambda file: file.__setitem__("type", np.dtype("f4"))),
        "isn't an array",
    ),
    "groups in a circle": (changed_weights(cycle), "an array twice"),
    "one array under many names": (changed_weights(many_names), "an array twice"),
    "many groups": (
        changed_weights(lambda file: [file.create_group(f"g{i}") for i in range(1001)]),
        "too many groups and arrays",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_hostile_run_gets_one_sentence(
    tmp_path: Path, trained: Run, exported: Files, case: str
) -> None:
    change, message = BAD[case]
    found = answered(packed(trained.id, change(dict(exported))), tmp_path)
    assert "error" in found
    check_sentence(found["error"])
    with pytest.raises(RefusedError, match=message):
        raise RefusedError(found["error"])


def test_more_posteriors_than_pages_can_hold_are_refused(
    tmp_path: Path, trained: Run, exported: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(trained.arrays()["labels"])
    monkeypatch.setattr(imported_arrays, "MOST_VALUES", 2 * count - 1)
    found = answered(packed(trained.id, exported), tmp_path)
    assert f"holds {count} images in 2 latent dimensions: at most" in found["error"]


def test_of_many_steps_some_are_kept(
    trained: Run, exported: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = exported[METRICS].splitlines(keepends=True)
    records = [json.loads(line) for line in lines]
    others = [line for line, record in zip(lines, records, strict=True) if record["kind"] != "step"]
    step = {"kind": "step", "seconds": 1.0, "train": trained.records("epoch")[1]["train"]}
    steps = [json.dumps(step | {"step": i, "epoch": i / 1000}).encode() + b"\n" for i in range(999)]
    whole = b"".join([others[0], *steps, *others[1:]])
    monkeypatch.setattr(imported_records, "KEPT_BYTES", len(whole) // 5)
    kept = imported_records.checked_records(whole, "run.zip", trained.config)
    numbers = [record["step"] for record in kept if record["kind"] == "step"]
    assert 50 < len(numbers) < 999 / 5
    assert len(set(np.diff(numbers))) == 1, "evenly"
    rest = [record for record in kept if record["kind"] != "step"]
    assert len(rest) == len(others)
    monkeypatch.setattr(imported_records, "KEPT_BYTES", sum(map(len, others)) // 2)
    with pytest.raises(RefusedError, match="the epochs in"):
        imported_records.checked_records(whole, "run.zip", trained.config)


def test_hostile_archives(tmp_path: Path, trained: Run, exported: Files) -> None:
    whole = packed(trained.id, exported)
    plain = [(f"{trained.id}/{name}", content) for name, content in exported.items()]
    for i, (content, message) in enumerate(
        (
            (b"hello", "damaged"),
            (whole[: len(whole) // 2], "damaged"),
            (zipped(("../x", b""), *plain), "leads out"),
            (zipped((link(f"{trained.id}/{CONFIG}"), b"/etc/passwd")), "symbolic link"),
            (zipped(*plain, ("b/config.json", exported[CONFIG])), "it holds 2"),
        )
    ):
        (folder := tmp_path / str(i)).mkdir()
        error = answered(content, folder)["error"]
        check_sentence(error)
        assert message in error
    with pytest.raises(RefusedError, match=r"not a \.zip file"):
        importing.import_run(whole, "run.npz", RunStore(tmp_path / "store"))


def test_links_in_a_folder_are_not_followed(tmp_path: Path, trained: Run) -> None:
    copy = tmp_path / trained.id
    for name in (WEIGHTS, CONFIG):
        shutil.copytree(trained.path, copy)
        (copy / name).unlink()
        (copy / name).symlink_to(trained.path / name)
        with pytest.raises(RefusedError, match="links are not followed"):
            imported_files.folder_files(copy, "x")
        (copy / name).unlink()
        os.mkfifo(copy / name)
        with pytest.raises(RefusedError, match="not a regular file"):
            imported_files.folder_files(copy, "x")
        shutil.rmtree(copy)


def test_scripts_and_graphs_of_the_sender_are_not_used(
    tmp_path: Path, trained: Run, exported: Files
) -> None:
    bad = dict.fromkeys(("load.py", "architecture.py", "encoder.onnx", "decoder.json"), b"evil")
    found = answered(packed("", exported | bad | {"more.txt": b"x"}), tmp_path)
    run = Run(tmp_path / "out" / found["answer"]["id"])
    assert not any(path.read_bytes() == b"evil" for path in run.path.iterdir())
    z = np.zeros((1, 2))
    assert np.array_equal(Inference(run).decode(z), Inference(trained).decode(z))


def test_a_refused_import_leaves_nothing(tmp_path: Path, trained: Run, exported: Files) -> None:
    store = RunStore(tmp_path / "store")
    for case in ("a huge array", "a weight of another shape"):
        change, message = BAD[case]
        content = packed(trained.id, change(dict(exported)))
        with pytest.raises(RefusedError, match=message):
            importing.import_run(content, "run.zip", store)
    assert not store.root.exists()
