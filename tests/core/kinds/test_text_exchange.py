"""Runs on texts as a zip, and back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.data.upload_files import check_sentence
from tests.core.exchange.exported_files import Files, changed_config, changed_record, packed
from tests.core.exchange.load_script import run_load_script
from vae_core import sandbox
from vae_core.data import registry
from vae_core.data.dataset import DatasetError, TextDataset
from vae_core.exchange import importing
from vae_core.exchange.bundle import bundle
from vae_core.inference.texts import TextInference
from vae_core.runs.run import Run


def answered(run: Run, change: Callable[[Files], Files], folder: Path) -> dict[str, Any]:
    """Return the answer of the importing child to a changed run; this process runs the child."""
    with zipfile.ZipFile(io.BytesIO(bundle(run))) as archive:
        files = {name.split("/")[1]: archive.read(name) for name in archive.namelist()}
    (folder / "in.zip").write_bytes(packed("", change(files)))
    request = {
        "path": str(folder / "in.zip"),
        "file_name": "in.zip",
        "folder": str(folder),
        "store": str(folder / "store"),
    }
    return sandbox.answer_or_error(importing.answer, request)


@pytest.mark.parametrize("here", [pytest.param(True, marks=pytest.mark.slow), False])
def test_an_exported_run_on_texts_is_imported_unchanged(
    run: Run, words: TextDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: bool
) -> None:
    def load(name: str) -> TextDataset:
        if here:
            return words
        raise DatasetError(f"{name} is not on this machine.")

    monkeypatch.setattr(registry, "load", load)
    assert answered(run, lambda files: files, tmp_path) == {"answer": {"id": run.id}}
    imported = Run(tmp_path / run.id)
    assert imported.status().imported
    assert imported.metrics() == run.metrics()
    theirs, ours = TextInference(run), TextInference(imported)
    assert (ours.vocabulary, ours.length) == (theirs.vocabulary, theirs.length)
    z = np.random.default_rng(0).standard_normal((20, 2))
    assert np.array_equal(theirs.decode(z, 1.0), ours.decode(z, 1.0))
    for before, after in zip(theirs.encode(words.x_test), ours.encode(words.x_test), strict=True):
        assert np.array_equal(before, after)
    for name, array in run.arrays().items():
        assert np.array_equal(imported.arrays()[name], array)


def recorded(words: TextDataset, **changes: Any) -> Callable[[Files], Files]:
    """Return a change of the data set's record."""
    dataset = {"train": 168, "test": 42, "size": 4, "vocabulary": words.vocabulary} | changes
    return changed_record("start", dataset={k: v for k, v in dataset.items() if v is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary": None}, "which characters"),
        ({"vocabulary": 7}, "vocabulary must be a text"),
        ({"vocabulary": ["a", "b"]}, "vocabulary must be a text"),
        ({"vocabulary": ""}, "characters in order"),
        ({"vocabulary": "ba"}, "characters in order"),
        ({"vocabulary": "aab"}, "characters in order"),
        ({"vocabulary": "\na"}, "characters in order"),
        ({"vocabulary": "a\u202e"}, "characters in order"),
        ({"vocabulary": "a\ud800"}, "not finished"),
        ({"vocabulary": "".join(map(chr, range(0x4E00, 0x4E00 + 201)))}, "characters in order"),
        ({"vocabulary": "ab"}, "does not fit the config"),
        ({"size": 1}, "1 tokens, which"),
        ({"size": 66}, "66 tokens, which"),
        ({"test": 43}, "of 43 texts"),
    ],
)
def test_a_hostile_run_on_texts_gets_one_sentence(
    run: Run,
    words: TextDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    message: str,
) -> None:
    def gone(name: str) -> TextDataset:
        raise DatasetError(f"{name} is not on this machine.")

    monkeypatch.setattr(registry, "load", gone)
    error = answered(run, recorded(words, **changes), tmp_path)["error"]
    check_sentence(error)
    assert message in error


def test_a_run_on_other_texts_is_refused(run: Run, words: TextDataset, tmp_path: Path) -> None:
    """Here `unicode_names` holds other texts than the words, and `digits` holds images."""
    error = answered(run, recorded(words), tmp_path)["error"]
    check_sentence(error)
    assert "other texts than unicode_names has here" in error
    for change, message in (
        ({"dataset": "digits"}, "other texts than digits"),
        ({"architecture": "mlp"}, "images have the shape 4,"),
    ):
        error = answered(run, changed_config(**change), tmp_path)["error"]
        check_sentence(error)
        assert message in error


def test_the_zip_of_a_run_on_texts_loads_in_plain_keras(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle(run))) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / run.id
    assert "vae_core" not in (folder / "architecture.py").read_text().split('"""')[2]
    script = run_load_script(folder, "load")
    networks, vae = TextInference(run), script["load"]()
    z = np.array([[0.5, -1.0]], np.float32)
    assert script["write"](vae, z) == networks.texts(networks.decode(z))[0]
    (word,) = networks.texts(networks.tokens(["auk"]))
    mean, _ = vae.encoder(script["tokens"](word))
    assert np.asarray(mean) == pytest.approx(networks.encode(networks.tokens([word]))[0], abs=1e-5)
