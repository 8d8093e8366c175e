"""`TrainedRun`: the numbers of a run as tables, its networks as functions."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import vae_core
from vae_core.api.trained_run import TrainedRun
from vae_core.config import RunConfig, VaeLabError
from vae_core.runs.store import RunStore, default_store, pretrained_store

DIGITS = "digits-mlp-d2-beta1-seed0-37bd42db"
AUTOENCODER = "digits-mlp-d2-ae-seed0-b867f5b7"
TEXTS = "names-lstm-d8-beta1-seed0-02f746c3"
NUMBERS_ONLY = "digits-mlp-d2-beta0.1-seed1-db325d9e"


@pytest.fixture(autouse=True)
def _empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))


@pytest.fixture(scope="module")
def digits() -> TrainedRun:
    return vae_core.open_run(DIGITS)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return vae_core.load_dataset("digits").x_test


def test_history_is_metrics_jsonl(digits: TrainedRun) -> None:
    history = digits.history
    assert history.index.tolist() == [*range(301)]
    assert np.isnan(history.train_loss[0])
    assert not history.loc[1:].isna().any(axis=None)
    assert list(history.columns) == [
        *("seconds", "beta", "train_loss", "train_distortion", "train_rate"),
        *("test_loss", "test_distortion", "test_rate", "test_elbo"),
        *("rate_per_dim_0", "rate_per_dim_1"),
    ]
    np.testing.assert_allclose(history.test_elbo, -(history.test_distortion + history.test_rate))
    rates = history.rate_per_dim_0 + history.rate_per_dim_1
    np.testing.assert_allclose(rates, history.test_rate)
    assert history.test_elbo[300] == digits.metrics["elbo"]


def test_encode_gives_the_posteriors_that_training_stored(
    digits: TrainedRun, x: np.ndarray
) -> None:
    posterior = digits.encode(x)
    np.testing.assert_allclose(posterior.mean, digits.posterior.mean, atol=1e-4)
    np.testing.assert_allclose(posterior.log_var, digits.posterior.log_var, atol=1e-4)
    names = np.array(vae_core.load_dataset("digits").label_names)
    assert (digits.labels == names[vae_core.load_dataset("digits").y_test]).all()


def test_bytes_are_scaled(digits: TrainedRun, x: np.ndarray) -> None:
    pixels = np.rint(255 * x[:5]).astype(np.uint8)
    np.testing.assert_allclose(
        digits.encode(pixels).mean, digits.encode(pixels / 255.0).mean, atol=1e-5
    )


def test_grey_images_may_leave_their_channel_out(digits: TrainedRun, x: np.ndarray) -> None:
    np.testing.assert_array_equal(digits.encode(x[:5, ..., 0]).mean, digits.encode(x[:5]).mean)


def test_reconstruct_decodes_the_means(digits: TrainedRun, x: np.ndarray) -> None:
    pictures = digits.reconstruct(x)
    np.testing.assert_array_equal(pictures, digits.decode(digits.encode(x).mean))
    assert np.abs(pictures - x).mean() < np.abs(x - x.mean(axis=0)).mean()


def test_samples_depend_on_the_seed(digits: TrainedRun) -> None:
    first = np.asarray(digits.sample(5))
    assert first.shape == (5, 8, 8, 1)
    assert 0 <= first.min() < first.max() <= 1
    np.testing.assert_array_equal(first, digits.sample(5, seed=0))
    assert np.abs(first - digits.sample(5, seed=1)).max() > 0.1


def test_texts_are_encoded_and_decoded() -> None:
    run = vae_core.open_run(TEXTS)
    assert run.encode(["anna", "otto", "eva"]).mean.shape == (3, 8)
    written = run.sample(4) + run.reconstruct(["anna"])
    assert len(written) == 5
    assert all(isinstance(text, str) for text in written)
    with pytest.raises(ValueError, match="a list of texts"):
        run.encode("anna")
    with pytest.raises(VaeLabError, match="trained without the character"):
        run.encode(["Ω"])


def test_an_autoencoder_has_no_rate_and_samples_its_latents() -> None:
    run = vae_core.open_run(AUTOENCODER)
    assert not any("rate" in name or name == "beta" for name in run.history.columns)
    assert np.isneginf(run.posterior.log_var).all()
    assert np.shape(run.sample(3)) == (3, 8, 8, 1)


def test_a_run_without_weights_has_numbers_but_no_networks() -> None:
    run = vae_core.open_run(NUMBERS_ONLY)
    assert run.metrics["elbo"] == run.history.test_elbo.iloc[-1]
    with pytest.raises(VaeLabError, match="has no weights here: train its config"):
        run.sample()


def test_a_waiting_run_has_no_networks_yet(store: RunStore) -> None:
    run = TrainedRun(store.create(RunConfig()))
    assert (run.state, run.error, run.metrics) == ("queued", None, {})
    assert run.history.empty
    assert run.history.index.name == "epoch"
    with pytest.raises(VaeLabError, match="is queued and has no networks yet"):
        run.sample()
    assert "queued" in repr(run)
    assert "queued" in run._repr_html_()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((2, 28, 28)), r"the shape \(n, 8, 8, 1\) or \(n, 8, 8\), got \(2, 28, 28\)"),
        (np.zeros((8, 8)), r"got \(8, 8\)"),
        (np.full((1, 8, 8), 16.0), r"in \[0, 1\] \(or be uint8\), got 16 to 16"),
        (np.full((1, 8, 8), np.nan), "got nan to nan"),
    ],
)
def test_images_of_another_shape_or_range(
    digits: TrainedRun, wrong: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        digits.encode(wrong)


def test_latents_of_another_shape(digits: TrainedRun) -> None:
    with pytest.raises(ValueError, match=r"the shape \(n, 2\)"):
        digits.decode([0, 0])


def test_repr(digits: TrainedRun) -> None:
    assert repr(digits).startswith(f"TrainedRun('{DIGITS}', finished, loss 24.38, distortion")
    assert digits._repr_html_().count("<br>") == 2


# --- which run -------------------------------------------------------------------------------


def test_a_run_is_opened_by_id_part_or_path(tmp_path: Path) -> None:
    by_id = vae_core.open_run(DIGITS)
    assert by_id.id == DIGITS
    assert by_id.config == RunConfig(epochs=300)
    for how in ("37bd42db", by_id.path, str(by_id.path), f"{by_id.path}/"):
        assert vae_core.open_run(how).path == by_id.path
    mine = tmp_path / "runs" / DIGITS
    shutil.copytree(by_id.path, mine)
    for how in (DIGITS, "37bd42db"):  # the user's own store comes first
        assert vae_core.open_run(how).path == mine
    assert vae_core.open_run(DIGITS, store=pretrained_store().root).path == by_id.path


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("nothing", r"no run has 'nothing' in the id; vae_core.runs\(\) lists all"),
        ("", "no run has ''"),
        (
            "digits-mlp",
            r"\d+ runs have 'digits-mlp' in the id: (digits-mlp\S+, ){3}...; write more of the id",
        ),
        (
            "mnist-mlp-d2-beta1-seed0",
            r"2 runs have .* in the id: \S+-11e78ea1, \S+-bc79af04; write more of the id",
        ),
        ("no/such/folder", "run folder: config.json can't be used"),
    ],
)
def test_an_id_that_fits_no_run_or_several(asked: str, message: str) -> None:
    with pytest.raises(VaeLabError, match=message):
        vae_core.open_run(asked)


def test_runs_are_a_table(tmp_path: Path) -> None:
    shutil.copytree(pretrained_store().root / AUTOENCODER, tmp_path / "runs" / AUTOENCODER)
    default_store().create(RunConfig(beta=7))
    table = vae_core.runs()
    assert table.index.is_unique
    assert {*table.index[:2]} == {AUTOENCODER, RunConfig(beta=7).id}
    assert not table.pretrained[:2].any()
    assert table.pretrained[2:].all()
    assert len(table) == 1 + len(pretrained_store().scan()[0])
    row = table.loc[DIGITS]
    assert (row.state, row.epoch, row.beta, row.dataset) == ("finished", 300, 1, "digits")
    assert row.elbo == vae_core.open_run(DIGITS).metrics["elbo"]
    assert table.loc[RunConfig(beta=7).id, ["elbo", "active_units"]].isna().all()
    assert pd.api.types.is_float_dtype(table.distortion)


def test_without_runs_the_table_is_empty(tmp_path: Path) -> None:
    table = vae_core.runs(tmp_path / "none")
    assert table.empty
    assert {"state", "beta", "seed"} <= {*table.columns}


def test_data_sets_are_those_of_the_command_line(x: np.ndarray) -> None:
    assert x.shape == (360, 8, 8, 1)
    with pytest.raises(VaeLabError, match="unknown data set 'minst': choose one of digits"):
        vae_core.load_dataset("minst")
