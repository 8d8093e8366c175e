"""Exports of a run for other programs: the decoder for browsers, and the zip for plain Keras."""

from __future__ import annotations

import base64
import io
import itertools
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.core.exchange.load_script import run_load_script
from tests.trained_runs import run_on_vectors
from vae_core import kinds
from vae_core.config import RunConfig
from vae_core.exchange.bundle import bundle
from vae_core.inference.browser import browser_decoder
from vae_core.inference.images import Inference
from vae_core.model import architectures, likelihoods
from vae_core.model.architectures import ARCHITECTURES
from vae_core.model.likelihoods import LIKELIHOODS
from vae_core.model.vae import VAE
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT, RunStore, pretrained_store
from vae_core.training.browser_export import browser_layers, export_for_browsers
from vae_core.training.export import export

DECODER_JS = PROJECT / "dashboard" / "components" / "decoder" / "decoder.js"


def exported(
    store: RunStore, name: str, latent_dim: int, size: int, activation: str = "sigmoid"
) -> tuple[Run, keras.Model]:
    """Make a run that has only decoder.json and random weights; return it and its decoder."""
    run = store.create(RunConfig(architecture=name, latent_dim=latent_dim))
    _, decoder, _ = architectures.build(name, (size, size, 1), 1, latent_dim)
    rng = np.random.default_rng(0)
    decoder.set_weights([w + rng.normal(0, 0.1, w.shape) for w in decoder.get_weights()])
    decoder.save_weights(run.weights_path)
    export_for_browsers(decoder, activation, run)
    return run, decoder


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "latent_dim", "size"),
    [
        *itertools.product(ARCHITECTURES, [1, 2, 7], [8, 13, 28, 30]),
        ("deep", 32, 64),
    ],
)
def test_the_browser_decodes_as_keras_does(
    name: str, latent_dim: int, size: int, store: RunStore, page: Any
) -> None:
    run, decoder = exported(store, name, latent_dim, size)
    z = points(latent_dim)
    expected = keras.ops.sigmoid(decoder(z))
    assert decoded_in(page, run, z) == pytest.approx(np.asarray(expected).ravel(), abs=1e-5)


@pytest.mark.browser
@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_browser_ends_with_the_mean_of_each_likelihood(
    name: str, store: RunStore, page: Any
) -> None:
    likelihood = likelihoods.of(RunConfig(likelihood=name))
    run, decoder = exported(store, "mlp", 2, 8, likelihood.activation)
    z = points(2)
    expected = likelihood.mean(np.asarray(decoder(z)))
    assert decoded_in(page, run, z) == pytest.approx(expected.ravel(), abs=1e-5)


@pytest.mark.browser
def test_a_decoder_that_names_no_activation_ends_with_a_sigmoid(store: RunStore, page: Any) -> None:
    """Older run folders name none, because sigmoid was the only one."""
    run, decoder = exported(store, "mlp", 2, 8)
    old = json.loads(run.browser_path.read_text())
    assert old.pop("activation") == "sigmoid"
    run.browser_path.write_text(json.dumps(old))
    z = points(2)
    expected = np.asarray(keras.ops.sigmoid(decoder(z))).ravel()
    assert decoded_in(page, run, z) == pytest.approx(expected, abs=1e-5)


def points(latent_dim: int) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 2, (3, latent_dim)).astype(np.float32)


def decoded_in(page: Any, run: Run, z: np.ndarray) -> np.ndarray:
    """Return all pixels (n,) that the browser decodes from points z."""
    packed = browser_decoder(run, "mine")
    assert packed is not None
    found = page.evaluate(
        """async ([source, packed, z]) => {
            const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
            const module = await import(`data:text/javascript;base64,${source}`);
            module.default({ data: bytes(packed), parentElement: document.body });
            const decoder = window.vaeLabDecoders.get("mine");
            return z.map((point) => [...decoder.decode(Float32Array.from(point))]);
        }""",
        [
            base64.b64encode(DECODER_JS.read_bytes()).decode(),
            base64.b64encode(packed).decode(),
            z.tolist(),
        ],
    )
    return np.asarray(found).ravel()


def test_a_decoder_with_an_unknown_layer_stays_on_the_server(store: RunStore) -> None:
    z = keras.Input((2,))
    hidden = keras.layers.Dense(64)(z)
    supported = keras.Model(z, keras.layers.Reshape((8, 8, 1))(hidden))
    normed = keras.Model(
        z, keras.layers.Reshape((8, 8, 1))(keras.layers.LayerNormalization()(hidden))
    )
    skipping = keras.Model(
        z, keras.layers.Reshape((8, 8, 1))(hidden + keras.layers.Dense(64)(hidden))
    )
    offsets = _AnyOffset()
    assert browser_layers(supported, offsets) is not None
    assert browser_layers(normed, offsets) is None
    assert browser_layers(skipping, offsets) is None
    run = store.create(RunConfig())
    assert browser_decoder(run, "mine") is None


class _AnyOffset(dict[bytes, Any]):
    """Offsets of weights in a file: the same for all."""

    def get(self, *_: object) -> Any:
        return (0, 4)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"layers": 3}', '{"layers": [{"kernel": [0, 99999999]}]}']
)
def test_a_damaged_decoder_is_an_error(text: str, store: RunStore) -> None:
    run, _ = exported(store, "mlp", 2, 8)
    run.browser_path.write_text(text)
    with pytest.raises(RunError, match=r"decoder.json is damaged"):
        browser_decoder(run, "mine")


def test_overwritten_weights_do_not_end_the_process(trained: Run, store: RunStore) -> None:
    """A signal would end it if the file were mapped into memory."""
    shutil.copytree(trained.path, store.root / trained.id)
    run = store.get(trained.id)
    networks = Inference(run)
    z = np.array([[0.5, -1.0]])
    before = networks.decode(z)
    with open(run.weights_path, "r+b") as file:
        file.truncate(100)
    assert np.array_equal(networks.decode(z), before)
    with pytest.raises(RunError, match="not what was written"):
        Inference(run)


@pytest.mark.slow
def test_the_zip_loads_in_plain_keras(trained: Run, tmp_path: Path) -> None:
    """The script runs without VAE Lab on the path and decodes the same pictures."""
    with zipfile.ZipFile(io.BytesIO(bundle(trained))) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / trained.id
    assert {"config.json", "metrics.jsonl", "arrays.npz", "load.py"} <= {
        path.name for path in folder.iterdir()
    }
    code = (
        "import json, numpy, load; vae = load.load()\n"
        "z = numpy.array([[0.5, -1.0]], 'float32')\n"
        "logits = numpy.asarray(vae.decoder(z))[0, ..., 0]\n"
        "print(json.dumps((1 / (1 + numpy.exp(-logits))).tolist()))"
    )
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = Inference(trained).decode(np.array([[0.5, -1.0]]))[0, ..., 0]
    assert np.array(json.loads(result.stdout)) == pytest.approx(expected, abs=1e-5)
    assert "vae_core" not in (folder / "architecture.py").read_text().split('"""')[2]


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=pytest.mark.slow) if k == "melodies" else k for k in kinds.KINDS]
)
def test_the_load_script_of_each_kind_of_data_runs(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    runs = [run_on_vectors()] if kind == "vectors" else pretrained_store().scan()[0]
    run = next(
        run for run in runs if kinds.of_run(run.config).name == kind and run.weights_path.is_file()
    )
    with zipfile.ZipFile(io.BytesIO(bundle(run))) as archive:
        archive.extractall(tmp_path)
    run_load_script(tmp_path / run.id, "__main__")
    decoded, encoded = capsys.readouterr().out.split("which is encoded at")
    assert decoded.startswith("z = 0 decodes to")
    latents = encoded.strip(" [\n]").split()
    assert len(latents) == run.config.latent_dim
    assert np.isfinite([float(number) for number in latents]).all()


def test_a_run_without_weights_makes_no_zip(store: RunStore) -> None:
    with pytest.raises(RunError, match="no weights here"):
        bundle(store.create(RunConfig()))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_graphs_decode_as_keras_does_from_weights_that_are_stored_once(
    name: str, store: RunStore
) -> None:
    run = store.create(RunConfig(architecture=name, latent_dim=3))
    vae = VAE(run.config, (16, 16, 1))
    rng = np.random.default_rng(0)
    images, z = rng.uniform(size=(4, 16, 16, 1)), rng.normal(size=(4, 3)).astype(np.float32)
    expected = vae.decode(z), *vae.encode(images.astype(np.float32))
    export(vae, run)
    networks = Inference(run)
    found = networks.decode(z), *networks.encode(images)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(np.asarray(other), abs=1e-5)
    assert max(run.encoder_path.stat().st_size, run.decoder_path.stat().st_size) < 8000
